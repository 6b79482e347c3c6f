"""Ports of servers whose address must be known before the server, or that have a floating IP."""

from collections.abc import Sequence

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_openstack import networking

from bay.components.network import Network
from bay.components.openstack.resolved import Named
from bay.components.ownership import Mark
from bay.components.text import first_ipv4


class Ports(ComponentResource):
    """A Neutron port for each server of a group, and floating IPs on them.

    ports: index -> port. addresses: fixed IPs in the order of the indices; floating: floating IPs, empty where there
    are none. Masters have ports because every server is told all their addresses.
    """

    ports: dict[int, networking.Port]
    addresses: list[Output[str]]
    floating: list[Output[str]]

    def __init__(
        self,
        name: str,
        indices: Sequence[int],
        network: Network,
        security_group_id: Output[str],
        mark: Mark,
        opts: ResourceOptions,
        *,
        floating_from: Named | None = None,
        shared_address: Output[str] | None = None,
    ) -> None:
        """shared_address: a virtual IP that any of the servers may answer for, beside its own address."""
        kind = "bay:index:MasterPorts" if name.endswith("-master") else "bay:index:Ports"
        super().__init__(kind, name, {}, opts)
        self.network, self.mark = network, mark
        pairs: list[networking.PortAllowedAddressPairArgsDict] | None = (
            [{"ip_address": shared_address}] if shared_address is not None else None
        )
        names = {index: f"{name}-{index}" for index in indices}
        self.ports = {index: self._port(named, security_group_id, pairs) for index, named in names.items()}
        self.addresses = [ipv4_address(port) for port in self.ports.values()]
        self.floating = []
        if floating_from is not None:
            self.floating = [
                floating_ip(names[i], floating_from, port.id, network, mark, self).address
                for i, port in self.ports.items()
            ]
        self.register_outputs({"addresses": self.addresses, "floating": self.floating})

    def _port(
        self,
        name: str,
        security_group_id: Output[str],
        pairs: "list[networking.PortAllowedAddressPairArgsDict] | None",
    ) -> networking.Port:
        return networking.Port(
            name,
            name=name,
            network_id=self.network.id,
            fixed_ips=fixed_ips(self.network),
            security_group_ids=[security_group_id],
            allowed_address_pairs=pairs,
            tags=self.mark.tags,
            description=self.mark.description,
            opts=ResourceOptions(parent=self),
        )


def ipv4_address(port: networking.Port) -> Output[str]:
    """The address that the rules and the engine go by; Neutron sorts those of a port as text, IPv6 first or last."""
    return port.all_fixed_ips.apply(first_ipv4)


def fixed_ips(network: Network) -> "list[networking.PortFixedIpArgsDict] | None":
    """An address of the bay's subnet; None where Neutron chooses among several."""
    return [{"subnet_id": network.subnet_id}] if network.subnet_id is not None else None


def floating_ip(
    name: str, external: Named, port_id: Output[str], network: Network, mark: Mark, parent: ComponentResource
) -> networking.FloatingIp:
    """A floating IP on a port, made once the router is on the network."""
    return networking.FloatingIp(
        name,
        pool=external.name,
        port_id=port_id,
        tags=mark.tags,
        description=mark.description,
        opts=ResourceOptions(parent=parent, depends_on=list(network.ready)),
    )
