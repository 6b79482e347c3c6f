"""Changes of a plan, made up, and a bay that they are of."""

from collections.abc import Sequence
from typing import Any

from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.stacks.plan.preview_events import group_of
from bay.stacks.plan.risks import RiskContext
from bay.stacks.plan.types import Change, Diff, Operation
from tests.fakes.pulumi_events import urn

SWARM = build_spec([{"model": "swarm"}])
HA = build_spec([{"model": "swarm-ha"}])


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
