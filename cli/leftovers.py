"""Things of a bay that its state does not know: found by the bay's mark in the cloud, never by name."""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.components.cloud import explained
from bay.components.errors import BayError
from bay.components.mark import ID_KEY, id_tag

if TYPE_CHECKING:
    from openstack.connection import Connection

PATIENCE = 120.0
"""Seconds that a sweep waits for servers to go, and for what they held to be free."""


@dataclass(frozen=True)
class Leftover:
    """A thing in the cloud that carries the bay's mark."""

    kind: str
    id: str
    name: str


def find(cloud: "Connection", bay: str, bay_id: str, known: Collection[str] = ()) -> list[Leftover]:
    """Everything with the mark whose id is not `known`, in an order in which it can be deleted."""
    with explained("looking for leftovers"):
        return [Leftover(kind, t.id, t.name or "") for kind, t in _marked(cloud, bay, bay_id) if t.id not in known]


def _marked(cloud: "Connection", bay: str, bay_id: str) -> Iterable[tuple[str, Any]]:
    network, description = cloud.network, id_tag(bay_id)
    for server in cloud.compute.servers(name=f"^{bay}-"):
        if (server.metadata or {}).get(ID_KEY) == bay_id:
            yield "server", server
    queries: tuple[tuple[str, Callable[..., Iterable[Any]]], ...] = (
        ("floating IP", network.ips),
        ("port", network.ports),
        ("router", network.routers),
        ("network", network.networks),
        ("security group", network.security_groups),
    )
    for kind, query in queries:
        for thing in query(description=description):
            yield kind, thing
    for group in cloud.compute.server_groups():
        if group.name.endswith(f".{bay_id}"):
            yield "server group", group


def sweep(cloud: "Connection", found: Iterable[Leftover], report: Callable[[str], None]) -> None:
    """Delete what `find` found; a thing that is still in use is tried again until PATIENCE is over."""
    waiting = list(found)
    deadline = time.monotonic() + PATIENCE
    for item in waiting:
        report(f"deleting leftover {item.kind} {item.name or item.id}")
    while waiting:
        with explained("deleting leftovers"):
            waiting = [item for item in waiting if not _gone(cloud, item)]
        if waiting and time.monotonic() > deadline:
            names = ", ".join(f"{item.kind} {item.name or item.id}" for item in waiting)
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
    elif item.kind == "router":
        for port in network.ports(device_id=item.id, device_owner="network:router_interface"):
            network.remove_interface_from_router(item.id, port=port.id)
        network.delete_router(item.id, ignore_missing=False)
    elif item.kind == "server group":
        cloud.compute.delete_server_group(item.id, ignore_missing=False)
    else:
        method = {
            "floating IP": network.delete_ip,
            "port": network.delete_port,
            "network": network.delete_network,
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
