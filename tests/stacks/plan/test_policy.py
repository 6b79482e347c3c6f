"""What a run of Pulumi may take away, from its plan and what was approved."""

from datetime import UTC, datetime

import pytest

from bay.stacks.approval import Approval, Risk
from bay.stacks.plan.policy import NO_DISRUPTION, Allowance, allowance, require_kinds
from bay.stacks.plan.types import Change, Compared, Group, Operation, Plan
from tests.fakes.messages import told

MASTERS = Risk("masters", "demo-master-2 deleted", ("demo-master-2",), True, "masters")
VOLUMES = Risk("volumes", "demo-master-2-state deleted", ("demo-master-2-state",), True, "volumes")
NOW = Compared(False, datetime(2026, 1, 1, tzinfo=UTC), 1.0)


def change(operation: Operation, name: str, kind: str = "Instance") -> Change:
    return Change(operation, Group.NODES, kind, name, (), f"urn of {name}")


GOING = (change("delete", "demo-master-2"), change("delete", "demo-node-0"))
VOLUME = change("delete", "demo-master-2-state", "Volume")


def of(*allow: str, risks: tuple[Risk, ...] = (MASTERS, VOLUMES)) -> Allowance:
    plan = Plan("demo", True, NOW, changes=(*GOING, VOLUME), risks=risks)
    return allowance(plan, Approval(frozenset(allow)))


def test_a_master_that_may_go_loses_its_protection_and_no_other() -> None:
    assert of("masters") == Allowance(("batch", "hard", "members", "masters"), ("urn of demo-master-2",))


def test_a_volume_that_may_go_loses_its_protection_and_no_other() -> None:
    assert of("volumes") == Allowance(("batch", "hard", "members", "volumes"), ("urn of demo-master-2-state",))


@pytest.mark.parametrize("allow", [(), ("batch",), ("delete",)])
def test_without_a_word_for_it_nothing_loses_its_protection(allow: tuple[str, ...]) -> None:
    assert of(*allow) == NO_DISRUPTION == Allowance(("batch", "hard", "members"), ())


def test_masters_that_leave_one_by_one_are_let_go_each_in_its_own_run() -> None:
    allowed = Allowance(("batch", "hard", "members", "masters", "volumes"), ("urn of demo-master-2", "urn of another"))
    assert allowed.for_members({"urn of demo-master-2"}) == Allowance(("batch", "hard", "members"), ("urn of another",))


def test_what_was_allowed_and_is_no_risk_of_the_plan_unprotects_nothing() -> None:
    assert of("masters", risks=()) == Allowance(("batch", "hard", "members", "masters"), ())


def test_a_master_that_is_only_resized_stays_protected() -> None:
    plan = Plan("demo", True, NOW, changes=(change("resize", "demo-master-2"),), risks=(MASTERS,))
    assert allowance(plan, Approval(frozenset({"masters"}))).unprotected == ()


def test_a_word_that_allows_nothing_is_refused() -> None:
    assert told(lambda: require_kinds(["master"])) == (
        "'master' is no disruption that can be allowed",
        "nearest: masters",
        2,
    )
    require_kinds(["masters", "batch", "volumes"])
