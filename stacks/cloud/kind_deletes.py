"""How the end of one resource of each kind is asked for; openstacksdk's NotFoundException where there is none."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bay.stacks.cloud.kind_lists import SOFT_DELETED

if TYPE_CHECKING:
    from openstack.connection import Connection

Delete = Callable[["Connection", str], object]


def of(service: str, method: str) -> Delete:
    """By a method of openstacksdk; a cloud may lack the service, so it is not asked for before it is needed."""
    return lambda cloud, id: getattr(getattr(cloud, service), method)(id, ignore_missing=False)


def server(cloud: "Connection", id: str) -> None:
    """For good, also where Nova would keep it for a while: until then it has its ports, and counts."""
    cloud.compute.delete_server(id, ignore_missing=False)
    kept = cloud.compute.find_server(id)
    if kept and kept.status == SOFT_DELETED:
        cloud.compute.delete_server(id, ignore_missing=False, force=True)


def load_balancer(cloud: "Connection", id: str) -> None:
    """With its parts."""
    cloud.load_balancer.delete_load_balancer(id, ignore_missing=False, cascade=True)


def router_interface(cloud: "Connection", port_id: str) -> None:
    """Take the router off the network; the port goes with that."""
    port = cloud.network.get_port(port_id)
    cloud.network.remove_interface_from_router(port.device_id, port=port.id)


def application_credential(cloud: "Connection", id: str) -> None:
    """Of the user who asks."""
    identity: Any = cloud.identity
    identity.delete_application_credential(cloud.current_user_id, id, ignore_missing=False)
