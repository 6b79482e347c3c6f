"""`bay state`: findings as rows and an exit code; where a bay, or its passphrase, was moved to is told."""

import json

import pytest

from bay.cli import session
from bay.cli.app import run
from bay.stacks.state.inspection import Finding
from tests.fakes.stack import FakeContext

GOOD = Finding("demo", "state", True, "1 kB")
BAD = Finding("demo", "lock", False, "left by a run that is no more", "bay cancel demo")


class FakeBays:
    """With these findings."""

    def __init__(self, *found: Finding) -> None:
        self.found, self.context = list(found), FakeContext()

    def inspect(self) -> list[Finding]:
        return self.found

    def move(self, name: str, to: str) -> str:
        assert name == "demo"
        return f"{to}, says the move"

    def move_passphrase(self, name: str, to: str) -> bool:
        assert name == "demo"
        return to == "barbican"


@pytest.mark.parametrize(("found", "code"), [((), 0), ((GOOD,), 0), ((GOOD, BAD), 1)])
def test_the_exit_code_says_whether_all_is_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], found: tuple[Finding, ...], code: int
) -> None:
    monkeypatch.setattr(session, "open_bays", lambda *_, **__: FakeBays(*found))
    assert run(["state", "doctor", "-f", "json"]) == code
    assert json.loads(capsys.readouterr().out) == [vars(one) for one in found]


def test_where_a_bay_was_moved_to_is_what_the_move_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(session, "open_bays", lambda **_: FakeBays())
    assert run(["state", "move", "demo", "--to", "postgres://db/bays"]) == 0
    assert "bay demo is in postgres://db/bays, says the move now" in capsys.readouterr().err


@pytest.mark.parametrize(("to", "told"), [("barbican", "in Barbican"), ("file", "in a file of this machine already")])
def test_where_a_passphrase_is_now_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], to: str, told: str
) -> None:
    monkeypatch.setattr(session, "open_bays", lambda *_: FakeBays())
    assert run(["state", "secrets", "demo", "--to", to]) == 0
    assert capsys.readouterr().err == f"the passphrase of bay demo is {told}\n"
