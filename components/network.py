"""The network that a bay's servers are on."""

from collections.abc import Mapping

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_openstack import networking

from bay.components.openstack.resolved import ResolvedSpec
from bay.components.ownership import Mark
from bay.components.spec.site import NetworkSpec


class Network(ComponentResource):
    """A network with subnet and router of the bay's own, or one that exists already.

    id, name: of the Neutron network. subnet_id: None on an existing network, unless the spec names one: Neutron
    chooses there. cidrs: of the subnets that the servers may be in.
    pins_subnet: whether servers are in that subnet only by ports of their own.
    ready: what a server has to wait for before it may be made.
    """

    id: Output[str]
    name: Output[str]
    subnet_id: Output[str] | None
    cidrs: tuple[str, ...]
    pins_subnet: bool

    def __init__(
        self,
        name: str,
        spec: NetworkSpec,
        resolved: ResolvedSpec,
        mark: Mark,
        opts: ResourceOptions,
        later: Mapping[str, Output[str]] | None = None,
    ) -> None:
        """later: by the stand-in for a range of addresses that is not known yet."""
        super().__init__("bay:index:Network", name, {}, opts)
        self._later = later or {}
        self.mark = mark
        self.subnet_id = None
        self.pins_subnet = resolved.network is not None and resolved.network.pins_subnet
        self.cidrs = resolved.network.cidrs if resolved.network else (spec.cidr,)
        self.ready: list[networking.RouterInterface] = []
        if resolved.network is None:
            self._make(name, spec, resolved)
        else:
            self.id = Output.from_input(resolved.network.id)
            self.name = Output.from_input(resolved.network.name)
            if resolved.network.subnet_id is not None:
                self.subnet_id = Output.from_input(resolved.network.subnet_id)
        self.register_outputs({"id": self.id, "name": self.name})

    def cidr(self, text: str) -> Input[str]:
        """A range of addresses as a resource takes it."""
        return self._later.get(text, text)

    def _make(self, name: str, spec: NetworkSpec, resolved: ResolvedSpec) -> None:
        child = ResourceOptions(parent=self)
        described = self.mark.description
        network = networking.Network(name, name=name, tags=self.mark.tags, description=described, opts=child)
        subnet = networking.Subnet(
            name,
            name=name,
            network_id=network.id,
            cidr=spec.cidr,
            ip_version=4,
            dns_nameservers=list(spec.dns),
            tags=self.mark.tags,
            description=described,
            opts=child,
        )
        assert resolved.external is not None, "the look-up gives an external network to a bay that makes its own"
        router = networking.Router(
            name,
            name=name,
            external_network_id=resolved.external.id,
            tags=self.mark.tags,
            description=described,
            opts=child,
        )
        interface = networking.RouterInterface(name, router_id=router.id, subnet_id=subnet.id, opts=child)
        self.id, self.name, self.subnet_id = network.id, network.name, subnet.id
        self.ready = [interface]
