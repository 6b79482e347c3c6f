"""A port is open to the world by one rule or by several together."""

import pytest
from pulumi.automation import EngineEvent

from bay.stacks.plan.open_ports import OpenedPort, find_opened, is_world
from bay.stacks.plan.preview_events import PreviewSteps
from tests.fakes.pulumi_events import begins, state, urn


@pytest.mark.parametrize(
    "cidrs",
    [
        ["0.0.0.0/0"],
        ["::/0"],
        ["0.0.0.0/1", "128.0.0.0/1"],
        ["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/2"],
        ["::/1", "8000::/1"],
        ["128.0.0.0/7"],
        ["2000::/3"],
        ["2a00::/31"],
        ["16.0.0.0/8", "17.0.0.0/8"],
        ["16.0.0.0/8", "32.0.0.0/8"],
        [f"{first}.0.0.0/9" for first in range(16, 120, 2)],
        ["10.0.0.0/8", "203.0.113.0/24", "0.0.0.0/2"],
    ],
)
def test_the_world_is_more_than_the_largest_site_however_it_is_cut(cidrs: list[str]) -> None:
    assert is_world(cidrs)


@pytest.mark.parametrize(
    "cidrs",
    [
        [],
        ["203.0.113.0/24"],
        ["137.138.0.0/16", "188.184.0.0/15", "2001:1458::/32"],
        ["16.0.0.0/8"],
        ["16.0.0.0/9", "16.128.0.0/9", "16.1.0.0/16"],
        ["2001:1458::/32"],
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
    ],
)
def test_a_site_is_not_the_world_nor_are_private_networks(cidrs: list[str]) -> None:
    assert not is_world(cidrs)


def test_rules_of_one_port_count_together_and_those_that_change_are_named() -> None:
    half, other = (
        OpenedPort("tcp 22 of the nodes", "0.0.0.0/1", False),
        OpenedPort("tcp 22 of the nodes", "128.0.0.0/1", True),
    )
    elsewhere = OpenedPort("tcp 80 of the nodes", "128.0.0.0/1", True)
    words = "tcp 22 of the nodes from 0.0.0.0/1, 128.0.0.0/1"
    assert find_opened({"a": half, "b": other, "c": elsewhere}) == {
        "b": words,
        "c": "tcp 80 of the nodes from 128.0.0.0/1",
    }
    assert find_opened({"a": half, "b": OpenedPort(other.port, "198.51.100.0/24", True)}) == {
        "b": "tcp 22 of the nodes from 0.0.0.0/1, 198.51.100.0/24"
    }
    assert find_opened({"a": half}) == {}, "it was open before, and somebody was told then"


def rule(operation: str, cidr: str, name: str = "demo-master-tcp-2376-from-x", **more: object) -> EngineEvent:
    given = {"direction": "ingress", "protocol": "tcp", "portRangeMin": 2376, "portRangeMax": 2376, **more}
    inputs = {"remoteIpPrefix": cidr, "ethertype": "IPv6" if ":" in cidr else "IPv4", **given}
    event = begins(operation, urn("SecGroupRule", name, "Bay", "Firewall"))
    assert event.resource_pre_event is not None
    event.resource_pre_event.metadata.new = state("SecGroupRule", inputs)
    return event


@pytest.mark.parametrize("kept", ["same", "create", "update"])
def test_a_rule_that_stays_counts_with_one_that_comes(kept: str) -> None:
    steps = PreviewSteps()
    steps(rule(kept, "0.0.0.0/1", "demo-master-tcp-2376-from-a"))
    steps(rule("create", "128.0.0.0/1", "demo-master-tcp-2376-from-b"))
    assert "demo-master-tcp-2376-from-b" in steps.opened
    assert ("demo-master-tcp-2376-from-a" in steps.opened) == (kept != "same")


def test_a_rule_that_goes_counts_no_more_and_one_between_groups_never_does() -> None:
    steps = PreviewSteps()
    steps(rule("delete", "0.0.0.0/0"))
    steps(rule("create", "", "demo-master-tcp-2376-from-node", remoteGroupId="group"))
    steps(rule("create", "", "demo-master-egress-ipv4", direction="egress"))
    assert steps.opened == {}
    steps(rule("create", "", "demo-master-tcp-2376-from-anywhere"))
    assert steps.opened == {"demo-master-tcp-2376-from-anywhere": "tcp 2376 of the masters from 0.0.0.0/0"}
