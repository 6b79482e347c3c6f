"""Whether a thing whose making was watched by nobody has become whole."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openstack.connection import Connection

PATIENCE = 600.0
"""Seconds to wait for what the cloud still works on: as long as the engine itself waits for most of it."""

READY = {
    "server": ("compute", "status", "ACTIVE"),
    "volume": ("block_storage", "status", "available"),
    "router interface": ("network", "status", "ACTIVE"),
    "load balancer": ("load_balancer", "provisioning_status", "ACTIVE"),
    "listener": ("load_balancer", "provisioning_status", "ACTIVE"),
    "pool": ("load_balancer", "provisioning_status", "ACTIVE"),
    "health monitor": ("load_balancer", "provisioning_status", "ACTIVE"),
}
"""Kind -> service, field and value of a thing that is whole; what is not here is whole once it exists."""


def whole(cloud: "Connection", kind: str, thing: Any) -> bool:
    """Wait for the thing's making to end; False where it failed, and where it takes longer than PATIENCE."""
    from openstack import exceptions, resource

    if kind == "security group":
        # The engine takes away the rules that Neutron gives to every new group; its own carry the group's mark.
        return all(rule.get("description") == thing.description for rule in thing.security_group_rules)
    if kind not in READY or (kind == "volume" and thing.status == "in-use"):  # by a server that was made after it
        return True
    service, field, value = READY[kind]
    try:
        resource.wait_for_status(getattr(cloud, service), thing, value, wait=PATIENCE, attribute=field)
    except (exceptions.ResourceFailure, exceptions.ResourceTimeout, exceptions.NotFoundException):
        return False
    return True
