"""Things of a bay that its state does not know: found by the bay's mark in the cloud, never by name."""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.cli.output import some
from bay.components.cloud import explained
from bay.components.errors import BayError
from bay.components.mark import ID_KEY, id_tag

if TYPE_CHECKING:
    from openstack.connection import Connection

PATIENCE = 120.0
"""Seconds that a sweep waits for servers to go, and for what they held to be free."""


INTERFACE_OWNERS = (
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
)
"""Device owners that Neutron gives to the ports of plain, distributed and highly available routers."""


@dataclass(frozen=True)
class Leftover:
    """A thing in the cloud that carries the bay's mark."""

    kind: str
    id: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name or self.id}"


def find(cloud: "Connection", bay: str, bay_id: str, known: Collection[str] = ()) -> list[Leftover]:
    """Everything with the mark whose id is not `known`, in an order in which it can be deleted."""
    with explained("looking for leftovers"):
        return [Leftover(kind, t.id, t.name or "") for kind, t in _marked(cloud, bay, bay_id) if t.id not in known]


def _marked(cloud: "Connection", bay: str, bay_id: str) -> Iterable[tuple[str, Any]]:
    network, description = cloud.network, id_tag(bay_id)
    for server in cloud.compute.servers(name=f"^{bay}-"):
        if (server.metadata or {}).get(ID_KEY) == bay_id:
            yield "server", server
    yield from (("floating IP", ip) for ip in network.ips(description=description))
    yield from (("port", port) for port in network.ports(description=description))
    for router in network.routers(description=description):
        yield from (("router interface", port) for port in _interfaces(cloud, router.id))
        yield "router", router
    yield from (("subnet", subnet) for subnet in network.subnets(description=description))
    yield from (("network", own) for own in network.networks(description=description))
    yield from (("rule", rule) for rule in network.security_group_rules(description=description))
    yield from (("security group", group) for group in network.security_groups(description=description))
    for group in cloud.compute.server_groups():
        if group.name.endswith(f".{bay_id}"):
            yield "server group", group


def _interfaces(cloud: "Connection", router_id: str) -> list[Any]:
    """Ports of a router on the networks it serves: they carry no mark, but belong to one that does."""
    return [p for p in cloud.network.ports(device_id=router_id) if p.device_owner in INTERFACE_OWNERS]


def sweep(cloud: "Connection", found: Iterable[Leftover], report: Callable[[str], None]) -> None:
    """Delete what `find` found; a thing that is still in use is tried again until PATIENCE is over."""
    waiting = list(found)
    deadline = time.monotonic() + PATIENCE
    if waiting:
        report(f"deleting leftovers: {some([str(item) for item in waiting])}")
    while waiting:
        with explained("deleting leftovers"):
            waiting = [item for item in waiting if not _gone(cloud, item)]
        if waiting and time.monotonic() > deadline:
            names = some([str(item) for item in waiting])
            raise BayError(f"in use by something else, so not deleted: {names}", "free it, then delete the bay again")
        if waiting:
            time.sleep(1)


def _gone(cloud: "Connection", item: Leftover) -> bool:
    """Ask for the thing's end; True once it is gone."""
    from openstack import exceptions

    try:
        _delete(cloud, item)
    except exceptions.NotFoundException:
        return True
    except exceptions.ConflictException:
        return False
    return item.kind != "server"


def _delete(cloud: "Connection", item: Leftover) -> None:
    network = cloud.network
    if item.kind == "server":
        cloud.compute.delete_server(item.id, ignore_missing=False)
    elif item.kind == "router interface":
        port = network.get_port(item.id)
        network.remove_interface_from_router(port.device_id, port=port.id)
    elif item.kind == "server group":
        cloud.compute.delete_server_group(item.id, ignore_missing=False)
    else:
        method = {
            "floating IP": network.delete_ip,
            "port": network.delete_port,
            "router": network.delete_router,
            "subnet": network.delete_subnet,
            "network": network.delete_network,
            "rule": network.delete_security_group_rule,
            "security group": network.delete_security_group,
        }[item.kind]
        method(item.id, ignore_missing=False)


def other_bay_of_name(cloud: "Connection", bay: str, own_id: str) -> str:
    """The id of another bay of this project that carries the name, else empty.

    Every bay has security groups, and only project members see them, so they are what is asked for.
    """
    from bay.components.mark import name_tag

    with explained("looking for a bay of the same name"):
        for group in cloud.network.security_groups(tags=name_tag(bay)):
            mark = next((tag for tag in group.tags if tag.startswith(f"{ID_KEY}=")), "")
            if mark and mark != id_tag(own_id):
                return str(mark.removeprefix(f"{ID_KEY}="))
    return ""
