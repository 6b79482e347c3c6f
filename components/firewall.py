"""Security groups of a bay: one for each role, filled from the engine's table of ports."""

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_openstack import networking

from bay.components.engines import Engine
from bay.components.firewall_rules import ROLES, Rule, rules
from bay.components.network import Network
from bay.components.ownership import Mark
from bay.components.spec import BaySpec


class Firewall(ComponentResource):
    """What may reach the servers; everything else is closed, and everything may go out.

    ids, names: of the security group of each role.
    """

    ids: dict[str, Output[str]]
    names: dict[str, Output[str]]

    def __init__(
        self, name: str, engine: Engine, spec: BaySpec, network: Network, mark: Mark, opts: ResourceOptions
    ) -> None:
        super().__init__("bay:index:Firewall", name, {}, opts)
        self.mark, self.network = mark, network
        groups = {role: self._group(f"{name}-{role}") for role in ROLES}
        self.ids = {role: group.id for role, group in groups.items()}
        self.names = {role: group.name for role, group in groups.items()}
        for rule in rules(name, engine, spec, network.cidrs):
            self._rule(rule)
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

    def _rule(self, rule: Rule) -> None:
        peer = rule.peer
        networking.SecGroupRule(
            rule.name,
            security_group_id=self.ids[rule.role],
            description=self.mark.description,
            direction=rule.direction,
            ethertype=rule.ethertype,
            protocol=rule.protocol,
            port_range_min=rule.first,
            port_range_max=rule.last,
            remote_group_id=self.ids[peer.role] if peer and peer.role else None,
            remote_ip_prefix=self.network.cidr(peer.cidr) if peer and peer.cidr else None,
            opts=ResourceOptions(parent=self),
        )
