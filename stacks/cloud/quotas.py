"""What the project may have of each resource, and what it has: asked of each service in a thread of its own."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from bay.components.quota_demand import Resource, of_type
from bay.stacks.cloud.kinds import KINDS

if TYPE_CHECKING:
    from openstack.connection import Connection

UNLIMITED = -1


class Limit(NamedTuple):
    """Of one resource, in its unit: how much is used, and the quota; UNLIMITED for none."""

    used: int
    limit: int


Limits = dict[str, Limit]
Notify = Callable[[str, str], None]
"""Told a code and a line for people."""

VOLUMES = {Resource.VOLUMES: "volumes", Resource.GIGABYTES: "gigabytes"}
"""Resource -> key of Cinder's quota set."""


def quota_attributes(service: str) -> dict[Resource, str]:
    """Resource -> attribute of openstacksdk's quota, of the kinds of a service."""
    return {kind.quota.resource: kind.quota.attribute for kind in KINDS if kind.service == service and kind.quota}


def load_balancer_attributes() -> dict[Resource, str]:
    """The same of Octavia, whose pools have members."""
    return {**quota_attributes("load_balancer"), Resource.MEMBERS: "members"}


def get_limits(cloud: "Connection", project_id: str, wanted: Collection[str], notify: Notify) -> Limits:
    """The limits of the `wanted` resources; those of a service that does not say are left out, and that is told."""
    services: tuple[tuple[str, Callable[[Connection, str], Limits]], ...] = (
        ("servers", _compute),
        ("networks", _network),
        ("volumes", _volumes),
        ("load balancers", _load_balancers),
    )
    needed = [service for service in services if any(_service_of(resource) == service[0] for resource in wanted)]
    with ThreadPoolExecutor(max(1, len(needed))) as pool:
        found = pool.map(lambda service: _asked(service[0], lambda: service[1](cloud, project_id), notify), needed)
        return {resource: limit for limits in found for resource, limit in limits.items()}


def _service_of(resource: str) -> str:
    if resource in quota_attributes("network"):
        return "networks"
    if resource.split(" of type ")[0] in VOLUMES:
        return "volumes"
    if resource in load_balancer_attributes():
        return "load balancers"
    return "servers"


def _asked(service: str, question: Callable[[], Limits], notify: Notify) -> Limits:
    """What the service answers; a cloud that hides its quotas stops nobody."""
    from bay.components.errors import BayError
    from bay.components.openstack.connection import openstack_errors

    try:
        with openstack_errors(f"asking for the quotas of {service}"):
            return question()
    except BayError as error:
        notify("quota-unknown", f"{error.message}; these quotas are not compared")
        return {}


def _compute(cloud: "Connection", _project_id: str) -> Limits:
    limits = cloud.compute.get_limits().absolute
    return {
        **{resource: _absolute(limits, attribute) for resource, attribute in quota_attributes("compute").items()},
        Resource.CORES: Limit(limits.total_cores_used, limits.total_cores),
        Resource.RAM: Limit(limits.total_ram_used, limits.total_ram),
        Resource.GROUP_MEMBERS: Limit(0, limits.server_group_members),
    }


def _absolute(limits: Any, attribute: str) -> Limit:
    return Limit(getattr(limits, f"{attribute}_used"), getattr(limits, attribute))


def _network(cloud: "Connection", project_id: str) -> Limits:
    # Neutron makes the project's default group, with four rules, when somebody first looks at its groups.
    next(cloud.network.security_groups(project_id=project_id, name="default"), None)
    details = cloud.network.get_quota(project_id, details=True)
    found = {resource: getattr(details, attribute) for resource, attribute in quota_attributes("network").items()}
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
    limits = {resource: getattr(quota, attribute) for resource, attribute in load_balancer_attributes().items()}
    return {resource: Limit(used[resource], limit) for resource, limit in limits.items() if limit is not None}
