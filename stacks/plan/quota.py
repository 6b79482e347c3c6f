"""Whether what a bay still needs fits the project's quotas; compared before anything is made."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bay.cli.console.output import Format, print_list, say_table
from bay.components.engines import ENGINES
from bay.components.openstack.resolved import Flavor, Place
from bay.components.quota_demand import DEFAULT_TYPE, Key, Resource, Things, members_of, missing, of_type, things
from bay.components.spec import BaySpec
from bay.components.text import some
from bay.stacks.automation.errors import Quota
from bay.stacks.cloud import cleanup, quotas
from bay.stacks.cloud.quotas import UNLIMITED, Limit
from bay.stacks.state.snapshot import StateSnapshot

if TYPE_CHECKING:
    from openstack.connection import Connection

COLUMNS = ("resource", "needed", "used", "limit")

KINDS = {
    "server": "Instance",
    "port": "Port",
    "router": "Router",
    "subnet": "Subnet",
    "network": "Network",
    "security group": "SecGroup",
    "volume": "Volume",
    "load balancer": "LoadBalancer",
    "listener": "Listener",
    "pool": "Pool",
    "health monitor": "Monitor",
}
"""What leftovers are called -> the kind of which they are; those that have names."""


@dataclass(frozen=True)
class Room:
    """One resource: how much is needed beside what is used, and the limit of both; in its unit."""

    resource: str
    needed: int
    used: int
    limit: int

    @property
    def lacking(self) -> int:
        """How much the limit is too low; 0 where it is enough."""
        return max(0, self.used + self.needed - self.limit)

    def row(self) -> dict[str, Any]:
        """As a row of the table."""
        return {"resource": self.resource, "needed": self.needed, "used": self.used, "limit": self.limit}


def room(cloud: "Connection", name: str, spec: BaySpec, place: Place, record: StateSnapshot | None) -> list[Room]:
    """Each resource of which the bay needs more than it has, if its limit is known and there is one."""
    wanted = things(name, spec, place, ENGINES[spec.coe])
    made = _made(cloud, record) if record else frozenset()
    needed = missing(wanted, made, _before(cloud, record, wanted, place))
    needed = _with_default_type(cloud, needed)
    known = quotas.ask(cloud, place.login.project_id, needed)
    if Resource.GROUP_MEMBERS in known:
        _, most = known[Resource.GROUP_MEMBERS]
        servers = Counter(server.rpartition("-")[0] for kind, server in made if kind == "Instance")
        known |= {members_of(group): Limit(servers[group], most) for group in (f"{name}-{g}" for g in spec.groups)}
    rows = (Room(resource, count, *known[resource]) for resource, count in needed.items() if resource in known)
    return sorted((row for row in rows if row.limit != UNLIMITED), key=_place_in_table)


def _place_in_table(row: Room) -> int:
    """As in `Resource`; what is of a type or of a group stands with it."""
    return max(place for place, resource in enumerate(Resource) if row.resource.startswith(resource))


def refuse_unless_it_fits(
    cloud: "Connection", name: str, spec: BaySpec, place: Place, record: StateSnapshot | None
) -> None:
    """Raise Quota, with a table of what does not fit on stderr; nothing is said where all fits."""
    lacking = [row for row in room(cloud, name, spec, place, record) if row.lacking]
    show(lacking)
    refuse(name, lacking)


def show(rows: Sequence[Room], form: Format = Format.TABLE) -> None:
    """The table: for a reviewer in the Markdown document on stdout, else for the person at the terminal."""
    if not rows:
        return
    printed = [row.row() for row in rows]
    if form is Format.MARKDOWN:
        print()  # else it would be more rows of the plan
        print_list(printed, COLUMNS, form)
    else:
        say_table(printed, COLUMNS)


def refuse(name: str, rows: Sequence[Room]) -> None:
    """Raise Quota where a row does not fit: which, by how much, and what would be enough."""
    lacking = [row for row in rows if row.lacking]
    if not lacking:
        return
    short = some([f"{row.resource} (by {row.lacking})" for row in lacking])
    enough = some([f"{row.resource} {row.used + row.needed}" for row in lacking])
    raise Quota(
        f"bay {name} does not fit the project's quotas: {short}",
        f"ask for less, free some, or have the quotas raised to {enough}; 'openstack quota show' has all of them",
    )


def _made(cloud: "Connection", record: StateSnapshot) -> frozenset[Key]:
    """What counts as used already: what the state has, and what a run that was cut off left beside it."""
    if not (record.pending and record.bay_id):
        return record.made
    found = cleanup.find(cloud, record.name, record.bay_id, record.ids)
    return record.made | {(KINDS[thing.kind], thing.name) for thing in found if thing.kind in KINDS}


def _before(cloud: "Connection", record: StateSnapshot | None, wanted: Things, place: Place) -> Things:
    """What the spec in the state asks for of what is still wanted."""
    if record is None or record.spec is None:
        return {}
    flavors = _flavors(cloud, {group.flavor for group in record.spec.groups.values()}, place.flavors)
    old = things(record.name, record.spec, replace(place, flavors=flavors), ENGINES[record.spec.coe])
    return {key: takes for key, takes in old.items() if key in wanted}


def _flavors(cloud: "Connection", names: Collection[str], known: Mapping[str, Flavor]) -> dict[str, Flavor]:
    """Sizes of the flavors that servers had; of one that is no more, nothing is known to be used."""
    from bay.components.openstack.connection import explained

    found = {name: known.get(name, Flavor(name, name, vcpus=0, ram=0)) for name in names}
    if not set(names) <= set(known):
        with explained("looking up flavors"):
            for flavor in cloud.compute.flavors():
                for name in {flavor.name, flavor.id} & set(names):
                    found[name] = Flavor(flavor.id, flavor.name, flavor.vcpus, flavor.ram, flavor.disk)
    return found


def _with_default_type(cloud: "Connection", needed: dict[str, int]) -> dict[str, int]:
    """With volumes that name no type counted to Cinder's default one."""
    untyped = {of_type(r, DEFAULT_TYPE): r for r in (Resource.VOLUMES, Resource.GIGABYTES)}
    if not set(untyped) & set(needed):
        return needed
    default = quotas.default_volume_type(cloud)
    total: Counter[str] = Counter()
    for resource, count in needed.items():
        total[of_type(untyped[resource], default) if resource in untyped else resource] += count
    return dict(total)
