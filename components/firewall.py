"""Security groups of a bay: one for each role, filled from the engine's table of ports."""

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_openstack import networking

from bay.components.engines import Engine, Port, Source
from bay.components.ownership import Mark
from bay.components.spec import BaySpec
from bay.components.spec.site import Access, Role

ROLES: tuple[Role, ...] = ("master", "node")
GROUPS_OF = {Source.MASTERS: ("master",), Source.NODES: ("node",), Source.BAY: ROLES}


@dataclass(frozen=True)
class Peer:
    """Where packets may come from: a role's security group, or a CIDR."""

    label: str
    role: str | None = None
    cidr: str | None = None


class Firewall(ComponentResource):
    """What may reach the servers; everything else is closed, and everything may go out.

    ids, names: of the security group of each role.
    """

    ids: dict[str, Output[str]]
    names: dict[str, Output[str]]

    def __init__(
        self, name: str, engine: Engine, spec: BaySpec, cidrs: Sequence[str], mark: Mark, opts: ResourceOptions
    ) -> None:
        """cidrs: of the subnets that the servers are in."""
        super().__init__("bay:index:Firewall", name, {}, opts)
        self.mark = mark
        groups = {role: self._group(f"{name}-{role}") for role in ROLES}
        self.ids = {role: group.id for role, group in groups.items()}
        self.names = {role: group.name for role, group in groups.items()}
        for rule, role, family in egress(name):
            self._rule(rule, role, direction="egress", ethertype=family)
        for rule, role, port, peer in ingress(name, engine, spec, cidrs):
            self._open(rule, role, port, peer)
        self.register_outputs({"ids": self.ids})

    def _group(self, name: str) -> networking.SecGroup:
        return networking.SecGroup(
            name,
            name=name,
            description=self.mark.description,
            tags=self.mark.tags,
            delete_default_rules=True,
            opts=ResourceOptions(parent=self),
        )

    def _open(self, name: str, role: str, port: Port, peer: Peer) -> None:
        family = "IPv6" if peer.cidr and ipaddress.ip_network(peer.cidr).version == 6 else "IPv4"
        self._rule(
            name,
            role,
            direction="ingress",
            ethertype=family,
            protocol=port.protocol,
            port_range_min=port.first,
            port_range_max=port.last,
            remote_group_id=self.ids[peer.role] if peer.role else None,
            remote_ip_prefix=peer.cidr,
        )

    def _rule(
        self,
        name: str,
        role: str,
        *,
        direction: str,
        ethertype: str,
        protocol: str | None = None,
        port_range_min: int | None = None,
        port_range_max: int | None = None,
        remote_group_id: Input[str] | None = None,
        remote_ip_prefix: str | None = None,
    ) -> None:
        networking.SecGroupRule(
            name,
            security_group_id=self.ids[role],
            description=self.mark.description,
            direction=direction,
            ethertype=ethertype,
            protocol=protocol,
            port_range_min=port_range_min,
            port_range_max=port_range_max,
            remote_group_id=remote_group_id,
            remote_ip_prefix=remote_ip_prefix,
            opts=ResourceOptions(parent=self),
        )


def egress(name: str) -> Iterator[tuple[str, Role, str]]:
    """(name, role, IP version) of each rule that lets everything out."""
    for role in ROLES:
        for family in ("IPv4", "IPv6"):
            yield f"{name}-{role}-egress-{family.lower()}", role, family


def ingress(name: str, engine: Engine, spec: BaySpec, cidrs: Sequence[str]) -> Iterator[tuple[str, Role, Port, Peer]]:
    """(name, role, port, from whom) of each rule that lets something in; cidrs: of the servers' subnets."""
    for role in ROLES:
        for port in ports(engine, role, spec):
            for peer in peers(port, spec.access, cidrs):
                yield f"{name}-{role}-{_label(port)}-from-{peer.label}", role, port, peer


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
