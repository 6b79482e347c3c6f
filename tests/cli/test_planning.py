"""Plans at the terminal: printed by a preview, shown before the question of a change, with what a file allows."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bay.cli import prompts
from bay.cli.console.formats import Format
from bay.cli.errors import print_error
from bay.cli.planning import Change, change, print_plan, with_allowed
from bay.components.spec import BaySpec
from bay.stacks.approval import Approve, Risk
from bay.stacks.cancellation import Cancellation
from bay.stacks.errors import PlanRefused, QuotaExceeded
from bay.stacks.plan import types
from bay.stacks.plan.types import Group, Plan, QuotaUsage
from tests.fakes.messages import told
from tests.fakes.plans import PLAN

Captured = pytest.CaptureFixture[str]
BATCH = Risk("batch", "3 of 3 servers at once", ("demo-node-0",), True, "batch")
GOING = types.Change("delete", Group.NODES, "Instance", "demo-node-0", (), "urn")
RISKY = replace(PLAN, changes=(GOING,), risks=(BATCH,))
TOO_LITTLE = replace(PLAN, quota=(QuotaUsage("cores", 2, 4, 5), QuotaUsage("instances", 1, 0, 10)))


def specify(_spec: BaySpec | None) -> BaySpec:
    raise AssertionError("nothing here asks for the spec")


class Bays:
    """Bays of which one plan is made, whatever is asked for. calls: what was done, and with what."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.context = self
        self.cancel = Cancellation()

    def preview(self, name: str, specify: object, **options: Any) -> Plan:
        self.calls.append((f"preview {name}", options))
        return self.plan

    def update(self, name: str, specify: object, *, approve: Approve, **options: Any) -> None:
        allow = approve(self.plan).allow
        self.calls.append((f"update {name}", {"allow": allow, **options}))


def bays_of(plan: Plan) -> Any:
    return Bays(plan)


def test_a_change_is_approved_and_said(capsys: Captured) -> None:
    bays = bays_of(RISKY)
    wait, plan = timedelta(minutes=1), Path("ten.plan")
    change(bays, "demo", specify, Change(True, ("batch",), wait=wait, plan=plan))
    assert bays.calls == [("update demo", {"allow": frozenset({"batch"}), "wait": wait, "plan": plan})]
    assert capsys.readouterr() == ("", "bay demo is changed\n")


def test_a_change_of_nothing_is_not_said_to_be_one(capsys: Captured) -> None:
    change(bays_of(replace(PLAN, changes=(), fields=(), risks=())), "demo", specify, Change(True))
    assert capsys.readouterr() == ("", "")


def test_a_change_that_is_refused_is_none() -> None:
    bays = bays_of(RISKY)
    with pytest.raises(PlanRefused):
        change(bays, "demo", specify, Change(True))
    assert bays.calls == []


def test_at_a_terminal_the_plan_stands_above_the_question(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(prompts, "confirm", lambda deed, _yes: asked.append(deed))
    bays = bays_of(RISKY)
    change(bays, "demo", specify, Change(False, answers=("batch",)))
    assert asked == ["delete 1 servers of bay demo: demo-node-0"]
    assert bays.calls[0][1]["allow"] == {"batch"}
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[0] == "risk (batch): 3 of 3 servers at once"
    assert "demo-node-0" in shown.err


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_word_that_allows_nothing_is_refused_before_anything_is_asked(dry_run: bool) -> None:
    bays = bays_of(PLAN)
    asked = Change(True, ("master",), dry_run=dry_run)
    assert told(lambda: change(bays, "demo", specify, asked)) == (
        "'master' is no disruption that can be allowed",
        "nearest: masters",
        2,
    )
    assert bays.calls == []


def test_a_dry_run_prints_the_plan_and_changes_nothing(capsys: Captured) -> None:
    bays = bays_of(RISKY)
    change(bays, "demo", specify, Change(False, dry_run=True))
    assert [what for what, _ in bays.calls] == ["preview demo"]
    assert capsys.readouterr().out.startswith("risk (batch): 3 of 3 servers at once; refused: add --allow batch")


def test_a_plan_is_printed_in_the_format_asked_for_with_what_its_file_allows(capsys: Captured) -> None:
    bays, file = bays_of(PLAN), Path("x.plan")
    plan = print_plan(
        bays,
        "demo",
        specify,
        Format.CSV,
        ["name"],
        refresh=True,
        save=file,
        from_file=True,
        allowed=("volumes",),
    )
    assert bays.calls == [("preview demo", {"refresh": True, "save": file, "from_file": True})]
    shown = capsys.readouterr()
    assert shown.out == "name\ndemo-node-0\ndemo-node-tcp-22\n"
    assert shown.err.startswith("risk (allowed): its file lets volumes go under 'pulumi up' (bay:allow)")
    assert plan.risks[0].kind == "allowed"


@pytest.mark.parametrize("form", list(Format))
def test_a_plan_that_does_not_fit_is_printed_and_an_error(form: Format, capsys: Captured) -> None:
    with pytest.raises(QuotaExceeded) as caught:
        print_plan(bays_of(TOO_LITTLE), "demo", specify, form)
    assert caught.value.message == "bay demo does not fit the project's quotas: cores (by 1)"
    capsys.readouterr()
    print_error(caught.value)
    assert capsys.readouterr().err.splitlines() == [
        "error: bay demo does not fit the project's quotas: cores (by 1)",
        "       ask for less, free some, or have the quotas raised to cores 6; 'openstack quota show' has all of them",
    ], "what it takes of the quotas stands in the plan already"


def test_what_a_file_allows_is_named_first_and_refuses_nothing() -> None:
    plan = replace(PLAN, risks=(BATCH,))
    shown = with_allowed(plan, ("batch", "volumes"))
    assert [risk.kind for risk in shown.risks] == ["allowed", "batch"]
    assert shown.risks[0] == Risk(
        "allowed",
        "its file lets batch, volumes go under 'pulumi up' (bay:allow); it is meant for one run, so remove it after "
        "that",
        ("batch", "volumes"),
    )
    assert with_allowed(plan, ()) == plan
