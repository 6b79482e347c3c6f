"""What a plan says of itself in a line."""

import pytest

from bay.stacks.plan.types import Plan
from tests.fakes.plans import COMPARED, PLAN


@pytest.mark.parametrize(
    ("plan", "summary", "empty"),
    [
        (Plan("demo", True, COMPARED), "no changes", True),
        (Plan("demo", True, COMPARED, fields=PLAN.fields), "no changes in the cloud, only in the spec", False),
        (PLAN, "1 to resize, 1 to create", False),
    ],
)
def test_the_summary_counts_the_worst_first(plan: Plan, summary: str, empty: bool) -> None:
    assert (plan.summary, plan.empty) == (summary, empty)
