"""Words of kubectl, Magnum and others are answered with bay's own."""

import re
from collections.abc import MutableMapping

import pytest
import typer.main

from bay.cli import app
from bay.cli.neighbours import COMMANDS, OPTIONS, own_word
from bay.components.spec.merge import assignment, build_spec
from tests.cli.test_help import COMMANDS as OWN

Captured = pytest.CaptureFixture[str]


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["list", "-o", "json"], "bay's word for -o is -f: table, json, yaml, value, csv or markdown"),
        (["node", "list", "x", "--output", "json"], "bay's word for --output is -f: table, json, yaml, value, csv or"),
        (["create", "x", "--node-count", "3"], "bay's word for --node-count is --nodes N"),
        (["create", "x", "--cluster-template=y"], "bay's word for --cluster-template is --model MODEL"),
        (["get", "nodes"], "bay's word for get is 'bay list', and 'bay show NAME' for one"),
        (["describe", "x"], "bay's word for describe is 'bay show NAME'"),
        (["cluster", "create", "x"], "bay's word for cluster is 'bay' itself: 'bay create NAME --model MODEL'"),
        (["destroy", "x"], "bay's word for destroy is 'bay delete NAME'"),
    ],
)
def test_a_neighbours_word_is_answered_with_bays_own(words: list[str], hint: str, capsys: Captured) -> None:
    assert app.run(words) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("error: No such ")
    assert second.strip().startswith(hint)


@pytest.mark.parametrize("message", ["No such option: --nods", "No such command 'creat'", "Missing argument 'NAME'"])
def test_any_other_mistake_has_no_such_hint(message: str) -> None:
    assert own_word(message) is None


def test_no_word_of_a_neighbour_is_one_of_bays() -> None:
    own = {option for command in OWN.values() for parameter in command.params for option in parameter.opts}
    assert set(OPTIONS) & own == {"--coe", "--image", "--flavor", "--label"}, "of commands that create no bay"
    assert set(COMMANDS) & set(typer.main.get_command(app.app).commands) == set()  # type: ignore[attr-defined]


def test_the_options_that_are_named_exist(environment: MutableMapping[str, str]) -> None:
    known = {option for command in OWN.values() for parameter in command.params for option in parameter.opts}
    said = {option for hint in OPTIONS.values() for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", hint)}
    assert said <= known


VALUES = {"FLAVOR": "m1.small", "IMAGE": "debian", "NETWORK": "physics", "SUBNET": "physics"}


@pytest.mark.parametrize("hint", [hint for hint in OPTIONS.values() if re.match(r"--set [a-z]", hint)])
def test_the_fields_that_are_named_exist(hint: str) -> None:
    field, value = hint.removeprefix("--set ").split("=")
    network = {"network": {"existing": "physics"}} if "subnet" in field else {}
    build_spec([{"model": "swarm"}, network, assignment(f"{field}={VALUES[value]}")], [], [])
