"""`bay list`: a row a bay; one that cannot be read, or whose usage is not known, hides no other."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta

import pytest

from bay.cli import session
from bay.cli.app import run
from bay.components.errors import BayError
from bay.components.node import lifetimes
from bay.stacks.bays import Description
from bay.stacks.cloud.usage import Usage
from bay.stacks.state.snapshot import StateSnapshot
from bay.stacks.state.status import Status
from tests.fakes.states import complete

Captured = pytest.CaptureFixture[str]
USES = {"servers": 2, "cores": 5, "ram_mib": 10240, "volumes": 3, "volumes_gib": 110}


class Bays:
    """The bays `demo` and `other`, and `broken`, which cannot be read. used: what `usage` answers, or why not."""

    def __init__(self, used: Mapping[str, Usage] | BayError | None = None) -> None:
        self.used = used

    def names(self) -> list[str]:
        return ["broken", "demo", "other"]

    def describe(self, name: str) -> Description:
        if name == "broken":
            raise BayError(f"bay {name} was created by a newer bay", "update bay")
        return Description(StateSnapshot.from_deployment(name, complete()), Status("CREATE_COMPLETE"))

    def of_login(self, states: Iterable[StateSnapshot]) -> list[StateSnapshot]:
        return [state for state in states if state.name != "other"]

    def usage(self, states: Iterable[StateSnapshot]) -> Mapping[str, Usage]:
        assert [state.name for state in states] == ["demo", "other"]
        if isinstance(self.used, BayError):
            raise self.used
        return self.used or {}


def listed(bays: Bays, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(session, "open_bays", lambda *_login, **_more: bays)
    return run(["list", *words])


def test_a_bay_that_cannot_be_read_hides_no_other(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed(Bays(), monkeypatch, "-f", "csv", "-c", "name", "-c", "status", "-c", "nodes") == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "name,status,nodes",
        "broken,UNKNOWN,",
        "demo,CREATE_COMPLETE,1",
        "other,CREATE_COMPLETE,1",
    ]
    assert shown.err == "bay broken was created by a newer bay: update bay\n"


def test_a_cloud_that_is_named_has_its_own_bays_listed(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed(Bays(), monkeypatch, "--os-cloud", "sandbox", "-f", "value", "-c", "name") == 0
    assert capsys.readouterr().out.split() == ["broken", "demo"]


def test_names_alone_need_no_look_into_a_state(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a state that is no folder, each look is two processes."""
    monkeypatch.setattr(Bays, "describe", None)
    assert listed(Bays(), monkeypatch, "-f", "value", "-c", "name") == 0
    assert capsys.readouterr() == ("broken\ndemo\nother\n", "")


def test_usage_has_a_sum_for_people_alone(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays({"demo": USES, "other": USES})
    assert listed(bays, monkeypatch, "--usage", "-f", "json") == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(rows) == ["broken", "demo", "other"]
    assert {field: rows["demo"][field] for field in USES} == USES
    assert {field: rows["broken"][field] for field in USES} == dict.fromkeys(USES)
    for form in ("table", "markdown"):
        assert listed(bays, monkeypatch, "--usage", "-f", form) == 0
        assert "sum of 2 of 3 bays" in capsys.readouterr().out


def test_where_the_cloud_cannot_be_asked_that_is_said_and_bays_are_listed_still(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    bays = Bays(BayError("the cloud cannot be reached", "wait"))
    assert listed(bays, monkeypatch, "--usage", "-f", "markdown", "-c", "name") == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines()[2:] == ["| broken |", "| demo |", "| other |"], "there is no sum of nothing"
    assert shown.err.splitlines()[1:] == ["what the bays use is not known: the cloud cannot be reached"]


def test_certificates_that_end_soon_are_a_line_each_bay_and_no_error(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetimes, "NOTICE", timedelta(days=3000))
    assert listed(Bays(), monkeypatch, "--os-cloud", "sandbox", "-f", "json") == 0
    shown = capsys.readouterr()
    assert [row["name"] for row in json.loads(shown.out)] == ["broken", "demo"]
    _, *warnings = shown.err.splitlines()
    assert len(warnings) == 1, "of the bays that are listed"
    assert warnings[0].startswith("warning: certificates of bay demo: server ends at 2031-11-21T16:59:09Z, in ")
