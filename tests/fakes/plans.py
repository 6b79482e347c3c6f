"""A plan with something of everything, as a reviewer sees it."""

from datetime import UTC, datetime

from bay.stacks.approval import Risk
from bay.stacks.plan.types import Change, Compared, Diff, FieldChange, Group, Plan, QuotaUsage

COMPARED = Compared(False, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), 1.25)
RESIZE = Change("resize", Group.NODES, "Instance", "demo-node-0", (Diff("flavorId", "a", "b"),), "urn:1")
RULE = Change("create", Group.FIREWALL, "SecGroupRule", "demo-node-tcp-22", (), "urn:2")
PLAN = Plan(
    "demo",
    True,
    COMPARED,
    changes=(RESIZE, RULE),
    fields=(FieldChange("image", "old", "new", Group.NODES, True),),
    risks=(Risk("batch", "2 of 2 at once", ("demo-node-0",), True, "batch"), Risk("open", "tcp 22, open")),
    impact=("pods move",),
    notes=("demo-node-0: created from another image",),
    quota=(QuotaUsage("cores", 2, 4, 200),),
)
