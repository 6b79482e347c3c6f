"""Changes of a plan, made up, a bay that they are of, and a plan with something of everything."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.stacks.approval import Risk
from bay.stacks.plan.preview_events import group_of
from bay.stacks.plan.risks import RiskContext
from bay.stacks.plan.types import Change, Compared, Diff, FieldChange, Group, Operation, Plan, QuotaUsage
from tests.fakes.pulumi_events import urn

SWARM = build_spec([{"model": "swarm"}])
HA = build_spec([{"model": "swarm-ha"}])

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
"""As a reviewer sees it."""


def change(operation: Operation, kind: str, name: str, *components: str, diffs: tuple[Diff, ...] = ()) -> Change:
    """Of a resource inside these components of the bay, outermost first."""
    one = urn(kind, name, "Bay", *components)
    return Change(operation, group_of(one, kind), kind, name, diffs, one)


def servers(operation: Operation, *names: str) -> list[Change]:
    """Of servers, named as ``node-0``."""
    return [change(operation, "Instance", f"demo-{name}", "Servers") for name in names]


def context(
    changes: Sequence[Change], spec: BaySpec = SWARM, masters: int = 1, nodes: int = 5, **more: Any
) -> RiskContext:
    """A bay that is complete, with so many servers before the change."""
    there = {
        "master": frozenset(f"demo-master-{i}" for i in range(masters)),
        "node": frozenset(f"demo-node-{i}" for i in range(nodes)),
    }
    return RiskContext(spec, True, changes, servers=there, **more)
