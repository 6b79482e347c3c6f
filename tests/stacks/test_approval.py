"""Consent to a plan: what a risk is refused for, with the words that allow it, and what nothing allows."""

from dataclasses import dataclass

import pytest

from bay.stacks.approval import Approval, Risk, allow, deny_disruptions, require_allowed, way_out
from bay.stacks.errors import PlanRefused
from tests.fakes.messages import told

BATCH = Risk("batch", "3 of 3 servers at once", ("demo-node-0",), True, "batch")
MASTERS = Risk("masters", "demo-master-2 deleted", ("demo-master-2",), True, "masters")
MAJORITY = Risk("masters", "no majority", ("demo-master-1", "demo-master-2"), True, None)
OPEN = Risk("open", "tcp 22, open to the world", ("rule",))


@dataclass(frozen=True)
class Plan:
    """Any plan."""

    risks: tuple[Risk, ...]
    bay: str = "demo"
    disruption: str = ""


@pytest.mark.parametrize("risk", [BATCH, MASTERS])
def test_a_risk_is_refused_with_the_words_that_allow_it(risk: Risk) -> None:
    plan = Plan((OPEN, risk))
    assert told(lambda: deny_disruptions(plan)) == (
        f"bay demo: {risk.message}",
        f"add --allow {risk.allowed_by} if that is what you want; --dry-run shows the whole plan",
        1,
    )
    assert allow(str(risk.allowed_by))(plan) == Approval(frozenset({risk.allowed_by}))


def test_what_breaks_the_majority_is_refused_whatever_is_allowed() -> None:
    wrong, hint, _ = told(lambda: allow("masters", "batch", "volumes")(Plan((MAJORITY,))))
    assert (wrong, hint) == (
        "bay demo: no majority",
        "keep the masters: 'bay repair' recreates unhealthy ones, and 'bay scale' removes nodes",
    )


def test_a_risk_that_is_only_named_refuses_nothing() -> None:
    assert deny_disruptions(Plan((OPEN,))) == Approval()
    assert deny_disruptions(Plan(())) == Approval()


def test_the_first_risk_that_nobody_allowed_is_what_is_told() -> None:
    with pytest.raises(PlanRefused, match="demo-master-2 deleted"):
        require_allowed(Plan((BATCH, MASTERS, MAJORITY)), ["batch"])


def test_what_was_allowed_is_told_to_the_operation_though_the_plan_has_no_such_risk() -> None:
    assert allow("batch", "volumes")(Plan(())) == Approval(frozenset({"batch", "volumes"}))


@pytest.mark.parametrize(
    ("kind", "hint"),
    [("network", "create another bay"), ("identity", "'bay show' tells which state"), ("endpoint", "")],
)
def test_of_what_nothing_allows_there_is_another_way(kind: str, hint: str) -> None:
    assert way_out(Risk(kind, "", (), True)).startswith(hint)
    assert bool(way_out(Risk(kind, "", (), True))) is bool(hint)
