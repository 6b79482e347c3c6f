"""Whether what a bay still needs fits the project's quotas; compared before anything is created."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bay.components.engines import ENGINES
from bay.components.openstack.resolved import Flavor, ResolvedSpec
from bay.components.quota_demand import (
    DEFAULT_TYPE,
    Key,
    Resource,
    Things,
    members_of,
    of_type,
    per_resource,
    remaining,
)
from bay.components.spec import BaySpec
from bay.components.text import join_names
from bay.stacks.cloud import quotas
from bay.stacks.cloud.discovery import list_unrecorded
from bay.stacks.cloud.kinds import kind_named
from bay.stacks.cloud.quotas import UNLIMITED, Limit, Notify
from bay.stacks.errors import QuotaExceeded
from bay.stacks.plan.types import QuotaUsage
from bay.stacks.state.snapshot import StateSnapshot

if TYPE_CHECKING:
    from openstack.connection import Connection


def compare(
    cloud: "Connection", name: str, spec: BaySpec, resolved: ResolvedSpec, state: StateSnapshot, notify: Notify
) -> list[QuotaUsage]:
    """Each resource of which the bay needs more than it has, if its limit is known and there is one."""
    wanted = per_resource(name, spec, resolved, ENGINES[spec.coe])
    created = _created(cloud, state)
    needed = remaining(wanted, created, _before(cloud, state, wanted, resolved))
    needed = _with_default_type(cloud, needed)
    known = quotas.get_limits(cloud, resolved.login.project_id, needed, notify)
    if Resource.GROUP_MEMBERS in known:
        _, most = known[Resource.GROUP_MEMBERS]
        servers = Counter(server.rpartition("-")[0] for kind, server in created if kind == "Instance")
        known |= {members_of(group): Limit(servers[group], most) for group in (f"{name}-{g}" for g in spec.groups)}
    rows = (QuotaUsage(resource, count, *known[resource]) for resource, count in needed.items() if resource in known)
    return sorted((row for row in rows if row.limit != UNLIMITED), key=_place_in_table)


def compare_flavors(
    cloud: "Connection", project_id: str, wanted: Sequence[tuple[str, Flavor]], notify: Notify
) -> list[QuotaUsage]:
    """What servers need more of that get other flavors. wanted: id of the flavor that a server has, and the new one."""
    if all(old == new.id for old, new in wanted):
        return []
    known = _flavors(cloud, {old for old, _ in wanted}, {new.id: new for _, new in wanted})
    more: Counter[str] = Counter()
    for old, new in wanted:
        more[Resource.CORES] += new.vcpus - known[old].vcpus
        more[Resource.RAM] += new.ram - known[old].ram
    needed = {resource: count for resource, count in more.items() if count > 0}
    limits = quotas.get_limits(cloud, project_id, needed, notify)
    rows = (QuotaUsage(resource, count, *limits[resource]) for resource, count in needed.items() if resource in limits)
    return [row for row in rows if row.limit != UNLIMITED]


def _place_in_table(row: QuotaUsage) -> int:
    """As in `Resource`; what is of a type or of a group stands with it."""
    return max(place for place, resource in enumerate(Resource) if row.resource.startswith(resource))


def require(name: str, rows: Sequence[QuotaUsage]) -> None:
    """QuotaExceeded, with the rows, where one does not fit: which, by how much, and what would be enough."""
    lacking = [row for row in rows if row.shortfall]
    if not lacking:
        return
    short = join_names([f"{row.resource} (by {row.shortfall})" for row in lacking])
    enough = join_names([f"{row.resource} {row.used + row.needed}" for row in lacking])
    raise QuotaExceeded(
        f"bay {name} does not fit the project's quotas: {short}",
        f"ask for less, free some, or have the quotas raised to {enough}; 'openstack quota show' has all of them",
        tuple(lacking),
    )


def _created(cloud: "Connection", state: StateSnapshot) -> frozenset[Key]:
    """What counts as used already: what the state has, and what an interrupted run left beside it."""
    if not (state.interrupted_operations and state.bay_id):
        return state.created
    found = list_unrecorded(cloud, state.name, state.bay_id, state.ids)
    return state.created | {(kind_named(item.kind).type, item.name) for item in found if item.name}


def _before(cloud: "Connection", state: StateSnapshot, wanted: Things, resolved: ResolvedSpec) -> Things:
    """What the spec in the state asks for of what is still wanted."""
    if state.spec is None:
        return {}
    flavors = _flavors(cloud, {group.flavor for group in state.spec.groups.values()}, resolved.flavors)
    old = per_resource(state.name, state.spec, replace(resolved, flavors=flavors), ENGINES[state.spec.coe])
    return {key: takes for key, takes in old.items() if key in wanted}


def _flavors(cloud: "Connection", names: Collection[str], known: Mapping[str, Flavor]) -> dict[str, Flavor]:
    """Sizes of the flavors that servers had; of one that is no more, nothing is known to be used."""
    from bay.components.openstack.connection import openstack_errors

    found = {name: known.get(name, Flavor(name, name, vcpus=0, ram=0)) for name in names}
    if not set(names) <= set(known):
        with openstack_errors("looking up flavors"):
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
