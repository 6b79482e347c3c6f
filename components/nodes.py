"""Servers of a bay: masters on ports of their own, and groups of nodes."""

from dataclasses import dataclass

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_openstack import compute, networking

from bay.components.lookup import Named
from bay.components.mark import Mark
from bay.components.network import Network
from bay.components.spec import NodeGroup

KEPT_AS_MADE = ["imageId", "userData", "keyPair"]
"""A change of these would rebuild or replace servers, all at once; only naming a node renews it."""


@dataclass(frozen=True, kw_only=True)
class ServerArgs:
    """What the servers of one group have in common."""

    group: str
    spec: NodeGroup
    flavor_id: str
    image_id: Output[str]
    keypair: str | None
    network: Network
    mark: Mark
    security_group_id: Output[str]
    security_group_name: Output[str]


class MasterPorts(ComponentResource):
    """The masters' addresses: known before any server is made, because every server is told all of them.

    addresses: fixed IPs in the order of the indices; floating: floating IPs, empty where there are none.
    """

    addresses: list[Output[str]]
    floating: list[Output[str]]

    def __init__(self, name: str, args: ServerArgs, floating_from: Named | None, opts: ResourceOptions) -> None:
        super().__init__("bay:index:MasterPorts", name, {}, opts)
        names = {index: f"{name}-{index}" for index in args.spec.indices}
        self.ports = {index: self._port(named, args) for index, named in names.items()}
        self.addresses = [port.all_fixed_ips[0] for port in self.ports.values()]
        self.floating = []
        if floating_from is not None:
            self.floating = [self._floating_ip(names[i], floating_from, i, args).address for i in names]
        self.register_outputs({"addresses": self.addresses, "floating": self.floating})

    def _port(self, name: str, args: ServerArgs) -> networking.Port:
        subnet = args.network.subnet_id
        return networking.Port(
            name,
            name=name,
            network_id=args.network.id,
            fixed_ips=[{"subnet_id": subnet}] if subnet is not None else None,
            security_group_ids=[args.security_group_id],
            tags=args.mark.tags,
            description=args.mark.description,
            opts=ResourceOptions(parent=self),
        )

    def _floating_ip(self, name: str, external: Named, index: int, args: ServerArgs) -> networking.FloatingIp:
        return networking.FloatingIp(
            name,
            pool=external.name,
            port_id=self.ports[index].id,
            tags=args.mark.tags,
            description=args.mark.description,
            opts=ResourceOptions(parent=self, depends_on=list(args.network.ready)),
        )


class Servers(ComponentResource):
    """The Nova servers of one group, spread over hosts where the cloud can.

    servers: index -> server. A group with `ports` is a group of masters: protected, and deleted before
    replaced, since a port carries one server at a time (Nova answers 409 otherwise).
    """

    servers: dict[int, compute.Instance]

    def __init__(
        self,
        name: str,
        args: ServerArgs,
        user_data: Output[str],
        opts: ResourceOptions,
        ports: MasterPorts | None = None,
    ) -> None:
        super().__init__("bay:index:Servers", name, {}, opts)
        self.args = args
        self.ports = ports
        self.spread = compute.ServerGroup(
            name,
            name=args.mark.unique_name(name),
            policies="soft-anti-affinity",
            opts=ResourceOptions(parent=self),
        )
        self.servers = {index: self._server(name, index, user_data) for index in args.spec.indices}
        self.register_outputs({})

    def _server(self, group_name: str, index: int, user_data: Output[str]) -> compute.Instance:
        args, name = self.args, f"{group_name}-{index}"
        master = self.ports is not None
        waits_for: list[Resource] = list(args.network.ready)
        return compute.Instance(
            name,
            name=name,
            flavor_id=args.flavor_id,
            image_id=args.image_id,
            key_pair=args.keypair,
            networks=[self._attachment(index)],
            security_groups=None if master else [args.security_group_name],
            scheduler_hints=[{"group": self.spread.id}],
            metadata=args.mark.metadata(args.group),
            user_data=user_data,
            opts=ResourceOptions(
                parent=self,
                depends_on=waits_for,
                ignore_changes=KEPT_AS_MADE,
                protect=master,
                delete_before_replace=True,
            ),
        )

    def _attachment(self, index: int) -> compute.InstanceNetworkArgsDict:
        if self.ports is not None:
            return {"port": self.ports.ports[index].id}
        # The name beside the id saves the provider two look-ups a server.
        return {"uuid": self.args.network.id, "name": self.args.network.name}
