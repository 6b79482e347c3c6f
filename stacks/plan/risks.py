"""What in a plan somebody should think twice about, and what of it a change is refused for."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bay.components.disruption import BATCH_PERCENT, max_unavailable_change
from bay.components.spec import BaySpec
from bay.components.text import join_names
from bay.stacks.approval import Risk
from bay.stacks.cluster.control_plane import is_majority, majority
from bay.stacks.plan.members import NO_OUTLOOK, MemberOutlook, find_member_risks
from bay.stacks.plan.preview_events import component_of
from bay.stacks.plan.types import DESTRUCTIVE, DISRUPTIVE, Change, FieldChange, Group, Operation

WORDS = {"delete": "deleted", "replace": "replaced", "rebuild": "rebuilt", "resize": "stopped for a resize"}


@dataclass(frozen=True)
class RiskContext:
    """What risks are found in.

    exists: it was complete at least once, so somebody may use it. servers: names of the servers that are built before
    the change, by group. opened: rules for everybody, by name. unhealthy: masters that do not run, or not well; empty
    where no master is affected. locked: servers that Nova does not let anybody stop, change or delete. members: masters
    that come or go one after another.
    """

    spec: BaySpec
    exists: bool
    changes: Sequence[Change]
    fields: Sequence[FieldChange] = ()
    servers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    opened: Mapping[str, str] = field(default_factory=dict)
    unhealthy: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()
    members: MemberOutlook = NO_OUTLOOK

    def affected(self, group: str, operations: Collection[Operation]) -> list[Change]:
        """Changes of whole servers of a group."""
        there = self.servers.get(group, frozenset())
        return [c for c in self.changes if c.type == "Instance" and c.name in there and c.operation in operations]


def find_risks(context: RiskContext) -> tuple[Risk, ...]:
    """The worst first."""
    return (
        *_identity(context),
        *_locked(context),
        *find_member_risks(context.spec, context.members),
        *_masters(context),
        *_volumes(context),
        *_network(context),
        *_batches(context),
        *_opened(context),
        *_endpoint(context),
    )


def _locked(context: RiskContext) -> Iterator[Risk]:
    """Nova would refuse each of these in the middle of the change."""
    affected = [c for group in context.servers for c in context.affected(group, DISRUPTIVE) if c.name in context.locked]
    if affected:
        yield Risk("locked", f"{_deeds(affected)}, but locked in Nova", _names(affected), True)


def _masters(context: RiskContext) -> Iterator[Risk]:
    """Masters that lose their disk; never allowed where those of several that stay and run are no majority."""
    leaving = context.members.change.leaving
    if leaving:
        message = f"{join_names(leaving)} deleted, out of the quorum first; masters hold the control-plane data"
        yield Risk("masters", message, leaving, True, "masters")
    affected = [change for change in context.affected("master", DESTRUCTIVE) if change.name not in leaving]
    if not affected:
        return
    count = len(context.servers["master"])
    stay = context.servers["master"] - {change.name for change in affected}
    ill = sorted(stay & context.unhealthy)
    well = len(stay) - len(ill)
    keeps_quorum = count == 1 or is_majority(well, count)
    message = f"{_deeds(affected)}; masters hold the control-plane data"
    if not keeps_quorum:
        message += f", and quorum needs {majority(count)} of {count}, of which {well} would be healthy"
        message += f" ({join_names(ill)} unhealthy)" if ill else ""
    yield Risk("masters", message, _names(affected), True, "masters" if keeps_quorum else None)


def _volumes(context: RiskContext) -> Iterator[Risk]:
    affected = [c for c in context.changes if c.type == "Volume" and c.operation in DESTRUCTIVE]
    if affected:
        yield Risk("volumes", f"{_deeds(affected)}; what is on them is lost", _names(affected), True, "volumes")


def _network(context: RiskContext) -> Iterator[Risk]:
    affected = [c for c in context.changes if c.type in ("Network", "Subnet") and c.operation in DESTRUCTIVE]
    if affected and context.exists:
        what = _deeds(affected, with_type=True)
        yield Risk("network", f"{what}; Neutron refuses that while servers are in it", _names(affected), True)


def _batches(context: RiskContext) -> Iterator[Risk]:
    for group, there in context.servers.items():
        leaving = context.members.change.leaving
        affected = [change for change in context.affected(group, DISRUPTIVE) if change.name not in leaving]
        if len(affected) > max_unavailable_change(len(there)):
            what = f"{len(affected)} of {len(there)} servers of group {group} at once: {_deeds(affected)}"
            limit = f"a batch is {max_unavailable_change(len(there))} ({BATCH_PERCENT} %)"
            yield Risk("batch", f"{what}; {limit}", _names(affected), True, "batch")


def _opened(context: RiskContext) -> Iterator[Risk]:
    for name, words in context.opened.items():
        yield Risk("open", f"{words}, open to the world", (name,))


def _endpoint(context: RiskContext) -> Iterator[Risk]:
    """Clients hold the addresses of the API in their files."""
    if not context.exists:
        return
    masters_alone = context.spec.endpoint.kind == "masters"
    affected = [c for c in context.changes if _is_address(c, masters_alone) and not _of_a_new_master(c, context)]
    named = [field.path for field in context.fields if field.path == "endpoint.name"]
    if affected or named:
        what = _deeds(affected, with_type=True) if affected else "its DNS name changes"
        hint = "clients need new files"
        yield Risk("endpoint", f"the address of the API changes ({what}); {hint}", (*_names(affected), *named))


def _is_address(change: Change, masters_alone: bool) -> bool:
    if change.operation == "update" or change.type not in ("FloatingIp", "Port", "LoadBalancer"):
        return change.type == "Port" and any(d.path.startswith("fixedIps") for d in change.diffs) and masters_alone
    component = component_of(change.urn)
    return component == "Endpoint" or (component == "MasterPorts" and masters_alone)


def _of_a_new_master(change: Change, context: RiskContext) -> bool:
    """One more address, beside those that stay."""
    return change.operation == "create" and component_of(change.urn) == "MasterPorts" and change.type == "Port"


def _identity(context: RiskContext) -> Iterator[Risk]:
    affected = [c for c in context.changes if c.group is Group.IDENTITY and c.operation in (*DESTRUCTIVE, "create")]
    if affected and context.exists:
        yield Risk(
            "identity", "the identity is created again: every key and certificate of the bay", _names(affected), True
        )


def _deeds(affected: Sequence[Change], *, with_type: bool = False) -> str:
    """``demo-node-1, demo-node-2 deleted; demo-node-3 rebuilt``."""
    parts = []
    for operation in dict.fromkeys(c.operation for c in affected):
        names = [f"{c.type} {c.name}" if with_type else c.name for c in affected if c.operation == operation]
        parts.append(f"{join_names(names, 6)} {WORDS.get(operation, operation + 'd')}")
    return "; ".join(parts)


def _names(affected: Sequence[Change]) -> tuple[str, ...]:
    return tuple(change.name for change in affected)
