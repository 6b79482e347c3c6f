"""Which packets may reach the servers of a bay, from its engine's table of ports. Plain values only."""

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bay.components.engines import Engine, Port, Source
from bay.components.spec import BaySpec
from bay.components.spec.later import is_stand_in
from bay.components.spec.site import Access, Role

ROLES: tuple[Role, ...] = ("master", "node")
GROUPS_OF = {Source.MASTERS: ("master",), Source.NODES: ("node",), Source.BAY: ROLES}


@dataclass(frozen=True)
class Peer:
    """Where packets may come from: a role's security group, or a CIDR."""

    label: str
    role: str | None = None
    cidr: str | None = None


@dataclass(frozen=True)
class Rule:
    """One rule of a role's security group. first, last: TCP or UDP ports; None for all. peer: None for everybody."""

    name: str
    role: Role
    direction: Literal["ingress", "egress"]
    ethertype: Literal["IPv4", "IPv6"]
    protocol: str | None = None
    first: int | None = None
    last: int | None = None
    peer: Peer | None = None


def rules(name: str, engine: Engine, spec: BaySpec, cidrs: Sequence[str]) -> Iterator[Rule]:
    """Everything may go out, and what is not named here may not come in; cidrs: of the servers' subnets."""
    for role in ROLES:
        yield Rule(f"{name}-{role}-egress-ipv4", role, "egress", "IPv4")
        yield Rule(f"{name}-{role}-egress-ipv6", role, "egress", "IPv6")
    for role in ROLES:
        for port in ports(engine, role, spec):
            for peer in peers(port, spec.access, cidrs):
                rule = f"{name}-{role}-{_label(port)}-from-{peer.label}"
                yield Rule(rule, role, "ingress", _family(peer), port.protocol, port.first, port.last, peer)


def ports(engine: Engine, role: Role, spec: BaySpec) -> Iterator[Port]:
    """The engine's table, and what the endpoint needs on the masters."""
    yield from engine.ports(role, spec)
    if role == "master" and spec.endpoint.kind == "virtual-ip":
        yield Port("vrrp", None, None, Source.MASTERS, "who holds the virtual IP")
    if role == "master" and spec.endpoint.kind == "load-balancer":
        yield Port("tcp", engine.api_port, engine.api_port, Source.SUBNETS, "API, from the load balancer")


def peers(port: Port, access: Access, subnets: Sequence[str]) -> Iterator[Peer]:
    """Whom a row of the engine's table lets in: groups of the bay, its subnets, or the CIDRs that the user gave."""
    cidrs = {
        Source.API: access.api,
        Source.SSH: access.ssh,
        Source.PUBLISHED: access.published,
        Source.SUBNETS: subnets,
    }
    for role in GROUPS_OF.get(port.source, ()):
        yield Peer(role, role=role)
    for cidr in cidrs.get(port.source, ()):
        yield Peer(cidr.replace("/", "-").replace(":", "-"), cidr=cidr)


def _label(port: Port) -> str:
    if port.first is None:
        return port.protocol
    return f"{port.protocol}-{port.first}" if port.first == port.last else f"{port.protocol}-{port.first}-{port.last}"


def _family(peer: Peer) -> Literal["IPv4", "IPv6"]:
    known = peer.cidr and not is_stand_in(peer.cidr)
    return "IPv6" if known and ipaddress.ip_network(str(peer.cidr)).version == 6 else "IPv4"
