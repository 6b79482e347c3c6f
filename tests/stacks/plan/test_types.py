"""A plan in a few words."""

from datetime import UTC, datetime

import pytest

from bay.stacks.plan.types import Change, Compared, FieldChange, Group, Operation, Plan, QuotaUsage

NOW = Compared(False, datetime(2026, 1, 1, tzinfo=UTC), 1.0)
FIELD = FieldChange("tags", "[]", '["x"]', Group.OTHER, False)


def server(operation: Operation, name: str) -> Change:
    return Change(operation, Group.NODES, "Instance", name)


def plan(*changes: Change, fields: tuple[FieldChange, ...] = ()) -> Plan:
    return Plan("demo", True, NOW, changes, fields)


def test_a_disruption_names_what_goes_and_what_stops() -> None:
    volume = Change("delete", Group.VOLUMES, "Volume", "demo-master-0-state")
    going = (server("delete", "demo-node-2"), server("resize", "demo-node-0"), volume, server("create", "demo-node-9"))
    assert plan(*going).disruption == (
        "delete 1 servers and resize 1 servers and delete 1 volumes of bay demo: "
        "demo-node-2, demo-node-0, demo-master-0-state"
    )
    assert plan(server("create", "demo-node-9")).disruption == ""


@pytest.mark.parametrize(
    ("one", "summary", "empty"),
    [
        (plan(server("create", "a"), server("create", "b"), server("delete", "c")), "1 to delete, 2 to create", False),
        (plan(fields=(FIELD,)), "no changes in the cloud, only in the spec", False),
        (plan(), "no changes", True),
    ],
)
def test_a_plan_is_a_line_with_the_most_dangerous_first(one: Plan, summary: str, empty: bool) -> None:
    assert (one.summary, one.empty) == (summary, empty)


@pytest.mark.parametrize(("limit", "shortfall"), [(10, 1), (11, 0), (12, 0)])
def test_a_quota_is_short_by_what_is_missing(limit: int, shortfall: int) -> None:
    usage = QuotaUsage("instances", 4, 7, limit)
    assert usage.shortfall == shortfall
    assert usage.row() == {"resource": "instances", "needed": 4, "used": 7, "limit": limit}
