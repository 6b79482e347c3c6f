"""What people and hosts do to a bay behind its back."""

import time

from openstack.connection import Connection
from openstack.exceptions import NotFoundException

from tests.waiting import eventually


def server(cloud: Connection, name: str):  # type: ignore[no-untyped-def]
    """The one server of this name."""
    (found,) = cloud.compute.servers(name=f"^{name}$")
    return found


def lose_server(cloud: Connection, name: str) -> None:
    """Delete a server out of band, and wait until it is gone."""
    lost = server(cloud, name)
    cloud.compute.delete_server(lost)
    cloud.compute.wait_for_delete(lost)


def stop(cloud: Connection, name: str) -> None:
    """Stop a server."""
    cloud.compute.stop_server(server(cloud, name))
    eventually(lambda: server(cloud, name).status == "SHUTOFF")


def break_server(admin: Connection, cloud: Connection, name: str) -> None:
    """What a host that died makes of a server."""
    admin.compute.reset_server_state(server(cloud, name).id, "error")


def lose_port(cloud: Connection, name: str) -> None:
    """Take a server's port away, and delete it once Nova lets it go."""
    (port,) = cloud.network.ports(name=name)
    cloud.compute.delete_server_interface(port.id, server(cloud, name).id)
    eventually(lambda: not cloud.network.get_port(port.id).device_id)
    cloud.network.delete_port(port)


def lose_rule(cloud: Connection, group: str, port: int, source: str) -> None:
    """Delete the rule by which servers of a security group reach a TCP port of another's."""
    (owner,), (peer,) = (list(cloud.network.security_groups(name=name)) for name in (group, source))
    rules = cloud.network.security_group_rules(security_group_id=owner.id, port_range_min=port)
    (rule,) = (rule for rule in rules if rule.remote_group_id == peer.id)
    cloud.network.delete_security_group_rule(rule)


def lose_member(cloud: Connection, balancer: str) -> None:
    """Delete the first member of a load balancer's pool."""
    (pool,) = cloud.load_balancer.pools(name=balancer)
    cloud.load_balancer.delete_member(next(iter(cloud.load_balancer.members(pool))), pool)
    settled(cloud, balancer)


def slow_monitor(cloud: Connection, balancer: str) -> None:
    """Let the health monitor look less often."""
    (pool,) = cloud.load_balancer.pools(name=balancer)
    cloud.load_balancer.update_health_monitor(pool.health_monitor_id, delay=17)
    settled(cloud, balancer)


def settled(cloud: Connection, balancer: str) -> None:
    """Octavia takes the next change only when the last one is through."""
    (one,) = cloud.load_balancer.load_balancers(name=balancer)
    eventually(lambda: cloud.load_balancer.get_load_balancer(one.id).provisioning_status == "ACTIVE")


def gone(cloud: Connection, server_id: str) -> bool:
    """Whether Nova knows no such server any more."""
    try:
        cloud.compute.get_server(server_id)
    except NotFoundException:
        return True
    time.sleep(0.2)
    return False
