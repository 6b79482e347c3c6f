"""`bay repair`: the plan before the question, and what is left afterwards."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bay.cli import session
from bay.cli.app import run
from bay.stacks.approval import Approve
from bay.stacks.cancellation import Cancellation
from bay.stacks.cloud.discovery import CloudObject
from bay.stacks.operations.drift import Drift
from bay.stacks.operations.drift_events import Difference, What
from bay.stacks.operations.repair import RepairRequest
from bay.stacks.operations.repair_plan import RepairPlan, plan_repair
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.states import NODE_URN, complete

Captured = pytest.CaptureFixture[str]
STATE = StateSnapshot.from_deployment("demo", complete())
AS_RECORDED = Drift(STATE, (), (), {server.id: "ACTIVE" for server in STATE.servers}, 1.0)
LOST = Difference(What.MISSING, "Instance", "demo-node-0", NODE_URN)
DRIFTED = replace(AS_RECORDED, differences=(LOST,))
EXTRA = (CloudObject("volume", "id-of-it", "forgotten"),)


class Bays:
    """The bay `demo`, with what differs before a repair, and after it."""

    def __init__(self, before: Drift, after: Drift = AS_RECORDED) -> None:
        self.before, self.after = before, after
        self.request = RepairRequest()
        self.context = self
        self.cancel = Cancellation()

    def repair_plan(self, name: str, request: RepairRequest) -> RepairPlan:
        assert name == "demo"
        self.request = request
        return plan_repair(self.before, request.nodes, sweep=request.sweep)

    def repair(self, name: str, request: RepairRequest, *, approve: Approve) -> Drift:
        plan = self.repair_plan(name, request)
        if plan.is_empty:
            return self.before
        approve(plan)
        return self.after


def repair(bays: Bays, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(session, "open_bays", lambda *_login, **_more: bays)
    return run(["repair", "demo", *words])


def cells(text: str) -> list[list[str]]:
    drawn = (line for line in text.splitlines() if line.startswith("│"))
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in drawn]


def test_what_differs_is_shown_and_repaired(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert repair(Bays(DRIFTED), monkeypatch) == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[0] == f"bay demo: {DRIFTED.summary}"
    assert ["1", "recreate", "Instance", "demo-node-0", "missing"] in cells(shown.err)
    assert shown.err.splitlines()[-1] == "bay demo is as its state says"


def test_where_nothing_differs_nothing_is_shown(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert repair(Bays(AS_RECORDED), monkeypatch) == 0
    assert capsys.readouterr() == ("", "bay demo is as its state says\n")


@pytest.mark.parametrize("differences", [(), (LOST,)])
def test_extra_resources_that_stay_are_told(
    differences: tuple[Difference, ...], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    bays = Bays(replace(AS_RECORDED, differences=differences, extra=EXTRA), replace(AS_RECORDED, extra=EXTRA))
    assert repair(bays, monkeypatch) == 0
    line = "1 extra resources stay as they are: 'bay drift demo' names them, --sweep deletes them"
    assert capsys.readouterr().err.splitlines().count(line) == 1


def test_what_still_differs_is_an_error(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert repair(Bays(DRIFTED, DRIFTED), monkeypatch) == 1
    assert capsys.readouterr().err.splitlines()[-2:] == [
        f"error: bay demo still differs from its state: {LOST.text}",
        "       'bay drift demo' says how",
    ]


def test_what_takes_something_away_needs_an_answer(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert repair(Bays(AS_RECORDED), monkeypatch, "--node", "demo-node-0") == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"bay demo: {AS_RECORDED.summary}", "the plan stands above"
    assert lines[-2:] == [
        "error: this would replace demo-node-0 of bay demo",
        "       add --yes to do it without a question",
    ]
    assert repair(Bays(AS_RECORDED), monkeypatch, "--node", "demo-node-0", "--yes") == 0


def test_a_dry_run_prints_the_plan_and_changes_nothing(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    bays: Any = Bays(DRIFTED)
    bays.repair = None
    assert repair(bays, monkeypatch, "--dry-run", "-f", "json") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == [
        {"batch": 1, "action": "recreate", "type": "Instance", "name": "demo-node-0", "reason": "missing"}
    ]
    assert shown.err == f"bay demo: {DRIFTED.summary}\n"


@pytest.mark.parametrize(
    ("words", "wait", "minutes"),
    [((), True, 60), (("--no-wait",), False, 60), (("--timeout", "5"), True, 5), (("--timeout", "0"), False, 60)],
)
def test_each_batch_is_waited_for_and_the_last_if_wanted(
    words: tuple[str, ...], wait: bool, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bays = Bays(AS_RECORDED)
    assert repair(bays, monkeypatch, *words) == 0
    assert (bays.request.wait, bays.request.timeout.total_seconds()) == (wait, minutes * 60)
