"""Where the engine's API answers: the masters themselves, an address that moves between them, or a load balancer."""

from collections.abc import Sequence

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_openstack import loadbalancer, networking

from bay.components.network import Network
from bay.components.openstack.resolved import Named
from bay.components.ownership import Mark
from bay.components.ports import fixed_ips, floating_ip, ipv4_address
from bay.components.spec import BaySpec


class Endpoint(ComponentResource):
    """One address for all masters, made before any of them: an own port, which a virtual IP or load balancer uses.

    address: as the servers reach it. floating: its floating IP, None where it has none.
    """

    address: Output[str]
    floating: Output[str] | None

    def __init__(
        self, name: str, spec: BaySpec, network: Network, external: Named | None, mark: Mark, opts: ResourceOptions
    ) -> None:
        super().__init__("bay:index:Endpoint", name, {}, opts)
        self.name, self.spec, self.network, self.mark = name, spec, network, mark
        self.port = networking.Port(
            name,
            name=name,
            network_id=network.id,
            fixed_ips=fixed_ips(network),
            no_security_groups=True,  # nothing is plugged in here; the load balancer brings rules of its own
            tags=mark.tags,
            description=mark.description,
            opts=ResourceOptions(parent=self),
        )
        self.address = ipv4_address(self.port)
        self.floating = None
        if external is not None:
            self.floating = floating_ip(name, external, self.port.id, network, mark, self).address
        self.register_outputs({"address": self.address, "floating": self.floating})

    def balance(self, port: int, masters: Sequence[Output[str]]) -> None:
        """A load balancer that passes TCP connections on to the masters' `port`."""
        described = self.mark.description
        child = ResourceOptions(parent=self)
        balancer = loadbalancer.LoadBalancer(
            self.name,
            name=self.name,
            vip_port_id=self.port.id,
            loadbalancer_provider=self.spec.endpoint.provider,
            description=described,
            tags=self.mark.tags,
            opts=ResourceOptions(parent=self, depends_on=list(self.network.ready)),
        )
        listener = loadbalancer.Listener(
            self.name,
            name=self.name,
            loadbalancer_id=balancer.id,
            protocol="TCP",
            protocol_port=port,
            # The servers come this way too; whoever else may is in the spec.
            allowed_cidrs=[*map(self.network.cidr, self.network.cidrs), *self.spec.access.api],
            description=described,
            tags=self.mark.tags,
            opts=child,
        )
        pool = loadbalancer.Pool(
            self.name,
            name=self.name,
            listener_id=listener.id,
            protocol="TCP",
            lb_method="ROUND_ROBIN",
            description=described,
            tags=self.mark.tags,
            opts=child,
        )
        monitor = loadbalancer.Monitor(
            self.name, name=self.name, pool_id=pool.id, type="TCP", delay=5, timeout=3, max_retries=2, opts=child
        )
        loadbalancer.Members(
            self.name,
            pool_id=pool.id,
            members=[
                {"address": address, "protocol_port": port, "subnet_id": self.network.subnet_id} for address in masters
            ],
            # Octavia takes one change at a time: its load balancer is locked meanwhile.
            opts=ResourceOptions(parent=self, depends_on=[monitor]),
        )
