"""Networks, routers, floating IPs and security groups are real where servers boot."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bay.sandbox.services.sandbox_services.nodes.commands import run
from tests.sandbox.booted import BOOTED, Booted, Program, eventually

pytestmark = [pytest.mark.boot, pytest.mark.long, pytest.mark.sandbox, pytest.mark.timeout(300)]

WHERE = {
    "left": ("A", "10.50.0.10", ["plain"]),
    "right": ("A", "10.50.0.11", ["web"]),
    "far": ("A2", "10.51.0.10", ["web"]),
    "stranger": ("B", "10.50.0.10", ["web"]),
    "twin": ("B", "10.50.0.11", ["web"]),
}
"""Server -> network, address, groups. A and A2 are on one router; B has A's range, and a router of its own."""
RIGHT, FAR = WHERE["right"][1], WHERE["far"][1]
FIRST, SECOND = 80, 81  # ports on which every server answers its name


@dataclass
class Scene:
    """Five servers, and what they are on."""

    booted: Booted
    subnets: dict[str, Any]
    routers: dict[str, Any]
    groups: dict[str, Any]
    ports: dict[str, Any]
    servers: dict[str, Any]
    floating: dict[str, Any]

    @property
    def net(self) -> Any:
        return self.booted.cloud.network

    def allow(self, group: str, direction: str = "ingress", **what: Any) -> Any:
        """Add a rule; ``port`` stands for TCP."""
        port = what.pop("port", None)
        if port:
            what |= {"protocol": "tcp", "port_range_min": port, "port_range_max": port}
        return self.net.create_security_group_rule(security_group_id=self.groups[group].id, direction=direction, **what)

    def join(self, server: str, *groups: str) -> None:
        """Put a server into these groups, and no others."""
        self.net.update_port(self.ports[server], security_group_ids=[self.groups[group].id for group in groups])

    def ask(self, who: str | None, address: str, port: int = FIRST, source: str = "0.0.0.0") -> str:
        """What a server (None: this machine) is answered."""
        return self.booted.ask(self.servers[who] if who else None, address, port, source)

    def address(self, server: str) -> str:
        """Its floating IP."""
        return str(self.floating[server].floating_ip_address)


@pytest.fixture(scope="module")
def built(booted: Booted) -> Iterator[Scene]:
    """Networks and running servers; deleted afterwards."""
    net = booted.cloud.network
    public = net.find_network("public").id
    networks, subnets, routers = {}, {}, {}
    for name, cidr in {"A": "10.50.0.0/24", "A2": "10.51.0.0/24", "B": "10.50.0.0/24"}.items():
        networks[name] = net.create_network(name=name)
        subnets[name] = net.create_subnet(network_id=networks[name].id, cidr=cidr, ip_version=4, name=name)
    for name in ("A", "B"):
        routers[name] = net.create_router(name=name, external_gateway_info={"network_id": public})
    for router, subnet in (("A", "A"), ("A", "A2"), ("B", "B")):
        net.add_interface_to_router(routers[router], subnet_id=subnets[subnet].id)
    groups = {name: net.create_security_group(name=name) for name in ("plain", "web", "client", "silent")}
    for rule in net.security_group_rules(security_group_id=groups["silent"].id):
        net.delete_security_group_rule(rule)
    ports = {
        name: net.create_port(
            network_id=networks[network].id,
            fixed_ips=[{"subnet_id": subnets[network].id, "ip_address": address}],
            security_group_ids=[groups[group].id for group in of],
        )
        for name, (network, address, of) in WHERE.items()
    }
    floating = {n: net.create_ip(floating_network_id=public, port_id=ports[n].id) for n in ("right", "twin")}
    made = {name: booted.boot(name, [{"port": port.id}]) for name, port in ports.items()}
    servers = {name: booted.wait(server) for name, server in made.items()}
    yield Scene(booted, subnets, routers, groups, ports, servers, floating)
    booted.delete(*servers.values())
    for address in floating.values():
        net.delete_ip(address)
    for router, subnet in (("A", "A"), ("A", "A2"), ("B", "B")):
        net.remove_interface_from_router(routers[router], subnet_id=subnets[subnet].id)
    for things, kind in ((routers, "router"), (ports, "port"), (networks, "network"), (groups, "security_group")):
        for thing in things.values():
            getattr(net, f"delete_{kind}")(thing)


@pytest.fixture(scope="module")
def talking(built: Scene) -> Scene:
    """The scene once every server has its address and answers on two ports."""
    for name, (_, address, _) in WHERE.items():
        eventually(True, built.booted.ping, built.servers[name], address, within=BOOTED)
        built.booted.talk(built.servers[name], "serve", name, str(FIRST), str(SECOND))
        for port in (FIRST, SECOND):
            eventually(name, built.ask, name, address, port)
    return built


@pytest.fixture
def scene(talking: Scene) -> Iterator[Scene]:
    """As it was at first: rules that a test adds are taken away, groups of ports set back."""
    before = {rule.id for rule in talking.net.security_group_rules()}
    yield talking
    for rule in talking.net.security_group_rules():
        if rule.id not in before:
            talking.net.delete_security_group_rule(rule)
    for name, (_, _, groups) in WHERE.items():
        talking.join(name, *groups)


def test_without_a_rule_nobody_gets_in(scene: Scene) -> None:
    assert scene.ask("left", RIGHT) == scene.ask(None, scene.address("right")) == scene.ask("left", FAR) == ""
    assert not scene.booted.ping(scene.servers["left"], RIGHT)


def test_a_rule_for_a_group_follows_its_members(scene: Scene) -> None:
    scene.allow("web", port=FIRST, remote_group_id=scene.groups["client"].id)
    time.sleep(1)
    assert scene.ask("left", RIGHT) == ""
    scene.join("left", "plain", "client")
    eventually("right", scene.ask, "left", RIGHT)
    assert scene.ask("left", FAR) == "far"  # over the router
    assert scene.ask("left", RIGHT, SECOND) == ""
    scene.join("left", "plain")
    eventually("", scene.ask, "left", RIGHT)


def test_a_rule_for_a_prefix_means_that_prefix(scene: Scene) -> None:
    gateway = scene.net.get_subnet(scene.net.find_network("public").subnet_ids[0]).gateway_ip
    scene.allow("web", port=SECOND, remote_ip_prefix=f"{gateway}/32")
    eventually("right", scene.ask, None, scene.address("right"), SECOND)
    assert scene.ask(None, scene.address("twin"), SECOND) == "twin"  # the same fixed IP on another network
    assert scene.ask("left", RIGHT, SECOND) == ""


def test_a_rule_for_icmp_lets_an_echo_through(scene: Scene) -> None:
    scene.allow("web", protocol="icmp")
    eventually(True, scene.booted.ping, scene.servers["left"], RIGHT)
    assert scene.ask("left", RIGHT) == ""


def test_servers_reach_floating_ips_and_not_networks_without_a_route(scene: Scene) -> None:
    scene.allow("web", port=FIRST)
    eventually("right", scene.ask, "left", RIGHT)
    assert scene.ask("left", scene.address("right")) == "right"  # its own router turns it back
    assert scene.ask("left", scene.address("twin")) == "twin"
    assert scene.ask("stranger", RIGHT) == "twin"  # the same address, on its own network
    assert scene.ask("stranger", FAR) == ""


def test_a_group_without_rules_lets_nothing_out(scene: Scene) -> None:
    scene.allow("web", port=FIRST)
    eventually("right", scene.ask, "left", RIGHT)
    scene.join("left", "silent")
    eventually("", scene.ask, "left", RIGHT)
    scene.allow("silent", "egress", port=FIRST, remote_ip_prefix="10.50.0.0/24")
    eventually("right", scene.ask, "left", RIGHT)
    assert scene.ask("left", FAR) == ""


def test_a_forged_address_does_not_pass_unless_it_is_allowed(scene: Scene) -> None:
    scene.allow("web", port=FIRST)
    eventually("right", scene.ask, "left", RIGHT)
    run(
        "ip", "-n", scene.booted.node(scene.servers["left"]).namespace, "address", "add", "10.50.0.99/24", "dev", "eth0"
    )
    assert scene.ask("left", RIGHT, FIRST, "10.50.0.99") == ""
    scene.net.update_port(scene.ports["left"], allowed_address_pairs=[{"ip_address": "10.50.0.0/24"}])
    eventually("right", scene.ask, "left", RIGHT, FIRST, "10.50.0.99")
    scene.net.update_port(scene.ports["left"], allowed_address_pairs=[])
    eventually("", scene.ask, "left", RIGHT, FIRST, "10.50.0.99")


def test_servers_leave_by_their_floating_ip_or_by_their_router(scene: Scene) -> None:
    gateway = scene.net.get_subnet(scene.net.find_network("public").subnet_ids[0]).gateway_ip
    listener = scene.booted.talk(None, "serve", "host", "8099")
    eventually("host", scene.ask, "left", gateway, 8099)
    assert scene.ask("right", gateway, 8099) == "host"
    router = scene.net.get_router(scene.routers["A"]).external_gateway_info["external_fixed_ips"][0]["ip_address"]
    assert listener.lines == [router, scene.address("right")]


def test_a_floating_ip_moves_goes_and_comes_back(scene: Scene) -> None:
    scene.allow("web", port=FIRST)
    eventually("right", scene.ask, None, scene.address("right"))
    for target in ("far", "stranger", None, "right"):
        scene.net.update_ip(scene.floating["right"], port_id=scene.ports[target].id if target else None)
        eventually(target or "", scene.ask, None, scene.address("right"))


def test_without_port_security_nothing_is_filtered(scene: Scene) -> None:
    port = scene.ports["right"]
    scene.net.update_port(port, security_group_ids=[], is_port_security_enabled=False)
    eventually("right", scene.ask, "left", RIGHT, SECOND)
    scene.net.update_port(port, security_group_ids=[scene.groups["web"].id], is_port_security_enabled=True)
    eventually("", scene.ask, "left", RIGHT, SECOND)


def test_a_network_without_its_routers_interface_is_out_of_reach(scene: Scene) -> None:
    scene.allow("web", port=FIRST)
    eventually("far", scene.ask, "left", FAR)
    scene.net.remove_interface_from_router(scene.routers["A"], subnet_id=scene.subnets["A2"].id)
    eventually("", scene.ask, "left", FAR)
    scene.net.add_interface_to_router(scene.routers["A"], subnet_id=scene.subnets["A2"].id)
    eventually("far", scene.ask, "left", FAR)


def test_an_open_connection_ends_when_its_rule_goes(scene: Scene) -> None:
    rule = scene.allow("web", port=22)
    eventually("ready\n", scene.booted.ssh, scene.address("right"), "echo ready", within=BOOTED)
    session = scene.booted.beat(scene.address("right"))
    eventually(True, lambda: len(session.lines) > 2)
    scene.net.delete_security_group_rule(rule)
    eventually(0, lambda: new_lines(session))  # what is not acknowledged may go on for some packets


def new_lines(program: Program) -> int:
    before = len(program.lines)
    time.sleep(1)
    return len(program.lines) - before


def test_packets_to_many_reach_those_who_allow_them(scene: Scene) -> None:
    sender, receiver = scene.servers["left"], scene.booted.talk(scene.servers["right"], "hear")
    address = WHERE["left"][1]

    def heard() -> set[str]:
        scene.booted.talk(sender, "say", address)
        return set(receiver.lines)

    time.sleep(1)
    assert heard() == heard() == set()
    scene.allow("web", protocol="vrrp", remote_group_id=scene.groups["plain"].id)
    eventually({address}, heard)
