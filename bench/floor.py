"""The floor: what a bay is made of, made by openstacksdk and 16 threads, with no engine, state or plan.

The calls that nobody can save: each object, its tags, the deletion of a security group's default
rules, and asking until every server is ACTIVE. What `bay create` takes beyond this is its own cost.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from openstack.connection import Connection

THREADS = 16
IMAGE, FLAVOR, CIDR = "debian-12-docker", "m1.small", "10.80.0.0/20"
"""Those of bay's model swarm."""

ROLES = ("master", "node")
USER_DATA = {"master": 12_600, "node": 8_900}
"""Characters of base64; a test compares them with the boot data of a real bay."""

INGRESS: dict[str, tuple[tuple[str, int | None], ...]] = {
    "master": (("tcp", 7946), ("udp", 7946), ("udp", 4789), ("esp", None), ("tcp", 22), ("tcp", 2377)),
    "node": (("tcp", 7946), ("udp", 7946), ("udp", 4789), ("esp", None)),
}
"""Protocol and port of each ingress rule; every one is open to both roles."""

POLL = 0.5
"""Seconds between two questions whether a server is still in BUILD, or still there."""

PATIENCE = 900.0
"""Seconds until servers that do not become ACTIVE, or do not go, are an error."""


class FloorError(Exception):
    """The cloud did not make what was asked for."""


@dataclass
class Floor:
    """A cluster of one master and some nodes, called `name`.

    wait_each: a thread waits for its own server before it takes the next, with openstacksdk's own
    `wait_for_server`; without, one question about all servers, which costs the cloud a quarter less.
    user_data: in base64; None: as long as a bay's, without any sense.
    """

    connection: Connection
    name: str
    nodes: int
    wait_each: bool = False
    image: str = IMAGE
    user_data: str | None = None
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS))

    def make(self) -> None:
        """Everything; returns when all servers are ACTIVE. FloorError where one is not."""
        cloud = self.connection
        image = self._later(cloud.image.find_image, self.image, ignore_missing=False)
        flavor = self._later(cloud.compute.find_flavor, FLAVOR, ignore_missing=False)
        public = next(iter(cloud.network.networks(is_router_external=True)))
        spread = {role: self._later(self._server_group, role) for role in ROLES}
        groups = {role: self._later(self._security_group, role) for role in ROLES}
        router = self._later(self._router, public.id)
        network, subnet = self._network()
        firewall = {role: group.result().id for role, group in groups.items()}
        rules = [self._later(self._rule, rule) for rule in rules_of(firewall)]
        port = self._port(network.id, subnet.id, firewall["master"])
        cloud.network.add_interface_to_router(router.result(), subnet=subnet.id)
        self._floating_ip(public.id, port.id)
        known = {"image_id": image.result().id, "flavor_id": flavor.result().id}
        master = {**known, "networks": [{"port": port.id}]}
        node = {**known, "networks": [{"uuid": network.id}], "security_groups": [{"name": f"{self.name}-node"}]}
        servers = [self._later(self._server, "master", 0, spread, master)]
        servers += [self._later(self._server, "node", index, spread, node) for index in range(self.nodes)]
        for made in (*rules, *servers):
            made.result()
        self._wait_until_active()

    def _later(self, call: Callable[..., Any], *args: Any, **options: Any) -> "Future[Any]":
        return self.pool.submit(call, *args, **options)

    def _tag(self, thing: Any) -> Any:
        self.connection.network.set_tags(thing, [f"bay:id={self.name}", f"bay:name={self.name}"])
        return thing

    def _network(self) -> tuple[Any, Any]:
        cloud = self.connection.network
        network = self._tag(cloud.create_network(name=self.name, description=self.name))
        subnet = cloud.create_subnet(
            network_id=network.id, name=self.name, cidr=CIDR, ip_version=4, description=self.name
        )
        return network, self._tag(subnet)

    def _router(self, public: str) -> Any:
        gateway = {"network_id": public}
        cloud = self.connection.network
        return self._tag(cloud.create_router(name=self.name, external_gateway_info=gateway, description=self.name))

    def _server_group(self, role: str) -> Any:
        return self.connection.compute.create_server_group(name=f"{self.name}-{role}", policy="soft-anti-affinity")

    def _security_group(self, role: str) -> Any:
        cloud = self.connection.network
        group = self._tag(cloud.create_security_group(name=f"{self.name}-{role}", description=self.name))
        for rule in group.security_group_rules:
            cloud.delete_security_group_rule(rule["id"])
        return group

    def _rule(self, rule: dict[str, Any]) -> Any:
        return self.connection.network.create_security_group_rule(description=self.name, **rule)

    def _port(self, network: str, subnet: str, group: str) -> Any:
        port = self.connection.network.create_port(
            name=f"{self.name}-master-0",
            network_id=network,
            fixed_ips=[{"subnet_id": subnet}],
            security_group_ids=[group],
            description=self.name,
        )
        return self._tag(port)

    def _floating_ip(self, public: str, port: str) -> Any:
        cloud = self.connection.network
        return self._tag(cloud.create_ip(floating_network_id=public, port_id=port, description=self.name))

    def _server(self, role: str, index: int, spread: dict[str, "Future[Any]"], options: dict[str, Any]) -> Any:
        compute = self.connection.compute
        server = compute.create_server(
            name=f"{self.name}-{role}-{index}",
            metadata={"bay:id": self.name, "bay:name": self.name, "bay:group": role},
            user_data=self.user_data or "A" * USER_DATA[role],
            scheduler_hints={"group": spread[role].result().id},
            **options,
        )
        return compute.wait_for_server(server, wait=PATIENCE) if self.wait_each else server

    def _wait_until_active(self) -> None:
        compute = self.connection.compute
        query = {"name": f"^{self.name}-", "status": "BUILD", "limit": 1}
        _wait(lambda: not compute.get("/servers", params=query).json()["servers"])
        servers = list(compute.servers(name=f"^{self.name}-"))
        bad = [f"{server.name} is {server.status}" for server in servers if server.status != "ACTIVE"]
        if bad or len(servers) != self.nodes + 1:
            raise FloorError(
                f"the floor has {len(servers)} servers of {self.nodes + 1}; {', '.join(bad[:3]) or 'all ACTIVE'}"
            )

    def delete(self) -> None:
        """Everything of this name, also after a `make` that failed."""
        compute, network = self.connection.compute, self.connection.network
        self._all(compute.delete_server, compute.servers(details=False, name=f"^{self.name}-"))
        _wait(lambda: not compute.get("/servers", params={"name": f"^{self.name}-", "limit": 1}).json()["servers"])
        self._all(network.delete_ip, network.ips(tags=f"bay:name={self.name}"))
        self._all(network.delete_port, network.ports(name=f"{self.name}-master-0"))
        for router in network.routers(name=self.name):
            for port in network.ports(device_id=router.id, device_owner="network:router_interface"):
                network.remove_interface_from_router(router, port=port.id)
            network.delete_router(router)
        self._all(network.delete_network, network.networks(name=self.name))
        groups = (f"{self.name}-{role}" for role in ROLES)
        self._all(network.delete_security_group, (g for name in groups for g in network.security_groups(name=name)))
        spread = compute.server_groups()
        self._all(compute.delete_server_group, (g for g in spread if g.name.startswith(f"{self.name}-")))

    def _all(self, delete: Callable[[Any], Any], things: Iterable[Any]) -> None:
        list(self.pool.map(delete, list(things)))


def rules_of(groups: dict[str, str]) -> list[dict[str, Any]]:
    """Neutron's rules of both security groups; `groups`: role -> id."""
    rules: list[dict[str, Any]] = []
    for role, group in groups.items():
        for family in ("IPv4", "IPv6"):
            rules.append({"security_group_id": group, "direction": "egress", "ethertype": family})
        for protocol, port in INGRESS[role]:
            for remote in groups.values():
                span = {"port_range_min": port, "port_range_max": port} if port is not None else {}
                source = {"direction": "ingress", "ethertype": "IPv4", "protocol": protocol}
                rules.append({"security_group_id": group, "remote_group_id": remote, **source, **span})
    return rules


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise FloorError(f"the floor is not done after {PATIENCE:.0f} s")
        time.sleep(POLL)
