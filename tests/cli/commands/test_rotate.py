"""`bay rotate`: the plan is shown and asked for, what came of it is printed, and nothing is said that nobody saw."""

import json

import pytest

from bay.cli import session
from bay.cli.app import run
from bay.components.errors import BayError
from bay.stacks.approval import Approve
from bay.stacks.cancellation import Cancellation
from bay.stacks.operations.rotation import RotateRequest, Rotation, Step

Captured = pytest.CaptureFixture[str]
STEPS = (Step("encrypt", "state"), Step("prove", "old passphrase"))


class Bays:
    """The bay `demo`. done: what comes of the rotation; error: or why there is none."""

    def __init__(self, done: Rotation | None = None, error: BayError | None = None) -> None:
        self.done, self.error = done, error
        self.request: RotateRequest | None = None
        self.changed = False
        self.context = self
        self.cancel = Cancellation()

    def rotate_plan(self, name: str, request: RotateRequest) -> Rotation:
        self.request = request
        if self.error:
            raise self.error
        return Rotation(name, "passphrase", STEPS, f"replace the passphrase of bay {name}")

    def rotate(self, name: str, request: RotateRequest, *, approve: Approve) -> Rotation:
        approve(self.rotate_plan(name, request))
        self.changed = True
        assert self.done
        return self.done


def rotated(proven: str = "") -> Rotation:
    plan = Rotation("demo", "passphrase", STEPS, "").done("encrypt")
    if proven:
        return Rotation("demo", "passphrase", plan.done("prove", "it was refused").steps, "", proven)
    return plan.done("prove", "not tried", "unknown")


def bay(bays: Bays, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(session, "open_bays", lambda *_login, **_more: bays)
    return run(["rotate", "passphrase", "demo", *words])


def test_a_dry_run_prints_the_steps_and_changes_nothing(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    bays = Bays()
    assert bay(bays, monkeypatch, "--dry-run", "-f", "json") == 0
    printed = capsys.readouterr()
    assert [(row["step"], row["action"], row["status"]) for row in json.loads(printed.out)] == [
        (1, "encrypt", "planned"),
        (2, "prove", "planned"),
    ]
    assert "bay demo: replace the passphrase of bay demo" in printed.err
    assert not bays.changed


def test_without_a_terminal_only_yes_will_do(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    bays = Bays()
    assert bay(bays, monkeypatch) == 2
    assert "this would replace the passphrase of bay demo" in capsys.readouterr().err
    assert not bays.changed


def test_what_was_seen_is_said(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    assert bay(Bays(rotated("the old one is refused")), monkeypatch, "--yes", "-f", "json") == 0
    printed = capsys.readouterr()
    assert [row["status"] for row in json.loads(printed.out)] == ["done", "done"]
    assert printed.err.splitlines()[-1] == "bay demo: the old one is refused"


def test_what_was_not_seen_is_not_said(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    assert bay(Bays(rotated()), monkeypatch, "--yes") == 0
    assert capsys.readouterr().err.splitlines()[-1] == (
        "bay demo: rotated; that the old one is useless was not proven (old passphrase: not tried)"
    )


def test_a_refusal_is_two_lines(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    assert bay(Bays(error=BayError("it is no file", "make it one")), monkeypatch, "--yes", "--to", "x") == 1
    assert capsys.readouterr().err.splitlines()[-2:] == ["error: it is no file", "       make it one"]
