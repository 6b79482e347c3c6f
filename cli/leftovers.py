"""Things of a bay that its state does not know: found by the bay's mark in the cloud, never by name."""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.cli.marked import everything
from bay.cli.output import some
from bay.components.cloud import explained
from bay.components.errors import BayError
from bay.components.mark import ID_KEY, id_tag

if TYPE_CHECKING:
    from openstack.connection import Connection

PATIENCE = 120.0
"""Seconds that a sweep waits for servers to go, and for what they held to be free."""

GO_LATER = ("server", "load balancer", "volume")
"""Kinds that the cloud says it will delete; what they use is free only once they are gone."""

DELETED_BY = {
    "server": ("compute", "delete_server"),
    "server group": ("compute", "delete_server_group"),
    "load balancer": ("load_balancer", "delete_load_balancer"),
    "health monitor": ("load_balancer", "delete_health_monitor"),
    "pool": ("load_balancer", "delete_pool"),
    "listener": ("load_balancer", "delete_listener"),
    "volume": ("block_storage", "delete_volume"),
    "floating IP": ("network", "delete_ip"),
    "port": ("network", "delete_port"),
    "router": ("network", "delete_router"),
    "subnet": ("network", "delete_subnet"),
    "network": ("network", "delete_network"),
    "rule": ("network", "delete_security_group_rule"),
    "security group": ("network", "delete_security_group"),
}
"""Kind -> service and method of openstacksdk; a cloud may lack a service, so none is asked for before it is needed."""


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
        return [Leftover(kind, t.id, t.name or "") for kind, t in everything(cloud, bay, bay_id) if t.id not in known]


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
    except exceptions.BadRequestException:
        if item.kind == "volume":  # Cinder's word for one that is in use, or about to be deleted
            return False
        raise
    return item.kind not in GO_LATER


def _delete(cloud: "Connection", item: Leftover) -> None:
    if item.kind == "router interface":
        port = cloud.network.get_port(item.id)
        cloud.network.remove_interface_from_router(port.device_id, port=port.id)
    elif item.kind == "application credential":
        identity: Any = cloud.identity
        identity.delete_application_credential(cloud.current_user_id, item.id, ignore_missing=False)
    else:
        service, method = DELETED_BY[item.kind]
        more = {"cascade": True} if item.kind == "load balancer" else {}
        getattr(getattr(cloud, service), method)(item.id, ignore_missing=False, **more)


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
