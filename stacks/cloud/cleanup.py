"""Things of a bay that its state does not know: found by the bay's mark in the cloud, never by name."""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.components.errors import BayError
from bay.components.openstack.connection import explained
from bay.components.ownership import ID_KEY, id_tag
from bay.components.text import some
from bay.stacks.cloud.discovery import everything

if TYPE_CHECKING:
    from openstack.connection import Connection

PATIENCE = 120.0
"""Seconds that a sweep waits for the next thing to go: for servers, and for what they held to be free."""

LONG_PATIENCE = {"load balancer": 600.0}
"""Kind -> seconds, where that is longer: Octavia ends what it does with a server of its own, then deletes it."""

GO_LATER = ("server", "load balancer", "volume", "snapshot", "backup")
"""Kinds that the cloud says it will delete; what they use is free only once they are gone."""

DELETED_BY = {
    "server": ("compute", "delete_server"),
    "server group": ("compute", "delete_server_group"),
    "load balancer": ("load_balancer", "delete_load_balancer"),
    "health monitor": ("load_balancer", "delete_health_monitor"),
    "pool": ("load_balancer", "delete_pool"),
    "listener": ("load_balancer", "delete_listener"),
    "backup": ("block_storage", "delete_backup"),
    "snapshot": ("block_storage", "delete_snapshot"),
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
    """A thing in the cloud that is the bay's. size: for people, as ``10 GiB``. why: by which words it is the bay's."""

    kind: str
    id: str
    name: str
    size: str = ""
    why: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name or self.id}"


def find(cloud: "Connection", bay: str, bay_id: str, known: Collection[str] = ()) -> list[Leftover]:
    """Everything with the mark whose id is not `known`, in an order in which it can be deleted."""
    with explained("looking for leftovers"):
        return [Leftover(kind, t.id, t.name or "") for kind, t in everything(cloud, bay, bay_id) if t.id not in known]


def sweep(cloud: "Connection", found: Iterable[Leftover], report: Callable[[str], None]) -> None:
    """Delete what `find` found; a thing that is still in use is tried again until its patience is over."""
    waiting = list(found)
    since = time.monotonic()
    if waiting:
        report(f"deleting {some([str(item) for item in waiting])}")
    while waiting:
        with explained("deleting leftovers"):
            refused = {item: reason for item in waiting if (reason := _refusal(cloud, item, report))}
        if len(refused) < len(waiting):
            since = time.monotonic()  # what is still there may have waited for what is gone
        waiting = list(refused)
        if waiting and time.monotonic() - since > max(LONG_PATIENCE.get(item.kind, PATIENCE) for item in waiting):
            raise _still_there(refused)
        if waiting:
            time.sleep(1)


def _still_there(refused: "dict[Leftover, str]") -> BayError:
    names = some([f"{item} ({reason})" for item, reason in refused.items()])
    return BayError(f"not deleted, since something else uses it: {names}", "free it, then delete the bay again")


def _refusal(cloud: "Connection", item: Leftover, report: Callable[[str], None]) -> str:
    """Ask for the thing's end: empty once it is gone, else why it is not yet."""
    from openstack import exceptions

    try:
        _delete(cloud, item)
    except exceptions.NotFoundException:
        return ""
    except exceptions.ConflictException as error:
        return _words(error)
    except exceptions.BadRequestException as error:
        if item.kind in (
            "volume",
            "snapshot",
            "backup",
        ):  # Cinder's word for one that is in use, or about to be deleted
            return _words(error)
        raise
    except exceptions.ForbiddenException:
        if item.kind != "floating IP":
            raise
        # Where addresses are the administrators' to take away, a project gives them free.
        release(cloud, item.id)
        report(f"{item} stays in the project, on no port: this user may delete no floating IPs here")
        return ""
    return "still being deleted" if item.kind in GO_LATER else ""


def _words(error: Any) -> str:
    """What the cloud says, on one line."""
    return " ".join(str(error.details or error).split())[:200].rstrip(".")


def release(cloud: "Connection", floating_ip_id: str, description: str = "", tags: Collection[str] = ()) -> None:
    """Take a floating IP off its port, and leave no mark of the bay on it."""
    address = cloud.network.update_ip(floating_ip_id, port_id=None, description=description)
    if set(address.tags or ()) != set(tags):
        cloud.network.set_tags(address, list(tags))


def _delete(cloud: "Connection", item: Leftover) -> None:
    if item.kind == "router interface":
        port = cloud.network.get_port(item.id)
        cloud.network.remove_interface_from_router(port.device_id, port=port.id)
    elif item.kind == "tag of load balancer":
        shared = cloud.load_balancer.get_load_balancer(item.id)
        cloud.load_balancer.update_load_balancer(shared, tags=[tag for tag in shared.tags if tag != item.name])
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
    from bay.components.ownership import name_tag

    with explained("looking for a bay of the same name"):
        for group in cloud.network.security_groups(tags=name_tag(bay)):
            mark = next((tag for tag in group.tags if tag.startswith(f"{ID_KEY}=")), "")
            if mark and mark != id_tag(own_id):
                return str(mark.removeprefix(f"{ID_KEY}="))
    return ""
