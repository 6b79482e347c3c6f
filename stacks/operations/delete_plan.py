"""What the end of a bay does to things that its state does not know, or that others have: a row for each."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bay.cli.console.output import Row
from bay.components.engines import ENGINES
from bay.components.engines.ownership_rules import Belonging
from bay.components.errors import BayError
from bay.components.openstack.connection import explained
from bay.components.text import some
from bay.stacks.cloud import controller_resources
from bay.stacks.cloud.blockers import Obstacle, Own, obstacles
from bay.stacks.cloud.controller_resources import Signed
from bay.stacks.cloud.discovery import everything
from bay.stacks.operations.retain import Keep
from bay.stacks.state.snapshot import StateSnapshot

if TYPE_CHECKING:
    from openstack.connection import Connection


class Action(StrEnum):
    """What becomes of a thing. FREE: it is not the bay's, and only loses the server or port that it is on."""

    IN_THE_WAY = "in the way"
    DELETE = "delete"
    KEEP = "keep"
    FREE = "free"


@dataclass(frozen=True)
class Fate:
    """A row of the list. why: whose the thing is, and why. remedy: the command that takes away what is in the way."""

    action: Action
    kind: str
    name: str
    id: str
    size: str
    why: str
    remedy: str = ""

    @property
    def row(self) -> Row:
        """As `--dry-run` prints it."""
        return {**asdict(self), "action": str(self.action)}

    def __str__(self) -> str:
        """A line for the person who is asked; and a second one, what to do about what is in the way."""
        named = f"{self.name} ({self.id})" if self.name else self.id
        line = f"{f'{self.action}:':12} {self.kind} {named}{f', {self.size}' if self.size else ''}; {self.why}"
        return f"{line}\n{'':12} {self.remedy}" if self.remedy else line


COLUMNS = ("action", "kind", "name", "id", "size", "why", "remedy")


def signs_of(record: StateSnapshot) -> Sequence[Belonging]:
    """How the bay's engine signs what it makes by itself; nothing for a bay that was never begun."""
    return ENGINES[record.spec.coe].belongings if record.spec and record.bay_id else ()


def survey(cloud: "Connection", record: StateSnapshot, keep: Keep, strangers: bool = False) -> list[Fate]:
    """Read the cloud; nothing is changed. strangers: see `in_the_way.obstacles`."""
    if not record.bay_id:
        return []
    made = controller_resources.signed(cloud, signs_of(record), record.bay_id)
    with explained("looking for what is in the way"):
        marked = list(everything(cloud, record.name, record.bay_id))
        volumes = list(cloud.block_storage.volumes()) if cloud.has_service("block-storage") else []
        ports = list(cloud.network.ports(project_id=cloud.current_project_id))
        own = _own(record, marked, made, volumes, keep)
        found = [*_shared(made), *obstacles(cloud, own, ports, strangers)]
        return [
            *(Fate(Action.IN_THE_WAY, o.kind, o.name, o.id, "", o.why, o.remedy) for o in dict.fromkeys(found)),
            *_ends(made, marked, record, keep),
            *_freed_addresses(cloud, own, ports, made),
            *_freed_volumes(own, volumes, made),
        ]


def refuse(bay: str, fates: Iterable[Fate]) -> None:
    """An error where something is in the way."""
    found = [fate for fate in fates if fate.action == Action.IN_THE_WAY]
    if not found:
        return
    named = some([f"{fate.kind} {fate.name or fate.id} {fate.why}" for fate in found], 3)
    raise BayError(
        f"things of others are in the way of deleting bay {bay}: {named}",
        f"take them away ('{found[0].remedy}'), then 'bay delete {bay}' again; --dry-run lists them with what to do",
    )


def _own(
    record: StateSnapshot, marked: Sequence[tuple[str, Any]], made: Iterable[Signed], volumes: Iterable[Any], keep: Keep
) -> Own:
    things: dict[str, dict[str, Any]] = {}
    for kind, thing in [*marked, *((one.kind, one.thing) for one in made if not keep.holds(one.kind))]:
        things.setdefault(kind, {})[thing.id] = thing
    with_servers = {
        attached.id
        for server in things.get("server", {}).values()
        for attached in server.attached_volumes or []
        if attached.delete_on_termination
    }
    going = {volume.id: volume for volume in volumes if volume.id in with_servers}
    things["volume"] = {**going, **things.get("volume", {})}
    return Own(things, record.ids)


def _shared(made: Iterable[Signed]) -> Iterator[Obstacle]:
    for one in made:
        if one.shared_with:
            why = f"is shared with another cluster ({one.shared_with})"
            remedy = "delete that cluster's Service, or have it use another load balancer"
            yield Obstacle(one.kind, one.thing.id, one.thing.name, why, remedy)


def _ends(
    made: Iterable[Signed], marked: Iterable[tuple[str, Any]], record: StateSnapshot, keep: Keep
) -> Iterator[Fate]:
    for kind, thing in marked:
        if kind == "floating IP" and keep.floating_ips:
            yield Fate(Action.KEEP, kind, thing.name, thing.id, "", f"description: {thing.description}")
        elif thing.id not in record.ids and kind != "router interface":
            size = controller_resources.size(thing)
            yield Fate(Action.DELETE, kind, thing.name or "", thing.id, size, "carries the bay's mark")
    for item in controller_resources.leftovers(made):
        action = Action.KEEP if keep.holds(item.kind) else Action.DELETE
        yield Fate(action, item.kind, item.name, item.id, item.size, item.why)


def _freed_addresses(cloud: "Connection", own: Own, ports: Iterable[Any], made: Iterable[Signed]) -> Iterator[Fate]:
    """Floating IPs of the user's own on the bay's servers and load balancers."""
    on_own = {port.id for port in ports if own.has_port(port)}
    signed: Collection[str] = {one.thing.id for one in made}
    for address in cloud.network.ips(project_id=cloud.current_project_id):
        if address.port_id in on_own and address.id not in {*own.of("floating IP"), *signed}:
            yield Fate(Action.FREE, "floating IP", address.name, address.id, "", "on the bay's port, without its mark")


def _freed_volumes(own: Own, volumes: Iterable[Any], made: Iterable[Signed]) -> Iterator[Fate]:
    """Volumes that somebody attached to the bay's servers."""
    ends = {*own.of("volume"), *(one.thing.id for one in made)}
    for volume in volumes:
        servers = {attachment["server_id"] for attachment in volume.attachments or []}
        if servers & set(own.of("server")) and volume.id not in ends:
            why = "on the bay's server, without its mark"
            yield Fate(Action.FREE, "volume", volume.name or "", volume.id, controller_resources.size(volume), why)
