"""Whether a resource in the cloud is what an interrupted create asked for; its mark was compared before."""

from collections.abc import Callable, Mapping
from typing import Any

Inputs = Mapping[str, Any]
Match = Callable[[Inputs, Any], bool]
"""From Pulumi's inputs and the resource as openstacksdk gives it."""


def by_name(inputs: Inputs, thing: Any) -> bool:
    """By name."""
    return bool(thing.name == inputs["name"])


def router_interface(inputs: Inputs, port: Any) -> bool:
    """By router and subnet."""
    subnets = {fixed["subnet_id"] for fixed in port.fixed_ips}
    return port.device_id == inputs["routerId"] and inputs["subnetId"] in subnets


def rule(inputs: Inputs, rule: Any) -> bool:
    """By everything that a rule says."""
    wanted = (
        inputs["securityGroupId"],
        inputs["direction"],
        inputs["ethertype"],
        inputs.get("protocol"),
        inputs.get("portRangeMin"),
        inputs.get("portRangeMax"),
        inputs.get("remoteGroupId"),
        inputs.get("remoteIpPrefix"),
    )
    found = (
        rule.security_group_id,
        rule.direction,
        rule.ether_type,
        rule.protocol,
        rule.port_range_min,
        rule.port_range_max,
        rule.remote_group_id,
        rule.remote_ip_prefix,
    )
    return wanted == found


def floating_ip(inputs: Inputs, address: Any) -> bool:
    """By the port that it is on."""
    return bool(address.port_id == inputs.get("portId"))


def listener(inputs: Inputs, listener: Any) -> bool:
    """By its load balancer, which has one listener."""
    return {"id": inputs["loadbalancerId"]} in listener.load_balancers


def pool(inputs: Inputs, pool: Any) -> bool:
    """By its listener, which has one pool."""
    return {"id": inputs["listenerId"]} in pool.listeners


def monitor(inputs: Inputs, monitor: Any) -> bool:
    """By its pool, which has one monitor."""
    return {"id": inputs["poolId"]} in monitor.pools


def has_only_own_rules(group: Any) -> bool:
    """Pulumi takes away the rules that Neutron gives to every new group; the bay's own carry the group's mark."""
    return all(rule.get("description") == group.description for rule in group.security_group_rules)
