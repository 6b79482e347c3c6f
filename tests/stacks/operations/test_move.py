"""A bay's state moves whole or not at all, and is never in none of the two."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bay.components.errors import BayError, InvalidInput
from bay.stacks.errors import AlreadyExists, Locked, NotFound
from bay.stacks.operations.move import move
from bay.stacks.state import lock
from bay.stacks.state.passphrase import create
from tests.fakes.messages import told
from tests.fakes.stack import FakeContext, write_history, write_state
from tests.fakes.states import complete, cut_off


@pytest.fixture
def context(tmp_path: Path) -> FakeContext:
    """With a bay called demo, its passphrase, and two runs in its history."""
    context = FakeContext(folder=tmp_path)
    write_state(tmp_path / "state", complete())
    write_history(tmp_path / "state", 1796051400, "update", "succeeded")
    create(context.settings.passphrase_file("demo"))
    return context


@pytest.fixture
def to(tmp_path: Path) -> str:
    return f"file://{tmp_path}/other"


def latest(folder: Path) -> Any:
    file = folder / ".pulumi/stacks/bay/demo.json"
    return json.loads(file.read_text())["checkpoint"].get("latest") if file.exists() else None


def exported(context: FakeContext, *deployments: dict[str, Any]) -> None:
    """What Pulumi prints of a stack, one time after the other: first of the old one, then of the new one."""
    answers = iter(deployments)

    def answer() -> None:
        context.answers["stack export"] = json.dumps({"version": 3, "deployment": next(answers)})

    context.effects["stack export"] = answer


@pytest.mark.parametrize("deployment", [complete(), cut_off()], ids=["complete", "interrupted"])
def test_all_of_it_is_in_the_other_state_and_nothing_in_the_old_one(
    context: FakeContext, tmp_path: Path, to: str, deployment: dict[str, Any]
) -> None:
    write_state(tmp_path / "state", deployment)
    words = context.settings.passphrase_file("demo").read_text()
    assert move(context, "demo", to) == to
    assert latest(tmp_path / "other") == deployment
    assert latest(tmp_path / "state") is None
    assert len(list((tmp_path / "other/.pulumi/history/bay/demo").glob("*.history.json"))) == 1
    target = context.at(to).settings
    assert target.passphrase_file("demo").read_text() == words
    assert target.passphrase_file("demo").stat().st_mode & 0o777 == 0o600
    assert not context.settings.passphrase_file("demo").exists()


def test_a_bay_stays_where_it_is_until_the_other_state_was_read(context: FakeContext, tmp_path: Path, to: str) -> None:
    """What is read from there is not what was written."""
    exported(context, complete(), {**complete(), "resources": []})
    with pytest.raises(BayError, match="is not what was written there") as raised:
        move(context, "demo", to)
    assert raised.value.hint.startswith("nothing was removed")
    assert latest(tmp_path / "state") == complete()
    assert context.settings.passphrase_file("demo").exists()
    assert "stack rm" not in context.commands


@pytest.mark.parametrize("command", ["stack init", "stack import", "stack rm"])
def test_a_move_that_was_interrupted_goes_on(context: FakeContext, tmp_path: Path, to: str, command: str) -> None:
    context.failures[command] = ["error: the power failed"]
    with pytest.raises(BayError, match="the power failed"):
        move(context, "demo", to)
    assert latest(tmp_path / "state") == complete(), "still whole"
    move(context, "demo", to)
    assert (latest(tmp_path / "state"), latest(tmp_path / "other")) == (None, complete())
    assert context.commands.count("stack import") <= 2


def test_after_the_last_step_it_is_done_already(context: FakeContext, to: str) -> None:
    move(context, "demo", to)
    assert move(context, "demo", to) == to
    assert context.notices[-1] == f"bay demo is in {to} already, and nowhere else"


def test_another_bay_of_the_name_is_not_overwritten(context: FakeContext, tmp_path: Path, to: str) -> None:
    write_state(tmp_path / "other", cut_off())
    with pytest.raises(AlreadyExists, match=r"has another bay demo, or a later state of this one"):
        move(context, "demo", to)
    assert (latest(tmp_path / "state"), latest(tmp_path / "other")) == (complete(), cut_off())


def test_a_passphrase_of_another_bay_is_not_overwritten(context: FakeContext, tmp_path: Path, to: str) -> None:
    other = context.at(to).settings.passphrase_file("demo")
    create(other)
    assert told(lambda: move(context, "demo", to))[0] == f"{other} is the passphrase of another bay demo"
    assert latest(tmp_path / "state") == complete()


def test_what_somebody_changed_meanwhile_is_not_removed(context: FakeContext, tmp_path: Path, to: str) -> None:
    """By plain pulumi, or from another machine."""
    changed = complete()
    changed["resources"] = changed["resources"][:-1]
    exported(context, complete(), complete(), changed, complete())
    with pytest.raises(Locked, match="was changed while it was copied"):
        move(context, "demo", to)
    assert latest(tmp_path / "state") == complete()
    assert "stack rm" not in context.commands


def test_wrong_words_are_told(context: FakeContext, to: str) -> None:
    with pytest.raises(InvalidInput, match=r"is in .* already"):
        move(context, "demo", context.settings.state)
    with pytest.raises(NotFound, match="there is no bay 'other'"):
        move(context, "other", to)


def test_a_bay_that_is_being_changed_is_not_moved(context: FakeContext, tmp_path: Path, to: str) -> None:
    for settings in (context.settings, context.at(to).settings):
        with lock.held(settings.lock_file("demo"), "demo"), pytest.raises(BayError, match="is being changed"):
            move(context, "demo", to)
    assert latest(tmp_path / "state") == complete()


def test_an_answer_tells_no_password_of_a_state(context: FakeContext) -> None:
    url = "postgres://me:secret@db/bays"
    context.settings = replace(context.settings, state=url)
    with pytest.raises(InvalidInput, match=r"^bay demo is in postgres://me:\*\*\*@db/bays already$"):
        move(context, "demo", url)
