"""Load balancers pass connections on where servers boot."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from bay.sandbox.services.sandbox_services.nodes import namespaces
from bay.sandbox.services.sandbox_services.nodes.names import Names
from tests.sandbox.booted import BOOTED, Booted, eventually

pytestmark = [
    pytest.mark.boot,
    pytest.mark.long,
    pytest.mark.sandbox,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("haproxy"), reason="there is no haproxy"),
]

FRONT, BACK = 80, 8080


@pytest.fixture
def members(booted: Booted) -> Iterator[dict[str, Any]]:
    """Two servers on the shared network that answer their names, by address."""
    net = booted.cloud.network
    network = net.find_network("provider")
    cidr = net.get_subnet(network.subnet_ids[0]).cidr
    group = net.create_security_group(name="balanced")
    rule = {"protocol": "tcp", "port_range_min": BACK, "port_range_max": BACK, "remote_ip_prefix": cidr}
    net.create_security_group_rule(security_group_id=group.id, direction="ingress", **rule)
    options = {"security_groups": [{"name": "balanced"}]}
    made = [booted.boot(name, [{"uuid": network.id}], **options) for name in ("first", "second")]
    servers = [booted.wait(server) for server in made]
    found = {server.addresses["provider"][0]["addr"]: server for server in servers}
    for address, server in found.items():
        eventually(True, booted.ping, server, address, within=BOOTED)
    yield found
    booted.delete(*servers)
    net.delete_security_group(group)


def test_connections_go_to_members_that_live_from_where_it_is_allowed(booted: Booted, members: dict[str, Any]) -> None:
    cloud = booted.cloud.load_balancer
    subnet = booted.cloud.network.find_network("provider").subnet_ids[0]
    balancer = settled(cloud, cloud.create_load_balancer(name="web", vip_subnet_id=subnet))
    listener = cloud.create_listener(load_balancer_id=balancer.id, protocol="TCP", protocol_port=FRONT)
    settled(cloud, balancer)
    pool = cloud.create_pool(listener_id=listener.id, protocol="TCP", lb_algorithm="ROUND_ROBIN")
    settled(cloud, balancer)
    cloud.create_health_monitor(pool_id=pool.id, type="TCP", delay=1, timeout=1, max_retries=1)
    settled(cloud, balancer)
    programs = {}
    for address, server in members.items():
        programs[server.name] = booted.talk(server, "serve", server.name, str(BACK))
        cloud.create_member(pool, address=address, protocol_port=BACK, subnet_id=subnet)
        settled(cloud, balancer)

    def answers() -> set[str]:
        return {booted.ask(None, balancer.vip_address, FRONT) for _ in range(4)}

    eventually({"first", "second"}, answers)
    programs["first"].end()
    eventually({"second"}, answers)
    cloud.update_listener(listener, allowed_cidrs=["10.99.0.0/24"])
    eventually({""}, answers)
    names = Names.of(booted.sandbox.state.absolute())
    assert namespaces.exists(names.balancer(balancer.id))
    cloud.delete_load_balancer(balancer, cascade=True)
    eventually(False, namespaces.exists, names.balancer(balancer.id))


def settled(cloud: Any, balancer: Any) -> Any:
    return cloud.wait_for_load_balancer(balancer.id, interval=0.1, wait=60)
