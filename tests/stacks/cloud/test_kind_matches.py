"""Whether a thing in the cloud is what an interrupted create asked for: by its name, else by what it belongs to."""

from typing import Any

import pytest

from bay.stacks.cloud import kind_matches as matches
from bay.stacks.cloud.kinds import kind_named, kind_of_token
from tests.fakes.openstack import FakeCloud

RULE_INPUTS = {
    "securityGroupId": "group",
    "direction": "ingress",
    "ethertype": "IPv4",
    "protocol": "tcp",
    "portRangeMin": 22,
    "portRangeMax": 22,
    "remoteIpPrefix": "192.0.2.0/24",
}
RULE = {
    "security_group_id": "group",
    "direction": "ingress",
    "ether_type": "IPv4",
    "protocol": "tcp",
    "port_range_min": 22,
    "port_range_max": 22,
    "remote_ip_prefix": "192.0.2.0/24",
}
LIKE: list[tuple[str, dict[str, Any], str, dict[str, Any], dict[str, Any]]] = [
    ("networking/secGroupRule:SecGroupRule", RULE_INPUTS, "security_group_rule", RULE, {"port_range_max": 23}),
    (
        "networking/routerInterface:RouterInterface",
        {"routerId": "router", "subnetId": "subnet"},
        "port",
        {"device_id": "router", "fixed_ips": [{"subnet_id": "subnet"}], "status": "ACTIVE"},
        {"fixed_ips": [{"subnet_id": "other"}]},
    ),
    ("networking/floatingIp:FloatingIp", {"portId": "port"}, "ip", {"port_id": "port"}, {"port_id": "other"}),
    (
        "loadbalancer/listener:Listener",
        {"loadbalancerId": "balancer"},
        "listener",
        {"load_balancers": [{"id": "balancer"}]},
        {"load_balancers": [{"id": "other"}]},
    ),
    (
        "loadbalancer/pool:Pool",
        {"listenerId": "listener"},
        "pool",
        {"listeners": [{"id": "listener"}], "provisioning_status": "ACTIVE"},
        {"listeners": []},
    ),
    ("loadbalancer/monitor:Monitor", {"poolId": "pool"}, "health_monitor", {"pools": [{"id": "pool"}]}, {"pools": []}),
    ("compute/instance:Instance", {"name": "demo-node-0"}, "server", {"name": "demo-node-0"}, {"name": "demo-node-1"}),
]


@pytest.mark.parametrize(("token", "inputs", "kind", "fields", "other"), LIKE, ids=[one[0] for one in LIKE])
def test_a_thing_is_known_by_what_was_asked_for(
    token: str, inputs: dict[str, Any], kind: str, fields: dict[str, Any], other: dict[str, Any]
) -> None:
    known = kind_of_token(f"openstack:{token}")
    assert known is not None
    assert known.matches is not None
    cloud = FakeCloud()
    assert known.matches(inputs, cloud.add(kind, "it", **fields))
    assert not known.matches(inputs, cloud.add(kind, "other", **{**fields, **other}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("security_group_id", "other"),
        ("direction", "egress"),
        ("ether_type", "IPv6"),
        ("protocol", "udp"),
        ("port_range_min", 21),
        ("port_range_max", None),
        ("remote_group_id", "group"),
        ("remote_ip_prefix", None),
    ],
)
def test_a_rule_is_all_that_it_says(field: str, value: Any) -> None:
    cloud = FakeCloud()
    assert matches.rule(RULE_INPUTS, cloud.add("security_group_rule", "it", **RULE))
    assert not matches.rule(RULE_INPUTS, cloud.add("security_group_rule", "other", **{**RULE, field: value}))


@pytest.mark.parametrize(
    ("rules", "is_own"), [([], True), ([{"description": "bay:id=1"}], True), ([{"description": None}], False)]
)
def test_a_group_that_still_has_neutrons_own_rules_is_not_complete(rules: list[Any], is_own: bool) -> None:
    group = FakeCloud().add("security_group", "g", description="bay:id=1", security_group_rules=rules)
    assert matches.has_only_own_rules(group) is is_own


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("application credential", "its secret is lost"),
        ("secret", "its content may be missing"),
        ("certificate container", "it may hold other secrets"),
    ],
)
def test_what_is_never_adopted(name: str, why: str) -> None:
    assert kind_named(name).matches is None, why
