"""Everything in the cloud that carries a bay's mark, kind by kind, in an order in which it can be deleted."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from bay.components.ownership import ID_KEY, id_tag

if TYPE_CHECKING:
    from openstack.connection import Connection

Found = Iterator[tuple[str, Any]]
"""(kind, the thing as openstacksdk gives it)"""

INTERFACE_OWNERS = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)
"""Device owners that Neutron gives to the ports of plain, distributed and highly available routers."""


def everything(cloud: "Connection", bay: str, bay_id: str) -> Found:
    """Users of a thing come before the thing: servers before volumes and ports, load balancers before their port."""
    return chain(
        _servers(cloud, bay, bay_id),
        _load_balancers(cloud, bay_id),
        _volumes(cloud, bay_id),
        _networking(cloud, bay_id),
        _server_groups(cloud, bay_id),
        _credentials(cloud, bay_id),
    )


def _servers(cloud: "Connection", bay: str, bay_id: str) -> Found:
    """With the volumes that Nova made for them, which carry no mark and go with their server."""
    for server in cloud.compute.servers(name=f"^{bay}-"):
        if (server.metadata or {}).get(ID_KEY) == bay_id:
            yield "server", server


def _load_balancers(cloud: "Connection", bay_id: str) -> Found:
    """With their parts, which go with them; but the state may know a load balancer and not all of its parts."""
    if not cloud.has_service("load-balancer"):
        return
    octavia = cloud.load_balancer
    for balancer in octavia.load_balancers(description=id_tag(bay_id)):
        yield "load balancer", balancer
        for pool in octavia.pools(loadbalancer_id=balancer.id):
            if pool.health_monitor_id:
                yield "health monitor", octavia.get_health_monitor(pool.health_monitor_id)
            yield "pool", pool
        yield from (("listener", listener) for listener in octavia.listeners(load_balancer_id=balancer.id))


def _volumes(cloud: "Connection", bay_id: str) -> Found:
    if not cloud.has_service("block-storage"):
        return
    for volume in cloud.block_storage.volumes():
        if (volume.metadata or {}).get(ID_KEY) == bay_id:
            yield "volume", volume


def _networking(cloud: "Connection", bay_id: str) -> Found:
    network, description = cloud.network, id_tag(bay_id)
    yield from (("floating IP", ip) for ip in network.ips(description=description))
    yield from (("port", port) for port in network.ports(description=description))
    for router in network.routers(description=description):
        yield from (("router interface", port) for port in _interfaces(cloud, router.id))
        yield "router", router
    yield from (("subnet", subnet) for subnet in network.subnets(description=description))
    yield from (("network", own) for own in network.networks(description=description))
    yield from (("rule", rule) for rule in network.security_group_rules(description=description))
    yield from (("security group", group) for group in network.security_groups(description=description))


def _interfaces(cloud: "Connection", router_id: str) -> list[Any]:
    """Ports of a router on the networks it serves: they carry no mark, but belong to one that does."""
    return [p for p in cloud.network.ports(device_id=router_id) if p.device_owner in INTERFACE_OWNERS]


def _server_groups(cloud: "Connection", bay_id: str) -> Found:
    for group in cloud.compute.server_groups():
        if group.name.endswith(f".{bay_id}"):
            yield "server group", group


def _credentials(cloud: "Connection", bay_id: str) -> Found:
    """Of the user who asks: nobody sees another's."""
    identity: Any = cloud.identity  # openstacksdk says it may be version 2, which has none
    for credential in identity.application_credentials(user=cloud.current_user_id):
        if credential.description == id_tag(bay_id):
            yield "application credential", credential
