"""What in a plan somebody should think twice about, and what of it a change is refused for."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bay.components.disruption import BATCH_PERCENT, batch
from bay.components.spec import BaySpec
from bay.components.text import some
from bay.stacks.cluster.control_plane import is_majority
from bay.stacks.plan.preview_events import component_of
from bay.stacks.plan.types import TAKEN, Change, Danger, Field, Group, Operation

STOPPED: tuple[Operation, ...] = (*TAKEN, "resize")
"""What takes a server away, for good or for a while."""
WORDS = {"delete": "deleted", "replace": "replaced", "rebuild": "rebuilt", "resize": "stopped for a resize"}


@dataclass(frozen=True)
class Scene:
    """What dangers are seen in.

    exists: it was made whole at least once, so somebody may use it. servers: names of the servers that are whole before
    the change, by group. opened: rules for everybody, by name. ill: masters that do not run, or not well; empty where
    no master is struck.
    """

    spec: BaySpec
    exists: bool
    changes: Sequence[Change]
    fields: Sequence[Field] = ()
    servers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    opened: Mapping[str, str] = field(default_factory=dict)
    ill: frozenset[str] = frozenset()

    def struck(self, group: str, operations: Collection[Operation]) -> list[Change]:
        """Changes of whole servers of a group."""
        there = self.servers.get(group, frozenset())
        return [c for c in self.changes if c.type == "Instance" and c.name in there and c.operation in operations]


def dangers(scene: Scene) -> tuple[Danger, ...]:
    """The worst first."""
    return (
        *_identity(scene),
        *_masters(scene),
        *_volumes(scene),
        *_network(scene),
        *_batches(scene),
        *_opened(scene),
        *_endpoint(scene),
    )


def _masters(scene: Scene) -> Iterator[Danger]:
    """Masters that lose their disk; never allowed where those of several that stay and run are no majority."""
    struck = scene.struck("master", TAKEN)
    if not struck:
        return
    count = len(scene.servers["master"])
    stay = scene.servers["master"] - {change.name for change in struck}
    ill = sorted(stay & scene.ill)
    well = len(stay) - len(ill)
    quorum_kept = count == 1 or is_majority(well, count)
    message = f"{_deeds(struck)}; masters hold the engine's own data"
    if not quorum_kept:
        message += f", and {well} of {count} are no majority"
        message += f" ({some(ill)} {'is' if len(ill) == 1 else 'are'} not well)" if ill else ""
    yield Danger("masters", message, _names(struck), True, "masters" if quorum_kept else None)


def _volumes(scene: Scene) -> Iterator[Danger]:
    struck = [c for c in scene.changes if c.type == "Volume" and c.operation in TAKEN]
    if struck:
        yield Danger("volumes", f"{_deeds(struck)}; what is on them is lost", _names(struck), True, "volumes")


def _network(scene: Scene) -> Iterator[Danger]:
    struck = [c for c in scene.changes if c.type in ("Network", "Subnet") and c.operation in TAKEN]
    if struck and scene.exists:
        what = _deeds(struck, with_type=True)
        yield Danger("network", f"{what}; Neutron refuses that while servers are in it", _names(struck), True)


def _batches(scene: Scene) -> Iterator[Danger]:
    for group, there in scene.servers.items():
        struck = scene.struck(group, STOPPED)
        if len(struck) > batch(len(there)):
            what = f"{len(struck)} of {len(there)} servers of group {group} at once: {_deeds(struck)}"
            limit = f"a batch is {batch(len(there))} ({BATCH_PERCENT} %)"
            yield Danger("batch", f"{what}; {limit}", _names(struck), True, "batch")


def _opened(scene: Scene) -> Iterator[Danger]:
    for name, words in scene.opened.items():
        yield Danger("open", f"{words}, open to the world", (name,))


def _endpoint(scene: Scene) -> Iterator[Danger]:
    """Clients hold the addresses of the API in their files."""
    if not scene.exists:
        return
    masters_alone = scene.spec.endpoint.kind == "masters"
    struck = [c for c in scene.changes if _is_address(c, masters_alone) and not _of_a_new_master(c, scene)]
    named = [field.path for field in scene.fields if field.path == "endpoint.name"]
    if struck or named:
        what = _deeds(struck, with_type=True) if struck else "its DNS name changes"
        hint = "clients need 'bay config' anew"
        yield Danger("endpoint", f"the address of the API changes ({what}); {hint}", (*_names(struck), *named))


def _is_address(change: Change, masters_alone: bool) -> bool:
    if change.operation == "update" or change.type not in ("FloatingIp", "Port", "LoadBalancer"):
        return change.type == "Port" and any(d.path.startswith("fixedIps") for d in change.diffs) and masters_alone
    component = component_of(change.urn)
    return component == "Endpoint" or (component == "MasterPorts" and masters_alone)


def _of_a_new_master(change: Change, scene: Scene) -> bool:
    """One more address, beside those that stay."""
    return change.operation == "create" and component_of(change.urn) == "MasterPorts" and change.type == "Port"


def _identity(scene: Scene) -> Iterator[Danger]:
    struck = [c for c in scene.changes if c.group is Group.IDENTITY and c.operation in (*TAKEN, "create")]
    if struck and scene.exists:
        yield Danger(
            "identity", "the identity is made anew: every key and certificate of the bay", _names(struck), True
        )


def _deeds(struck: Sequence[Change], *, with_type: bool = False) -> str:
    """``demo-node-1, demo-node-2 deleted; demo-node-3 rebuilt``."""
    parts = []
    for operation in dict.fromkeys(c.operation for c in struck):
        names = [f"{c.type} {c.name}" if with_type else c.name for c in struck if c.operation == operation]
        parts.append(f"{some(names, 6)} {WORDS.get(operation, operation + 'd')}")
    return "; ".join(parts)


def _names(struck: Sequence[Change]) -> tuple[str, ...]:
    return tuple(change.name for change in struck)
