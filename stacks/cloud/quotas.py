"""What the project may have of each resource, and what it has: asked of each service in a thread of its own."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from bay.cli.console.output import say
from bay.components.quota_demand import Resource, of_type

if TYPE_CHECKING:
    from openstack.connection import Connection

UNLIMITED = -1


class Limit(NamedTuple):
    """Of one resource, in its unit: how much is used, and the quota; UNLIMITED for none."""

    used: int
    limit: int


Limits = dict[str, Limit]

NETWORK = {
    Resource.NETWORKS: "networks",
    Resource.SUBNETS: "subnets",
    Resource.ROUTERS: "routers",
    Resource.PORTS: "ports",
    Resource.FLOATING_IPS: "floating_ips",
    Resource.SECURITY_GROUPS: "security_groups",
    Resource.RULES: "security_group_rules",
}
"""Resource -> attribute of openstacksdk's network quota."""

VOLUMES = {Resource.VOLUMES: "volumes", Resource.GIGABYTES: "gigabytes"}
"""Resource -> key of Cinder's quota set."""

LOAD_BALANCERS = {
    Resource.LOAD_BALANCERS: "load_balancers",
    Resource.LISTENERS: "listeners",
    Resource.POOLS: "pools",
    Resource.MEMBERS: "members",
    Resource.MONITORS: "health_monitors",
}
"""Resource -> attribute of openstacksdk's load-balancer quota."""


def ask(cloud: "Connection", project_id: str, wanted: Collection[str]) -> Limits:
    """The limits of the `wanted` resources; those of a service that does not say are left out, and that is said."""
    services: tuple[tuple[str, Callable[[Connection, str], Limits]], ...] = (
        ("servers", _compute),
        ("networks", _network),
        ("volumes", _volumes),
        ("load balancers", _load_balancers),
    )
    needed = [service for service in services if any(_service_of(resource) == service[0] for resource in wanted)]
    with ThreadPoolExecutor(max(1, len(needed))) as pool:
        found = pool.map(lambda service: _asked(service[0], lambda: service[1](cloud, project_id)), needed)
        return {resource: limit for limits in found for resource, limit in limits.items()}


def _service_of(resource: str) -> str:
    if resource in NETWORK:
        return "networks"
    if resource.split(" of type ")[0] in VOLUMES:
        return "volumes"
    if resource in LOAD_BALANCERS:
        return "load balancers"
    return "servers"


def _asked(service: str, question: Callable[[], Limits]) -> Limits:
    """What the service answers; a cloud that hides its quotas stops nobody."""
    from bay.components.errors import BayError
    from bay.components.openstack.connection import explained

    try:
        with explained(f"asking for the quotas of {service}"):
            return question()
    except BayError as error:
        say(f"{error.message}; so these are not compared")
        return {}


def _compute(cloud: "Connection", _project_id: str) -> Limits:
    limits = cloud.compute.get_limits().absolute
    return {
        Resource.INSTANCES: Limit(limits.instances_used, limits.instances),
        Resource.CORES: Limit(limits.total_cores_used, limits.total_cores),
        Resource.RAM: Limit(limits.total_ram_used, limits.total_ram),
        Resource.SERVER_GROUPS: Limit(limits.server_groups_used, limits.server_groups),
        Resource.GROUP_MEMBERS: Limit(0, limits.server_group_members),
    }


def _network(cloud: "Connection", project_id: str) -> Limits:
    # Neutron makes the project's default group, with four rules, when somebody first looks at its groups.
    next(cloud.network.security_groups(project_id=project_id, name="default"), None)
    details = cloud.network.get_quota(project_id, details=True)
    found = {resource: getattr(details, attribute) for resource, attribute in NETWORK.items()}
    return {r: Limit(d["used"] + d.get("reserved", 0), d["limit"]) for r, d in found.items() if d is not None}


def _volumes(cloud: "Connection", project_id: str) -> Limits:
    quotas = cloud.block_storage.get_quota_set(project_id, usage=True).to_dict()
    found: Limits = {}
    for resource, key in VOLUMES.items():
        found[resource] = _cinder(quotas, key)
        for typed in (other for other in quotas["usage"] if other.startswith(f"{key}_")):
            found[of_type(resource, typed.removeprefix(f"{key}_"))] = _cinder(quotas, typed)
    return found


def default_volume_type(cloud: "Connection") -> str:
    """The type that Cinder gives to volumes that name none; empty where it has no such or does not say."""
    from openstack.exceptions import SDKException

    try:
        return str(cloud.block_storage.get_type("default").name)
    except SDKException:
        return ""


def _cinder(quotas: Mapping[str, Any], key: str) -> Limit:
    return Limit(quotas["usage"][key] + quotas["reservation"].get(key, 0), quotas[key])


def _load_balancers(cloud: "Connection", project_id: str) -> Limits:
    """Octavia says only the limits; what there is has to be counted."""
    quota, octavia = cloud.load_balancer.get_quota(project_id), cloud.load_balancer
    pools = list(octavia.pools(project_id=project_id))
    used = {
        Resource.LOAD_BALANCERS: len(list(octavia.load_balancers(project_id=project_id))),
        Resource.LISTENERS: len(list(octavia.listeners(project_id=project_id))),
        Resource.POOLS: len(pools),
        Resource.MEMBERS: sum(len(pool.members or []) for pool in pools),
        Resource.MONITORS: len(list(octavia.health_monitors(project_id=project_id))),
    }
    limits = {resource: getattr(quota, attribute) for resource, attribute in LOAD_BALANCERS.items()}
    return {resource: Limit(used[resource], limit) for resource, limit in limits.items() if limit is not None}
