"""A bay as a graph: networks, routers, load balancers and servers, and what is connected to what; from its state."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from bay.stacks.state.snapshot import RecordedServer, StateSnapshot

Kind = Literal["external", "router", "network", "endpoint", "server", "more"]
"""From the outside inwards; more: of servers that are not drawn one by one."""
SHOWN = 8
"""Servers of a group that are drawn one by one; the others are one box."""

NETWORK = "openstack:networking/network:Network"
ROUTER = "openstack:networking/router:Router"
SUBNET = "openstack:networking/subnet:Subnet"
VOLUME = "openstack:blockstorage/volume:Volume"


@dataclass(frozen=True)
class Node:
    """One box. lines: what it says, the name first. group: of servers, that of the bay; else empty."""

    id: str
    kind: Kind
    lines: tuple[str, ...]
    group: str = ""


@dataclass(frozen=True)
class Topology:
    """nodes: in the order in which they are drawn. edges: (id, id), the outer one first."""

    bay: str
    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]

    def document(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "bay": self.bay,
            "nodes": [self._plain(node) for node in self.nodes],
            "edges": [{"from": outer, "to": inner} for outer, inner in self.edges],
        }

    @staticmethod
    def _plain(node: Node) -> dict[str, Any]:
        details = list(node.lines[1:])
        return {"id": node.id, "kind": node.kind, "name": node.lines[0], "details": details, "group": node.group}


def topology_of(state: StateSnapshot) -> Topology:
    """What the state has; BayError where nothing of the bay was ever created."""
    spec = state.require_spec()
    inner = "endpoint" if spec.endpoint.kind != "masters" else "network"
    nodes = list(_around(state))
    chain = [node.id for node in nodes]
    edges = list(pairwise(chain))
    for group in _groups(state.servers):
        boxes = list(_boxes(state, group))
        nodes += boxes
        edges += [(inner if group[0].role == "master" else "network", box.id) for box in boxes]
    return Topology(state.name, tuple(nodes), tuple(edges))


def _around(state: StateSnapshot) -> Iterator[Node]:
    """What is around the servers, from the outside inwards: each is connected to the one before it."""
    spec = state.require_spec()
    routers, networks = list(_of_type(state, ROUTER)), list(_of_type(state, NETWORK))
    if routers or any(server.floating_ip for server in state.servers):
        yield Node("external", "external", (spec.network.external or "external network",))
    if routers:
        yield Node("router", "router", (f"router {_name(routers[0])}",))
    name = _name(networks[0]) if networks else spec.network.existing or state.name
    yield Node("network", "network", (f"network {name}", *_cidrs(state)))
    if spec.endpoint.kind != "masters":
        address = str(state.outputs.get("api_address") or "")
        yield Node(
            "endpoint", "endpoint", (spec.endpoint.kind.replace("-", " "), *((f"API {address}",) if address else ()))
        )


def _boxes(state: StateSnapshot, group: Sequence[RecordedServer]) -> Iterator[Node]:
    """The servers of one group, as many as there is space for."""
    shown = group if len(group) <= SHOWN + 1 else group[:SHOWN]
    for server in shown:
        yield Node(server.name, "server", (server.name, *_details(state, server)), server.group)
    if left := group[len(shown) :]:
        names = f"{left[0].name} to {left[-1].name}"
        yield Node(f"{left[0].name}-more", "more", (f"{len(left)} more", names), left[0].group)


def _details(state: StateSnapshot, server: RecordedServer) -> Iterator[str]:
    if server.address:
        yield server.address
    if server.floating_ip:
        yield f"floating IP {server.floating_ip}"
    if volumes := sum(_name(one).startswith(f"{server.name}-") for one in _of_type(state, VOLUME)):
        yield f"{volumes} volume{'s' if volumes > 1 else ''}"
    if not server.built:
        yield "failed"


def _groups(servers: Sequence[RecordedServer]) -> list[list[RecordedServer]]:
    found: dict[str, list[RecordedServer]] = {}
    for server in servers:
        found.setdefault(server.group, []).append(server)
    return list(found.values())


def _of_type(state: StateSnapshot, kind: str) -> Iterator[Mapping[str, Any]]:
    return (one for one in state.resources if one["type"] == kind and one.get("id"))


def _name(resource: Mapping[str, Any]) -> str:
    outputs, inputs = resource.get("outputs") or {}, resource.get("inputs") or {}
    return str(outputs.get("name") or inputs.get("name") or resource["urn"].rsplit("::", 1)[-1])


def _cidrs(state: StateSnapshot) -> Iterator[str]:
    return (str(cidr) for one in _of_type(state, SUBNET) if (cidr := (one.get("outputs") or {}).get("cidr")))
