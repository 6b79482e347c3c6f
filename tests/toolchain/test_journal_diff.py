"""With a journal the state is the one that it would be without: updates of every kind, once each way."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bay.toolchain import Toolchain
from tests.toolchain.trial import Trial, new_trial

pytestmark = pytest.mark.toolchain

#: One at a time, and each declared when the one before is there, so that both ways have the same order.
UP = ("up", "--yes", "--skip-preview", "--parallel", "1")

Things = list[dict[str, Any]]

BASE: Things = [
    {"name": "net", "group": True},
    {"name": "a", "in": "net"},
    {"name": "b", "in": "net", "after": ["a"]},
    {"name": "c", "after": ["b"]},
    {"name": "d", "kind": "one"},
    {"name": "e", "kind": "one", "alone": True, "after": ["d"]},
    {"name": "f", "protect": True},
]


def changed(**of: dict[str, Any]) -> Things:
    """The base with other properties of some things."""
    return [{**one, **of.get(one["name"], {})} for one in BASE]


def without(*names: str) -> Things:
    return [one for one in BASE if one["name"] not in names]


def note(name: str, *idents: str) -> Callable[[Trial], None]:
    """Something happens in the cloud: these drifted, or are gone."""
    return lambda trial: Path(f"{trial.cloud}.{name}").write_text(" ".join(idents)) and None


def another_salt(trial: Trial) -> None:
    """The stack file gets one under which nothing of the state is encrypted, as a new file has."""
    file = trial.folder / "Pulumi.dev.yaml"
    kept = file.read_text()
    file.unlink()
    trial.succeed("config", "set", "any", "value", "--stack", "dev")
    assert file.read_text() not in ("", kept)


def urn(name: str) -> str:
    return f"urn:pulumi:dev::trial::pulumi-python:dynamic:Resource::{name}"


#: What is done, one after the other: a title, what happens in the cloud before, arguments, what the program wants, and
#: whether it goes through.
STEPS: list[tuple[str, Callable[[Trial], None] | None, tuple[str, ...], Things, bool]] = [
    ("create", None, UP, BASE, True),
    ("nothing changes", None, UP, BASE, True),
    ("update", None, UP, changed(a={"size": 2}, d={"size": 3}), True),
    ("update and add in the middle", None, UP, [*changed(a={"size": 4}), {"name": "g", "after": ["a"]}], True),
    ("replace, the new one first", None, UP, changed(d={"kind": "two"}), True),
    ("replace, the old one first", None, UP, changed(d={"kind": "two"}, e={"kind": "two"}), True),
    ("a create fails", None, UP, [*BASE, {"name": "h", "fails": True}, {"name": "i", "after": ["h"]}], False),
    ("an update fails", None, UP, changed(a={"size": 5}, c={"size": 5, "fails": True}), False),
    ("a delete fails", None, UP, [*BASE, {"name": "k", "stays": True}], True),
    ("and once more", None, UP, BASE, False),
    ("and goes from the state", None, ("state", "delete", "--yes", urn("k")), BASE, True),
    ("refresh without drift", None, ("refresh", "--yes", "--skip-preview", "--parallel", "1"), BASE, True),
    ("refresh with drift", note("drifted", "a-0", "c-0"), ("refresh", "--yes", "--skip-preview"), BASE, True),
    ("set right", note("drifted"), UP, BASE, True),
    ("under another salt", another_salt, UP, changed(a={"size": 6}), True),
    ("and back to the same things", None, UP, BASE, True),
    ("a create fails under another salt", another_salt, UP, [*BASE, {"name": "h", "fails": True}], False),
    ("and is not wanted any more", None, UP, BASE, True),
    ("refresh, one is gone", note("gone", "b-0"), ("refresh", "--yes", "--skip-preview"), BASE, True),
    ("created again", note("gone"), UP, BASE, True),
    ("update with refresh", note("drifted", "a-0"), (*UP, "--refresh"), changed(a={"size": 7}), True),
    ("nothing that is not a target", note("drifted"), (*UP, "--target", urn("c")), changed(c={"size": 8}), True),
    ("replace by name", None, (*UP, "--replace", urn("c")), BASE, True),
    ("renamed", None, UP, [*without("c"), {"name": "c2", "aliases": ["c"], "after": ["b"]}], True),
    ("kept in the cloud", None, UP, [*BASE, {"name": "l", "retain": True}], True),
    ("removed from the middle", None, UP, without("c", "d", "e"), True),
    ("what is protected stays", None, ("destroy", "--yes", "--skip-preview"), [], False),
    ("unprotected", None, ("state", "unprotect", "--yes", "--all"), [], True),
    ("some are destroyed", None, ("destroy", "--yes", "--skip-preview", "--target", urn("f")), [], True),
    ("destroyed", None, ("destroy", "--yes", "--skip-preview"), [], True),
    ("created after that", None, UP, BASE, True),
]


def plain(text: str) -> str:
    """A state without what differs from run to run: times, what is encrypted, random ids."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME", text)
    text = re.sub(r'"ciphertext":\s*"[^"]*"', '"ciphertext": "SECRET"', text)
    text = re.sub(r'"salt":\s*"[^"]*"', '"salt": "SALT"', text)
    for number, ident in enumerate(dict.fromkeys(re.findall(r"\w{8}-\w{4}-\w{4}-\w{4}-\w{12}", text))):
        text = text.replace(ident, f"ID-{number}")
    return text


def states_of(trial: Trial) -> tuple[str, str]:
    """The state's file, and what it says with its secrets readable."""
    file = Path(trial.state.removeprefix("file://")) / ".pulumi" / "stacks" / "trial" / "dev.json"
    return plain(file.read_text()), plain(trial.succeed("stack", "export", "--show-secrets"))


@pytest.fixture
def both(built_toolchain: Toolchain, tmp_path: Path) -> tuple[Trial, Trial]:
    """The same stack twice: one keeps a journal, the other writes its state for each step."""
    (tmp_path / "states").mkdir()
    trials = []
    for name, settings in (("with", {}), ("without", {"PULUMI_DISABLE_JOURNALING": "true"})):
        settings["IN_ORDER"] = "true"
        (tmp_path / "states" / name).mkdir()
        state = f"file://{tmp_path}/states/{name}"
        trials.append(new_trial(built_toolchain, tmp_path / "project", state, settings, name))
    return trials[0], trials[1]


def without_empty_dependencies(text: str) -> Any:
    """A state in which no property is noted as depending on nothing."""
    state = json.loads(text)
    deployment = state.get("deployment") or state["checkpoint"]["latest"]
    for one in deployment.get("resources", []):
        kept = {name: needs for name, needs in one.pop("propertyDependencies", {}).items() if needs}
        one |= {"propertyDependencies": kept} if kept else {}
    return state


#: After these, Pulumi's replayer leaves out what the engine notes of properties that depend on nothing, until the next
#: update writes it again: it rebuilds all dependencies where an operation refreshed anything.
ALIKE = ["update with refresh", "nothing that is not a target"]


def test_every_kind_of_update_leaves_the_same_state_with_a_journal_as_without(both: tuple[Trial, Trial]) -> None:
    alike = []
    for title, happens, arguments, wanted, goes_through in STEPS:
        results = []
        for trial in both:
            if happens:
                happens(trial)
            done = trial.run(*arguments, wanted=json.loads(json.dumps(wanted)))
            assert (done.returncode == 0) is goes_through, f"{title}: {done.stdout}{done.stderr}"
            results.append(states_of(trial))
        if results[0] != results[1]:
            alike.append(title)
            with_journal, without = (list(map(without_empty_dependencies, result)) for result in results)
            assert with_journal == without, f"{title}: the states differ"
    assert alike == ALIKE
    assert both[0].created() == both[1].created()
    assert not list(Path(both[0].state.removeprefix("file://")).glob(".pulumi/journals/*/*/*")), "none is left"


def test_without_a_journal_the_state_is_written_for_each_step_and_with_one_three_times(
    both: tuple[Trial, Trial],
) -> None:
    wanted = [{"name": f"t{number}"} for number in range(20)]
    for trial in both:
        trial.succeed(
            *UP, wanted=wanted, PULUMI_RETAIN_CHECKPOINTS="true", PULUMI_DIY_BACKEND_RETAIN_CHECKPOINTS="true"
        )
    counts = [
        len(list((Path(trial.state.removeprefix("file://")) / ".pulumi/stacks/trial").glob("dev.json.*[0-9]")))
        for trial in both
    ]
    assert counts[0] <= 1, "the write at the end; the one that marks the state is not kept"
    assert counts[1] >= 40
