"""What the end of a bay does, also to resources that its state does not know, or that others have."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from bay.components.engines import ENGINES
from bay.components.engines.ownership_rules import OwnershipRule
from bay.components.errors import BayError
from bay.components.openstack.connection import openstack_errors
from bay.components.text import join_names
from bay.stacks.approval import Risk
from bay.stacks.cloud.blockers import Blocker, OwnedResources, find_blockers
from bay.stacks.cloud.controller_resources import ControllerResource, deletable, list_controller_resources
from bay.stacks.cloud.discovery import CloudObject, size, things_of
from bay.stacks.cloud.kind_lists import Listing
from bay.stacks.cloud.kinds import Thing
from bay.stacks.operations.retain import Keep
from bay.stacks.stack import BayStack
from bay.stacks.state.snapshot import StateSnapshot


class Action(StrEnum):
    """What becomes of a resource. DETACH: it is not the bay's, and only loses the server or port that it is on."""

    BLOCKER = "blocker"
    DELETE = "delete"
    KEEP = "keep"
    DETACH = "detach"


@dataclass(frozen=True)
class Disposition:
    """What becomes of one resource. why: whose it is, and why. remedy: the command that removes a blocker."""

    action: Action
    kind: str
    name: str
    id: str
    size: str
    why: str
    remedy: str = ""

    @property
    def row(self) -> Mapping[str, Any]:
        """As `bay delete --dry-run` prints it."""
        return {**asdict(self), "action": str(self.action)}

    def __str__(self) -> str:
        """A line for the person who is asked; and a second one, what to do about a blocker."""
        named = f"{self.name} ({self.id})" if self.name else self.id
        line = f"{f'{self.action}:':12} {self.kind} {named}{f', {self.size}' if self.size else ''}; {self.why}"
        return f"{line}\n{'':12} {self.remedy}" if self.remedy else line


@dataclass(frozen=True)
class DeletePlan:
    """The end of a bay. servers: names of those that its state has; resources: number of all that it has.

    dispositions: what becomes of the rest. unrecorded: what carries the bay's mark and is not in its state.
    controller_resources: what its engine created by itself.
    """

    bay: str
    servers: tuple[str, ...]
    resources: int
    dispositions: tuple[Disposition, ...] = ()
    unrecorded: tuple[CloudObject, ...] = field(default=(), repr=False)
    controller_resources: tuple[CloudObject, ...] = field(default=(), repr=False)
    floating_ips: tuple[CloudObject, ...] = field(default=(), repr=False)

    @property
    def risks(self) -> tuple[Risk, ...]:
        """The bay is lost."""
        return (Risk("bay", f"this would {self.disruption}", (self.bay,), True, "delete"),)

    @property
    def disruption(self) -> str:
        """``delete bay demo and all its data, and 1 volume of the list, but keep 1 floating IP``."""
        going, kept = self._counted(Action.DELETE), self._counted(Action.KEEP)
        more = f"{f', and {going} of the list' if going else ''}{f', but keep {kept}' if kept else ''}"
        return f"delete bay {self.bay} and all its data{more}"

    def _counted(self, action: Action) -> str:
        kinds = Counter(one.kind for one in self.dispositions if one.action == action)
        return ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items())

    def require_no_blockers(self) -> None:
        """BayError that names what blocks the deletion."""
        found = [one for one in self.dispositions if one.action == Action.BLOCKER]
        if not found:
            return
        named = join_names([f"{one.kind} {one.name or one.id} {one.why}" for one in found], 3)
        raise BayError(
            f"resources of others block the deletion of bay {self.bay}: {named}",
            f"remove them, then 'bay delete {self.bay}' again; --dry-run lists all; the first: {found[0].remedy}",
        )


def ownership_rules(state: StateSnapshot) -> Sequence[OwnershipRule]:
    """How the bay's engine marks what it creates by itself; nothing for a bay that was never begun."""
    return ENGINES[state.spec.coe].ownership_rules if state.spec and state.bay_id else ()


def plan_delete(bay: BayStack, keep: Keep, *, strangers: bool = False) -> DeletePlan:
    """Read the cloud; nothing is changed. strangers: see `bay.stacks.cloud.blockers.find_blockers`."""
    state, cloud = bay.state, bay.cloud
    names = tuple(server.name for server in state.servers)
    if not state.bay_id:
        return DeletePlan(bay.name, names, len(state.ids))
    created = list_controller_resources(cloud, ownership_rules(state), state.bay_id)
    listing = Listing(cloud, bay.name, state.bay_id, is_whole=True)
    with openstack_errors("looking for what the deletion meets"):
        marked = list(things_of(listing))
        own = _own(state, marked, created, listing.project_volumes, keep)
        found = [*_shared(created), *find_blockers(listing, own, strangers=strangers)]
        dispositions = (
            *(Disposition(Action.BLOCKER, o.kind, o.name, o.id, "", o.why, o.remedy) for o in dict.fromkeys(found)),
            *_ends(created, marked, state, keep),
            *_detached_floating_ips(listing, own, created),
            *_detached_volumes(own, listing.project_volumes, created),
        )
    return DeletePlan(
        bay.name,
        names,
        len(state.ids),
        dispositions,
        unrecorded=tuple(CloudObject.of(thing) for thing in marked if thing[1].id not in state.ids),
        controller_resources=tuple(deletable(created)),
        floating_ips=tuple(CloudObject.of(thing) for thing in marked if thing[0] == "floating IP"),
    )


def _own(
    state: StateSnapshot,
    marked: Sequence[Thing],
    created: Iterable[ControllerResource],
    volumes: Iterable[Any],
    keep: Keep,
) -> OwnedResources:
    things: dict[str, dict[str, Any]] = {}
    for kind, thing in [*marked, *((one.kind, one.thing) for one in created if not keep.holds(one.kind))]:
        things.setdefault(kind, {})[thing.id] = thing
    with_servers = {
        attached.id
        for server in things.get("server", {}).values()
        for attached in server.attached_volumes or []
        if attached.delete_on_termination
    }
    going = {volume.id: volume for volume in volumes if volume.id in with_servers}
    things["volume"] = {**going, **things.get("volume", {})}
    return OwnedResources(things, state.ids)


def _shared(created: Iterable[ControllerResource]) -> Iterator[Blocker]:
    for one in created:
        if one.shared_with:
            why = f"is shared with another cluster ({one.shared_with})"
            remedy = "delete that cluster's Service, or have it use another load balancer"
            yield Blocker(one.kind, one.thing.id, one.thing.name, why, remedy)


def _ends(
    created: Iterable[ControllerResource], marked: Iterable[Thing], state: StateSnapshot, keep: Keep
) -> Iterator[Disposition]:
    for kind, thing in marked:
        if kind == "floating IP" and keep.floating_ips:
            yield Disposition(Action.KEEP, kind, thing.name, thing.id, "", f"description: {thing.description}")
        elif thing.id not in state.ids and kind != "router interface":
            yield Disposition(Action.DELETE, kind, thing.name or "", thing.id, size(thing), "carries the bay's mark")
    for item in deletable(created):
        action = Action.KEEP if keep.holds(item.kind) else Action.DELETE
        yield Disposition(action, item.kind, item.name, item.id, item.size, item.why)


def _detached_floating_ips(
    listing: Listing, own: OwnedResources, created: Iterable[ControllerResource]
) -> Iterator[Disposition]:
    """Floating IPs of the user's own on the bay's servers and load balancers."""
    on_own = {port.id for port in listing.of_project("ports") if own.has_port(port)}
    signed: Collection[str] = {one.thing.id for one in created}
    for address in listing.of_project("ips"):
        if address.port_id in on_own and address.id not in {*own.of("floating IP"), *signed}:
            yield Disposition(
                Action.DETACH, "floating IP", address.name, address.id, "", "on the bay's port, without its mark"
            )


def _detached_volumes(
    own: OwnedResources, volumes: Iterable[Any], created: Iterable[ControllerResource]
) -> Iterator[Disposition]:
    """Volumes that somebody attached to the bay's servers."""
    ends = {*own.of("volume"), *(one.thing.id for one in created)}
    for volume in volumes:
        servers = {attachment["server_id"] for attachment in volume.attachments or []}
        if servers & set(own.of("server")) and volume.id not in ends:
            why = "on the bay's server, without its mark"
            yield Disposition(Action.DETACH, "volume", volume.name or "", volume.id, size(volume), why)
