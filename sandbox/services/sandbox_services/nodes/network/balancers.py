"""What the tables of Octavia mean for this machine. Pure."""

import ipaddress
from dataclasses import dataclass

from ..names import Names, balancer_tap
from . import haproxy
from .legs import MTU, Leg
from .tables import Row, Tables, grouped


@dataclass(frozen=True)
class Balancer:
    """A load balancer: a namespace with the virtual IP, in which HAProxy runs."""

    id: str
    namespace: str
    leg: Leg
    gateway: str | None
    configuration: str


def balancers(octavia: Tables, neutron: Tables, names: Names) -> tuple[Balancer, ...]:
    """Those whose port is there. Octavia's port is down, as amphorae would take its address: that does not count."""
    ports = {row["id"]: row for row in neutron["ports"]}
    rows = [row for row in octavia["balancers"] if row["port_id"] in ports]
    return tuple(_balancer(row, ports[row["port_id"]], octavia, neutron, names) for row in rows)


def _balancer(row: Row, port: Row, octavia: Tables, neutron: Tables, names: Names) -> Balancer:
    address = next(one for one in neutron["addresses"] if one["port_id"] == port["id"])
    subnet = next(one for one in neutron["subnets"] if one["id"] == address["subnet_id"])
    network = next(one for one in neutron["networks"] if one["id"] == port["network_id"])
    leg = Leg(
        name="eth0",
        tap=balancer_tap(port["id"]),
        mac=port["mac_address"],
        mtu=network["mtu"] or MTU,
        network=names.network(network["id"]),
        addresses=(f"{address['ip_address']}/{ipaddress.ip_network(subnet['cidr']).prefixlen}",),
    )
    listeners = [_listener(one, octavia) for one in octavia["listeners"] if one["load_balancer_id"] == row["id"]]
    text = haproxy.configuration(address["ip_address"], listeners)
    return Balancer(row["id"], names.balancer(row["id"]), leg, subnet["gateway_ip"], text)


def _listener(row: Row, octavia: Tables) -> haproxy.Listener:
    pool = next((one for one in octavia["pools"] if one["id"] == row["default_pool_id"]), None)
    monitor = next((one for one in octavia["monitors"] if pool and one["pool_id"] == pool["id"]), None)
    members = grouped(octavia["members"], "pool_id")[pool["id"]] if pool else []
    return haproxy.Listener(
        id=row["id"],
        protocol=row["protocol"],
        port=row["protocol_port"],
        cidrs=tuple(one["cidr"] for one in octavia["cidrs"] if one["listener_id"] == row["id"]),
        algorithm=pool["lb_algorithm"] if pool else "ROUND_ROBIN",
        members=tuple(_member(one) for one in members),
        monitor=_monitor(monitor) if monitor else None,
    )


def _member(row: Row) -> haproxy.Member:
    return haproxy.Member(row["id"], row["ip_address"], row["protocol_port"], row["weight"], bool(row["backup"]))


def _monitor(row: Row) -> haproxy.Monitor:
    return haproxy.Monitor(
        kind=row["type"],
        delay=row["delay"],
        timeout=row["timeout"],
        rise=row["rise_threshold"],
        fall=row["fall_threshold"],
        method=row["http_method"],
        path=row["url_path"],
        codes=row["expected_codes"],
    )
