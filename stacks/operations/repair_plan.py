"""What of a drift is repaired how, and in which order: pure, from a state and what differs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bay.components.disruption import max_unavailable_repair
from bay.components.errors import BayError
from bay.components.text import join_names
from bay.stacks.approval import Risk
from bay.stacks.cloud.kind_additions import Addition
from bay.stacks.cluster.control_plane import is_majority
from bay.stacks.operations.batches import Batch, split
from bay.stacks.operations.drift import RUNS, Drift, type_of
from bay.stacks.operations.drift_events import Difference, What
from bay.stacks.plan.types import Change
from bay.stacks.state.snapshot import RecordedServer

FLAVOR = ("flavorId", "flavorName")
"""Properties of a server that Nova sets by a resize; Pulumi does so where it is told to, for it keeps them else."""

IN_PLACE = ("status", "name", "metadata", "securityGroups", "tags", *FLAVOR)
"""Properties of a server that Pulumi sets right on the server that is there; any other wants a new one."""

STARTED = "SHUTOFF"
"""Status out of which Pulumi starts a server."""

BROKEN = "ERROR"
"""Status out of which nothing brings a server but another in its place."""

Differences = Mapping[tuple[str, str], Sequence[Difference]]
"""Type and name of a resource -> how it differs."""

How = Literal["recreate", "restore", "replace", "leave", "finish", "remove"]
"""recreate: what is missing; restore: what was changed; replace: by a new one; leave: as it is, with the reason;
finish: what an earlier run left undone, and the state knows of; remove: what others added to what is the bay's."""


@dataclass(frozen=True)
class RepairAction:
    """One resource and what is done with it."""

    action: How
    type: str
    name: str
    urn: str
    reason: str
    differences: tuple[Difference, ...] = ()

    @property
    def loses_disk(self) -> bool:
        """Whether it is another server afterwards."""
        return self.action in ("recreate", "replace")

    def row(self, batch: int | None) -> dict[str, Any]:
        """As `bay repair --dry-run` prints it; batch: 0 is everything but servers, None is left as it is."""
        return {"batch": batch, "action": self.action, "type": self.type, "name": self.name, "reason": self.reason}


@dataclass(frozen=True)
class RepairPlan:
    """supporting_resources: everything but servers, all at once. batches: servers, masters first. skipped: what is not
    repaired. unrecorded: number of resources with the bay's mark that are not in its state, which are deleted. removed:
    additions of others that are taken away; left: those that stay. refusal: why a repair would not do it: quotas are
    too low, or masters would lose their quorum; None where nothing is known.
    """

    drift: Drift
    supporting_resources: tuple[RepairAction, ...] = ()
    batches: tuple[Batch[RepairAction], ...] = ()
    skipped: tuple[RepairAction, ...] = ()
    unrecorded: int = 0
    removed: tuple[Addition, ...] = ()
    left: tuple[Addition, ...] = ()
    refusal: BayError | None = None

    @property
    def bay(self) -> str:
        """Name of the bay that it is of."""
        return self.drift.state.name

    @property
    def risks(self) -> tuple[Risk, ...]:
        """None that would have to be allowed: what it must not do, the repair refuses by itself."""
        return ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.supporting_resources or self.batches or self.unrecorded or self.removed)

    @property
    def replaced(self) -> list[str]:
        """Names of the servers that get another in their place."""
        return [action.name for batch in self.batches for action in batch.actions if action.action == "replace"]

    @property
    def disruption(self) -> str:
        """What it takes away, in words; may be empty."""
        deeds = [f"replace {join_names(self.replaced, 6)}"] if self.replaced else []
        ended = [one.name for one in self.supporting_resources if one.reason in ("delete", "replace")]
        deeds += [f"finish with deleting {join_names(ended, 6)}"] if ended else []
        deeds += [f"delete {self.unrecorded} unrecorded resources"] if self.unrecorded else []
        deeds += [f"remove {len(self.removed)} additions of others"] if self.removed else []
        return f"{' and '.join(deeds)} of bay {self.bay}" if deeds else ""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """As `bay repair --dry-run` prints it."""
        rows = [_of_addition(one, "remove", one.why).row(0) for one in self.removed]
        rows += [action.row(0) for action in self.supporting_resources]
        rows += [action.row(number) for number, batch in enumerate(self.batches, 1) for action in batch.actions]
        rows += [action.row(None) for action in self.skipped]
        return rows + [_of_addition(one, "leave", f"{one.why}: '{one.remedy}'").row(None) for one in self.left]


def plan_repair(
    drift: Drift, named: Collection[str] = (), unfinished: Iterable[Change] = (), *, sweep: bool = False
) -> RepairPlan:
    """What is to be done so that the cloud is what the state says.

    named: servers to be replaced whatever they are. unfinished: what Pulumi would change without any drift. sweep:
    delete what carries the bay's mark and is not in its state, and remove additions that are of no use to others.
    """
    removed = tuple(one for one in drift.added if one.remove is not None) if sweep else ()
    differences: dict[tuple[str, str], list[Difference]] = {}
    for difference in drift.differences:
        differences.setdefault((difference.type, difference.name), []).append(difference)
    servers = [_of_server(server, differences, server.name in named) for server in drift.state.servers]
    others = [_of_resource(found) for (kind, _), found in differences.items() if kind != "Instance"]
    actions = [action for action in (*others, *servers) if action is not None]
    due = [action for action in actions if action.action != "leave"]
    unhealthy = {action.name: action for action in due if action.type == "Instance"}
    known = {action.urn for action in due}
    finished = [RepairAction("finish", c.type, c.name, c.urn, c.operation) for c in unfinished if c.urn not in known]
    return RepairPlan(
        drift,
        supporting_resources=(*(action for action in due if action.type != "Instance"), *finished),
        batches=tuple(split(drift.state.servers, unhealthy, lambda group, all: _batch_size(drift, group, all))),
        skipped=tuple(action for action in actions if action.action == "leave"),
        unrecorded=len(drift.extra) if sweep else 0,
        removed=removed,
        left=tuple(one for one in drift.added if one not in removed),
    )


def _of_addition(addition: Addition, action: How, reason: str) -> RepairAction:
    return RepairAction(action, type_of(addition.kind), addition.name or addition.id, "", reason)


def _batch_size(drift: Drift, group: str, servers: Sequence[RecordedServer]) -> int:
    """Masters one by one; where those that are left are no quorum, none comes up before the others do: all at once."""
    if group != "master":
        return max_unavailable_repair(len(servers))
    running = sum(drift.statuses.get(server.id) == RUNS for server in servers)
    return 1 if is_majority(running, len(servers)) else len(servers)


def _of_resource(found: Sequence[Difference]) -> RepairAction:
    first = found[0]
    resource = (first.type, first.name, first.urn)
    if first.what is not What.MISSING:
        if first.type == "Volume" and any(d.field == "size" for d in found):
            return RepairAction("leave", *resource, "Cinder makes no volume smaller", tuple(found))
        return RepairAction("restore", *resource, _fields(found), tuple(found))
    if first.type == "ApplicationCredential":
        return RepairAction(
            "recreate", *resource, "missing; masters use the old one until they are replaced", tuple(found)
        )
    return RepairAction("recreate", *resource, "missing", tuple(found))


def _of_server(server: RecordedServer, differences: Differences, named: bool) -> RepairAction | None:
    """None for a server that is as it should be."""
    own = tuple(differences.get(("Instance", server.name), ()))
    resource = ("Instance", server.name, server.urn)
    if any(d.what is What.MISSING for d in own):
        return RepairAction("recreate", *resource, "missing", own)
    reason = _why_replaced(server, own, differences, named)
    if reason:
        return RepairAction("replace", *resource, reason, own)
    status = next((d.found for d in own if d.field == "status"), STARTED)
    if status != STARTED:
        return RepairAction(
            "leave", *resource, f"is {status}: a repair does not end that, 'openstack server' does", own
        )
    return RepairAction("restore", *resource, _fields(own), own) if own else None


def _why_replaced(server: RecordedServer, own: Sequence[Difference], differences: Differences, named: bool) -> str:
    """Empty where a server need not be replaced."""
    for kind, name, what in (("Port", server.name, "port"), ("Volume", f"{server.name}-state", "state volume")):
        if any(d.what is What.MISSING for d in differences.get((kind, name), ())):
            return f"its {what} is missing"
    if any(d.field == "status" and d.found == BROKEN for d in own):
        return f"is {BROKEN}"
    others = [d for d in own if d.field not in IN_PLACE]
    return f"{_fields(others)} changed" if others else "named" if named else ""


def _fields(found: Iterable[Difference]) -> str:
    """``delay, tags``: the properties that differ."""
    return ", ".join(sorted({d.field for d in found}))
