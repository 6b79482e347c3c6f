"""Which thing in the cloud a resource of the state is meant to be, for every type that can be adopted."""

from collections.abc import Callable, Mapping
from typing import Any

Inputs = Mapping[str, Any]
Likeness = Callable[[Inputs, Any], bool]
"""Whether a thing, as openstacksdk gives it, is what the inputs of a resource ask for; the mark was compared before."""


def _named(inputs: Inputs, thing: Any) -> bool:
    return bool(thing.name == inputs["name"])


def _interface(inputs: Inputs, port: Any) -> bool:
    subnets = {fixed["subnet_id"] for fixed in port.fixed_ips}
    return port.device_id == inputs["routerId"] and inputs["subnetId"] in subnets


def _rule(inputs: Inputs, rule: Any) -> bool:
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


def _floating_ip(inputs: Inputs, address: Any) -> bool:
    return bool(address.port_id == inputs.get("portId"))


def _listener(inputs: Inputs, listener: Any) -> bool:
    return {"id": inputs["loadbalancerId"]} in listener.load_balancers


def _pool(inputs: Inputs, pool: Any) -> bool:
    return {"id": inputs["listenerId"]} in pool.listeners


def _monitor(inputs: Inputs, monitor: Any) -> bool:
    return {"id": inputs["poolId"]} in monitor.pools


LIKENESS: Mapping[str, tuple[str, Likeness]] = {
    "openstack:networking/network:Network": ("network", _named),
    "openstack:networking/subnet:Subnet": ("subnet", _named),
    "openstack:networking/router:Router": ("router", _named),
    "openstack:networking/routerInterface:RouterInterface": ("router interface", _interface),
    "openstack:networking/secGroup:SecGroup": ("security group", _named),
    "openstack:networking/secGroupRule:SecGroupRule": ("rule", _rule),
    "openstack:networking/port:Port": ("port", _named),
    "openstack:networking/floatingIp:FloatingIp": ("floating IP", _floating_ip),
    "openstack:blockstorage/volume:Volume": ("volume", _named),
    "openstack:compute/serverGroup:ServerGroup": ("server group", _named),
    "openstack:compute/instance:Instance": ("server", _named),
    "openstack:loadbalancer/loadBalancer:LoadBalancer": ("load balancer", _named),
    "openstack:loadbalancer/listener:Listener": ("listener", _listener),
    "openstack:loadbalancer/pool:Pool": ("pool", _pool),
    "openstack:loadbalancer/monitor:Monitor": ("health monitor", _monitor),
}
"""Type -> kind as `bay.stacks.cloud.discovery` calls it, and how a thing of that kind is known again.

Not here: an application credential, whose secret is told only once, so it is made anew; and the members of a pool,
which are set all at once, so that setting them again doubles nothing.
"""
