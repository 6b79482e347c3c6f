"""Options that several commands share stand before the command's name too; a flag is shown as one."""

import json
from collections.abc import MutableMapping

import pytest

from bay.cli import app
from bay.cli.parser import Command, command_word
from tests.cli.test_help import COMMANDS

Captured = pytest.CaptureFixture[str]
Environment = MutableMapping[str, str]


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    "words",
    [
        ["-f", "json", "model", "list"],
        ["--format=json", "model", "list"],
        ["model", "list", "-f", "json"],
        ["-f", "csv", "model", "list", "-f", "json"],
    ],
)
def test_a_format_may_stand_before_and_after_and_the_last_counts(words: list[str], capsys: Captured) -> None:
    assert app.run(words) == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "kubernetes"


@pytest.mark.usefixtures("environment")
def test_columns_before_and_after_add_up(capsys: Captured) -> None:
    assert app.run(["-c", "name", "model", "list", "-f", "csv", "-c", "coe"]) == 0
    assert capsys.readouterr().out.startswith("name,coe\nkubernetes,kubernetes\n")


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("words", [["--os-cloud", "nosuch", "list"], ["list", "--os-cloud", "nosuch"]])
def test_a_cloud_before_the_command_is_the_commands(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def open_bays(os_cloud: str | None, *_more: object, **_others: object) -> None:
        asked.append(os_cloud)
        raise KeyboardInterrupt

    monkeypatch.setattr("bay.cli.session.open_bays", open_bays)
    with pytest.raises(KeyboardInterrupt):
        app.run(words)
    assert asked == ["nosuch"]


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["--os-cloud", "x", "model", "list"], "'bay model list' takes no --os-cloud"),
        (["--state", "x", "version"], "'bay version' takes no --state"),
        (["-c", "x", "env"], "'bay env' takes no --column"),
    ],
)
def test_a_command_that_has_no_such_option_refuses_it_before_its_name_too(
    words: list[str], lines: str, capsys: Captured
) -> None:
    assert app.run(words) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == f"error: {lines}"
    assert second.strip().endswith("--help' shows what it takes")


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["--os-cloud", "drift", "list"], "list"),
        (["-f", "json", "--debug", "drift", "x"], "drift"),
        (["--format=json", "preview"], "preview"),
        (["--os-cloud"], ""),
        ([], ""),
    ],
)
def test_the_command_is_found_behind_options_with_values(words: list[str], command: str) -> None:
    assert command_word(words) == command


@pytest.mark.usefixtures("environment")
def test_where_2_means_that_something_differs_a_mistake_ends_with_1_behind_such_options_too() -> None:
    assert app.run(["-f", "json", "drift", "--everything"]) == 1


def test_every_command_takes_them_there_and_shows_flags_as_flags() -> None:
    assert [name for name, command in COMMANDS.items() if not isinstance(command, Command)] == []


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("words", [["--help"], ["delete", "--help"], ["model", "--help"], ["sandbox", "start", "-h"]])
def test_a_flag_is_not_shown_as_if_it_took_a_value(words: list[str], capsys: Captured) -> None:
    assert app.run(words) == 0
    shown = capsys.readouterr().out
    assert "--help" in shown
    assert "<bool>" not in shown
