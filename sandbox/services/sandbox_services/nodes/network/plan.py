"""What the tables of Neutron mean for this machine: the namespaces that are wanted, and what is in each. Pure."""

import ipaddress
from dataclasses import dataclass

from ..names import Names, router_leg, router_tap
from . import firewall, translation
from .balancers import Balancer, balancers
from .firewall import Port
from .legs import MTU, Leg
from .rules import Rule
from .tables import Row, Tables, grouped


@dataclass(frozen=True)
class Network:
    """A bridge and its filter. host_link: the host's interface there, with its addresses; None where it has none."""

    namespace: str
    mtu: int
    filter: str
    host_link: str | None
    host_addresses: tuple[str, ...]


@dataclass(frozen=True)
class Router:
    """A router. routes: destination -> next hop."""

    namespace: str
    legs: tuple[Leg, ...]
    routes: tuple[tuple[str, str], ...]
    translation: str


@dataclass(frozen=True)
class Plan:
    """Everything that should be there."""

    networks: tuple[Network, ...]
    routers: tuple[Router, ...]
    balancers: tuple[Balancer, ...] = ()


def plan(tables: Tables, octavia: Tables, names: Names) -> Plan:
    """From Neutron's tables the networks that something is on and the routers that have interfaces; from Octavia's the
    load balancers."""
    return _Planner(tables, names).plan(balancers(octavia, tables, names))


class _Planner:
    def __init__(self, tables: Tables, names: Names) -> None:
        self.names = names
        self.tables = tables
        self.flat = {row["network_id"] for row in tables["flat"]}
        self.subnets = {row["id"]: row for row in tables["subnets"]}
        self.networks = {row["id"]: row for row in tables["networks"]}
        self.ports = {row["id"]: row for row in tables["ports"] if row["admin_state_up"]}
        self.addresses = grouped(tables["addresses"], "port_id")
        self.router_ports = grouped(
            [row for row in tables["router_ports"] if row["port_id"] in self.ports], "router_id"
        )
        self.servers = [row for row in self.ports.values() if row["device_owner"].startswith("compute:")]

    def plan(self, balanced: tuple[Balancer, ...]) -> Plan:
        routed = {self.ports[row["port_id"]]["network_id"] for rows in self.router_ports.values() for row in rows}
        used = self.flat | routed | {row["network_id"] for row in self.servers}
        routers = [self._router(row) for row in self.tables["routers"] if self.router_ports[row["id"]]]
        behind = {balancer.leg.network for balancer in balanced}
        rows = [row for row in self.networks.values() if row["id"] in used or self.names.network(row["id"]) in behind]
        return Plan(tuple(self._network(row) for row in rows), tuple(routers), balanced)

    def _network(self, row: Row) -> Network:
        gateways = [
            f"{subnet['gateway_ip']}/{_length(subnet['cidr'])}"
            for subnet in self.subnets.values()
            if subnet["network_id"] == row["id"] and subnet["gateway_ip"]
        ]
        on_host = row["id"] in self.flat
        ports = [self._port(port) for port in self.servers if port["network_id"] == row["id"]]
        text = firewall.ruleset(ports, self._rules(), self._members())
        link = self.names.host_link(row["id"]) if on_host else None
        namespace = self.names.network(row["id"])
        return Network(namespace, row["mtu"] or MTU, text, link, tuple(gateways) if on_host else ())

    def _port(self, row: Row) -> Port:
        pairs = [one for one in self.tables["pairs"] if one["port_id"] == row["id"]]
        return Port(
            row["id"],
            row["mac_address"],
            tuple(one["ip_address"] for one in self.addresses[row["id"]]),
            tuple((one["mac_address"], one["ip_address"]) for one in pairs),
            tuple(one["security_group_id"] for one in self.tables["groups"] if one["port_id"] == row["id"]),
            all(one["port_id"] != row["id"] for one in self.tables["unguarded"]),
        )

    def _rules(self) -> dict[str, list[Rule]]:
        rows = grouped(self.tables["rules"], "security_group_id")
        return {group: [_rule(row) for row in rules] for group, rules in rows.items()}

    def _members(self) -> dict[str, set[str]]:
        """Addresses by group, those of pairs included."""
        found: dict[str, set[str]] = {}
        pairs = grouped(self.tables["pairs"], "port_id")
        for row in self.tables["groups"]:
            addresses = [*self.addresses[row["port_id"]], *pairs[row["port_id"]]]
            found.setdefault(row["security_group_id"], set()).update(one["ip_address"] for one in addresses)
        return found

    def _router(self, row: Row) -> Router:
        gateway = self.ports.get(row["gw_port_id"])
        floating = [one for one in self.tables["floating"] if one["router_id"] == row["id"]]
        forwardings = [one for one in self.tables["forwardings"] if one["router_id"] == row["id"]]
        outside = {f"{one['floating_ip_address']}/32" for one in [*floating, *forwardings]}
        legs = []
        for one in self.router_ports[row["id"]]:
            port = self.ports[one["port_id"]]
            legs.append(self._leg(port, outside if gateway and port["id"] == gateway["id"] else set()))
        routes = [
            (one["destination"], one["nexthop"]) for one in self.tables["routes"] if one["router_id"] == row["id"]
        ]
        text = translation.BEGIN
        first = next(iter(self.addresses[row["gw_port_id"]]), None) if gateway else None
        if gateway and first:
            routes.insert(0, ("default", self.subnets[first["subnet_id"]]["gateway_ip"]))
            text = translation.ruleset(
                router_leg(gateway["id"]),
                first["ip_address"],
                bool(row["enable_snat"]),
                [translation.Floating(one["floating_ip_address"], one["fixed_ip_address"]) for one in floating],
                [_forwarding(one) for one in forwardings],
            )
        return Router(self.names.router(row["id"]), tuple(legs), tuple(routes), text)

    def _leg(self, port: Row, more: set[str]) -> Leg:
        own = [
            f"{one['ip_address']}/{_length(self.subnets[one['subnet_id']]['cidr'])}"
            for one in self.addresses[port["id"]]
            if one["subnet_id"] in self.subnets
        ]
        network = self.networks[port["network_id"]]
        return Leg(
            router_leg(port["id"]),
            router_tap(port["id"]),
            port["mac_address"],
            network["mtu"] or MTU,
            self.names.network(network["id"]),
            (*own, *sorted(more)),
        )


def _rule(row: Row) -> Rule:
    return Rule(
        inward=row["direction"] == "ingress",
        version=6 if row["ethertype"] == "IPv6" else 4,
        protocol=row["protocol"],
        first=row["port_range_min"],
        last=row["port_range_max"],
        prefix=row["remote_ip_prefix"],
        group=row["remote_group_id"],
    )


def _forwarding(row: Row) -> translation.Forwarding:
    return translation.Forwarding(
        row["floating_ip_address"],
        row["protocol"],
        row["external_port_start"],
        row["internal_ip_address"],
        row["internal_port_start"],
    )


def _length(cidr: str) -> int:
    return ipaddress.ip_network(cidr).prefixlen
