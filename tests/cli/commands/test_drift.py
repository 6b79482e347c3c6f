"""`bay drift`: of one bay or of all, and the exit code says the worst."""

import json
from collections.abc import Mapping

import pytest

from bay.cli import session
from bay.cli.app import run
from bay.components.errors import BayError
from bay.stacks.bays import Bays
from bay.stacks.cloud.discovery import CloudObject
from bay.stacks.errors import NotFound
from bay.stacks.operations.drift import Drift
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.stack import FakeContext

Captured = pytest.CaptureFixture[str]

SAME = Drift(StateSnapshot("same"), (), (), {}, 1.0)
MORE = Drift(StateSnapshot("more"), (), (CloudObject("port", "1", "x"),), {}, 1.0)


class FakeBays(Bays):
    """Bays with these differences, or that cannot be compared."""

    def __init__(self, found: Mapping[str, Drift | BayError]) -> None:
        self.context, self.found = FakeContext(), found

    def share_answers(self) -> None:
        """There is no cloud."""

    def names(self) -> list[str]:
        return sorted(self.found)

    def drift(self, name: str) -> Drift:
        found = self.found.get(name, NotFound(f"there is no bay {name!r} in this state", "'bay list' shows the bays"))
        if isinstance(found, BayError):
            raise found
        return found


def drift(monkeypatch: pytest.MonkeyPatch, found: Mapping[str, Drift | BayError], *words: str) -> int:
    """The exit code."""
    monkeypatch.setattr(session, "open_bays", lambda *_login, **_more: FakeBays(found))
    return run(["drift", *words, "-f", "json"])


@pytest.mark.parametrize(
    ("found", "code", "shown"),
    [
        ({"same": SAME}, 0, []),
        ({"same": SAME, "more": MORE}, 2, ["more"]),
        ({"gone": BayError("what", "how"), "more": MORE}, 1, ["more"]),
        ({}, 0, []),
    ],
)
def test_of_all_bays_the_exit_code_says_the_worst(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, found: dict[str, Drift | BayError], code: int, shown: list[str]
) -> None:
    assert drift(monkeypatch, found, "--all") == code
    out = capsys.readouterr()
    assert [row["bay"] for row in json.loads(out.out)] == shown
    assert ("bay gone: what: how" in out.err) is ("gone" in found)


@pytest.mark.parametrize(("name", "code"), [("same", 0), ("more", 2), ("gone", 1)])
def test_of_one_bay_the_exit_code_says_whether_it_differs(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, name: str, code: int
) -> None:
    assert drift(monkeypatch, {"same": SAME, "more": MORE}, name) == code
    summary = {"same": "as the state says", "more": "1 extra"}.get(name)
    err = capsys.readouterr().err
    assert err.startswith(f"bay {name}: {summary} (compared in " if summary else "error: there is no bay 'gone'")


def test_a_bay_has_to_be_named(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    assert drift(monkeypatch, {}) == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: no bay is named",
        "       bay drift NAME, or bay drift --all",
    ]


def test_a_name_beside_all_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    assert drift(monkeypatch, {"same": SAME}, "same", "--all") == 1
    assert "--all takes no name" in capsys.readouterr().err
