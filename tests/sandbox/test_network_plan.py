"""What Neutron's tables mean for the machine."""

from typing import Any

from bay.sandbox.services.sandbox_services.nodes.names import Names
from bay.sandbox.services.sandbox_services.nodes.network.plan import Plan, plan
from bay.sandbox.services.sandbox_services.nodes.network.tables import NEUTRON, OCTAVIA, Tables

NAMES = Names("bay00000")


def tables(**rows: list[dict[str, Any]]) -> Tables:
    """All tables, empty but for these."""
    assert rows.keys() <= NEUTRON.keys()
    return {name: rows.get(name, []) for name in NEUTRON}


def port(name: str, network: str, owner: str) -> dict[str, Any]:
    return {
        "id": name,
        "network_id": network,
        "mac_address": f"mac-of-{name}",
        "device_owner": owner,
        "admin_state_up": 1,
    }


def address(port_id: str, ip: str, subnet: str) -> dict[str, Any]:
    return {"port_id": port_id, "ip_address": ip, "subnet_id": subnet}


def routed(octavia: Tables | None = None, **more: list[dict[str, Any]]) -> Plan:
    """A public network, a private one with a server, and a router between them."""
    rows: dict[str, list[dict[str, Any]]] = {
        "networks": [{"id": "public", "mtu": 1500}, {"id": "private", "mtu": 1450}, {"id": "unused", "mtu": 1450}],
        "flat": [{"network_id": "public"}],
        "subnets": [
            {"id": "out", "network_id": "public", "cidr": "198.18.0.0/20", "gateway_ip": "198.18.0.1"},
            {"id": "in", "network_id": "private", "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1"},
        ],
        "ports": [
            port("gateway", "public", "network:router_gateway"),
            port("leg", "private", "network:router_interface"),
            port("server", "private", "compute:nova"),
        ],
        "addresses": [
            address("gateway", "198.18.0.7", "out"),
            address("leg", "10.0.0.1", "in"),
            address("server", "10.0.0.9", "in"),
        ],
        "routers": [
            {"id": "router", "gw_port_id": "gateway", "enable_snat": 1},
            {"id": "idle", "gw_port_id": None, "enable_snat": 1},
        ],
        "router_ports": [{"router_id": "router", "port_id": name} for name in ("gateway", "leg")],
    }
    return plan(tables(**rows | more), {name: [] for name in OCTAVIA} | (octavia or {}), NAMES)


def test_a_network_is_made_when_something_is_on_it() -> None:
    found = {network.namespace: (network.mtu, network.host_link) for network in routed().networks}
    assert found == {"bay00000-net-public": (1500, "bay00000-public"), "bay00000-net-private": (1450, None)}


def test_the_machine_has_the_gateways_address_of_a_flat_network() -> None:
    public, private = routed().networks
    assert (public.host_addresses, private.host_addresses) == (("198.18.0.1/20",), ())


def test_a_router_has_a_leg_on_each_network_and_a_default_route() -> None:
    (router,) = routed().routers
    assert router.namespace == "bay00000-rtr-router"
    assert router.routes == (("default", "198.18.0.1"),)
    assert [(leg.name, leg.tap, leg.mac, leg.mtu, leg.network, leg.addresses) for leg in router.legs] == [
        ("qgateway", "rgateway", "mac-of-gateway", 1500, "bay00000-net-public", ("198.18.0.7/20",)),
        ("qleg", "rleg", "mac-of-leg", 1450, "bay00000-net-private", ("10.0.0.1/24",)),
    ]


def test_a_floating_ip_is_an_address_of_the_gateway_and_a_translation() -> None:
    floating = {"router_id": "router", "floating_ip_address": "198.18.0.20", "fixed_ip_address": "10.0.0.9"}
    (router,) = routed(floating=[floating]).routers
    assert router.legs[0].addresses == ("198.18.0.7/20", "198.18.0.20/32")
    assert "ip daddr 198.18.0.20 dnat to 10.0.0.9" in router.translation


def test_the_routes_of_a_router_follow_the_default_one() -> None:
    (router,) = routed(routes=[{"router_id": "router", "destination": "10.9.0.0/24", "nexthop": "10.0.0.9"}]).routers
    assert router.routes == (("default", "198.18.0.1"), ("10.9.0.0/24", "10.0.0.9"))


def test_the_members_of_a_group_bring_their_pairs() -> None:
    rule = {"security_group_id": "web", "remote_group_id": "web", "direction": "ingress", "ethertype": "IPv4"}
    rule |= {"protocol": "tcp", "port_range_min": 80, "port_range_max": 80, "remote_ip_prefix": None}
    found = routed(
        groups=[{"port_id": "server", "security_group_id": "web"}],
        rules=[rule],
        pairs=[{"port_id": "server", "mac_address": "mac", "ip_address": "10.0.0.200"}],
    )
    text = found.networks[1].filter
    assert "set members4-web { type ipv4_addr; flags interval; elements = { 10.0.0.200, 10.0.0.9 }; }" in text
    assert '"tserver" . 10.0.0.200' in text


def test_a_port_without_security_is_open() -> None:
    text = routed(unguarded=[{"port_id": "server"}]).networks[1].filter
    assert 'set open { type ifname; elements = { "tserver" }; }' in text
    assert "chain in-server" not in text


BALANCED: Tables = {
    "balancers": [{"id": "balancer", "port_id": "vip"}],
    "listeners": [
        {"id": "api", "load_balancer_id": "balancer", "protocol": "TCP", "protocol_port": 6443, "default_pool_id": "p"}
    ],
    "cidrs": [{"listener_id": "api", "cidr": cidr} for cidr in ("10.0.0.0/24", "198.18.0.0/20")],
    "pools": [{"id": "p", "lb_algorithm": "LEAST_CONNECTIONS"}],
    "members": [
        {"id": "m", "pool_id": "p", "ip_address": "10.0.0.9", "protocol_port": 6443, "weight": 1, "backup": None}
    ],
    "monitors": [
        {"pool_id": "p", "type": "HTTPS", "delay": 5, "timeout": 3, "rise_threshold": 2, "fall_threshold": 3}
        | {"http_method": None, "url_path": "/readyz", "expected_codes": "200,202-204"}
    ],
}


def test_a_load_balancer_has_the_address_of_its_port_though_that_is_down() -> None:
    vip = {**port("vip", "private", "Octavia"), "admin_state_up": 0}
    server = port("server", "private", "compute:nova")
    addresses = [address("vip", "10.0.0.5", "in"), address("server", "10.0.0.9", "in")]
    found = routed(BALANCED, ports=[vip, server], addresses=addresses, router_ports=[])
    (balancer,) = found.balancers
    assert (balancer.namespace, balancer.gateway) == ("bay00000-lbl-balancer", "10.0.0.1")
    assert (balancer.leg.tap, balancer.leg.mac, balancer.leg.addresses) == ("vvip", "mac-of-vip", ("10.0.0.5/24",))
    assert balancer.leg.network in {network.namespace for network in found.networks}
    section = balancer.configuration.split("listen api\n")[1]
    assert [line.strip() for line in section.splitlines()] == [
        "bind 10.0.0.5:6443",
        "mode tcp",
        "tcp-request connection reject unless { src 10.0.0.0/24 198.18.0.0/20 }",
        "balance leastconn",
        "timeout check 3s",
        "option httpchk GET /readyz",
        "http-check expect rstatus ^(200|202|203|204)$",
        "server m 10.0.0.9:6443 weight 1 check inter 5s fall 3 rise 2 check-ssl verify none",
    ]


def test_the_same_tables_give_the_same_plan() -> None:
    assert routed() == routed()


def test_names_fit_interfaces() -> None:
    network = "01234567-89ab-cdef-0123-456789abcdef"
    assert NAMES.host_link(network) == "bay00000-012345"
    assert len(NAMES.host_link(network)) <= 15
