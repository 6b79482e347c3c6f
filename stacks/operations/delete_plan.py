"""What the end of a bay does, also to resources that its state does not know, or that others have."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from bay.components.errors import BayError
from bay.components.openstack.connection import openstack_errors
from bay.components.text import join_names
from bay.stacks.approval import Risk
from bay.stacks.cloud.additions import find_additions, owned_resources, ownership_rules
from bay.stacks.cloud.controller_resources import ControllerResource, deletable, list_controller_resources
from bay.stacks.cloud.discovery import CloudObject, size, things_of
from bay.stacks.cloud.kind_additions import Addition, OwnedResources
from bay.stacks.cloud.kind_lists import Listing
from bay.stacks.cloud.kinds import KINDS, Thing, address_of, kind_of_token
from bay.stacks.operations.retain import Keep
from bay.stacks.plan.preview_events import natural
from bay.stacks.stack import BayStack
from bay.stacks.state.snapshot import StateSnapshot, in_cloud, kind_and_name

LOCKED = "is locked"
"""Why of a server of the bay's own that Nova deletes for nobody."""


class Action(StrEnum):
    """What becomes of a resource. DETACH: it is not the bay's, and only loses the server or port that it is on."""

    BLOCKER = "blocker"
    DELETE = "delete"
    KEEP = "keep"
    DETACH = "detach"


@dataclass(frozen=True)
class Disposition:
    """What becomes of one resource. why: whose it is, and why. remedy: the command that removes a blocker. address:
    that goes with it."""

    action: Action
    kind: str
    name: str
    id: str
    size: str
    why: str
    remedy: str = ""
    address: str = ""

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

    recorded: what becomes of these, as far as they are in the cloud. dispositions: what becomes of the rest.
    unrecorded: what carries the bay's mark and is not in its state.
    controller_resources: what its engine created by itself.
    """

    bay: str
    servers: tuple[str, ...]
    resources: int
    dispositions: tuple[Disposition, ...] = ()
    unrecorded: tuple[CloudObject, ...] = field(default=(), repr=False)
    controller_resources: tuple[CloudObject, ...] = field(default=(), repr=False)
    floating_ips: tuple[CloudObject, ...] = field(default=(), repr=False)
    recorded: tuple[Disposition, ...] = field(default=(), repr=False)

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
        whose, deed = ("locked servers", "unlock") if found[0].why == LOCKED else ("resources of others", "remove")
        named = join_names([f"{one.kind} {one.name or one.id} {one.why}" for one in found], 3)
        raise BayError(
            f"{whose} block the deletion of bay {self.bay}: {named}",
            f"{deed} them, then 'bay delete {self.bay}' again; --dry-run lists all; the first: {found[0].remedy}",
        )


def _locked(own: OwnedResources) -> Iterator[Addition]:
    """The bay's own servers that Nova lets nobody delete."""
    for server in own.of("server").values():
        if server.is_locked:
            yield Addition("server", server.id, server.name, LOCKED, f"openstack server unlock {server.id}")


def plan_delete(bay: BayStack, keep: Keep, *, strangers: bool = False) -> DeletePlan:
    """Read the cloud; nothing is changed. strangers: see `OwnedResources`."""
    state, cloud = bay.state, bay.cloud
    names = tuple(server.name for server in state.servers)
    recorded = tuple(_recorded(state, keep))
    if not state.bay_id:
        return DeletePlan(bay.name, names, len(state.ids), recorded=recorded)
    created = list_controller_resources(cloud, ownership_rules(state), state.bay_id)
    listing = Listing(cloud, bay.name, state.bay_id, is_whole=True)
    with openstack_errors("looking for what the deletion meets"):
        marked = list(things_of(listing))
        going = [one for one in created if not keep.holds(one.kind)]
        own = owned_resources(state.ids, marked, going, listing.project_volumes, strangers=strangers)
        additions = find_additions(listing, own)
        named = {*state.ids, *(thing.id for _, thing in marked), *(one.thing.id for one in created)}
        with_servers = [volume for id, volume in own.of("volume").items() if id not in named]
        found = [*_locked(own), *_shared(created), *(one for one in additions if one.blocks)]
        dispositions = (
            *(Disposition(Action.BLOCKER, o.kind, o.name, o.id, "", o.why, o.remedy) for o in dict.fromkeys(found)),
            *_ends(created, marked, state, keep),
            *_detached(additions, listing, created),
        )
    return DeletePlan(
        bay.name,
        names,
        len(state.ids),
        dispositions,
        unrecorded=tuple(CloudObject.of(thing) for thing in marked if thing[1].id not in state.ids),
        controller_resources=tuple(deletable(created)),
        floating_ips=tuple(CloudObject.of(thing) for thing in marked if thing[0] == "floating IP"),
        recorded=(*recorded, *map(_of_a_server, with_servers)),
    )


def _of_a_server(volume: Any) -> Disposition:
    why = "Nova made it with a server of the bay, and deletes it with that"
    return Disposition(Action.DELETE, "volume", volume.name or "", volume.id, size(volume), why)


def _recorded(state: StateSnapshot, keep: Keep) -> Iterator[Disposition]:
    """What the state has in the cloud, servers first; floating IPs that are kept are told of by their mark."""
    found = [_of_state(resource) for resource in state.resources if in_cloud(resource)]
    place = {kind.name: number for number, kind in enumerate(KINDS)}
    known = sorted(found, key=lambda one: (place.get(one.kind, len(place)), natural(one.name)))
    yield from (one for one in known if not (keep.floating_ips and one.kind == "floating IP"))


def _of_state(resource: Mapping[str, Any]) -> Disposition:
    short, name = kind_and_name(resource["urn"])
    kind, outputs = kind_of_token(resource["type"]), resource.get("outputs") or {}
    gib = outputs.get("size") if kind and kind.name == "volume" else None
    size = f"{gib:.0f} GiB" if gib else ""
    return Disposition(
        Action.DELETE,
        kind.name if kind else short.lower(),
        name,
        resource["id"],
        size,
        "in the bay's state",
        address=address_of(short, outputs),
    )


def _shared(created: Iterable[ControllerResource]) -> Iterator[Addition]:
    for one in created:
        if one.shared_with:
            why = f"is shared with another cluster ({one.shared_with})"
            remedy = "delete that cluster's Service, or have it use another load balancer"
            yield Addition(one.kind, one.thing.id, one.thing.name, why, remedy)


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


def _detached(
    additions: Iterable[Addition], listing: Listing, created: Iterable[ControllerResource]
) -> Iterator[Disposition]:
    """Floating IPs and volumes of the user's own on what goes."""
    signed: Collection[str] = {one.thing.id for one in created}
    sizes = {volume.id: size(volume) for volume in listing.project_volumes}
    for one in additions:
        if one.kind in ("floating IP", "volume") and not one.blocks and one.id not in signed:
            yield Disposition(Action.DETACH, one.kind, one.name, one.id, sizes.get(one.id, ""), one.why)
