"""Networks and images as they are: served, or refused before anything is created."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from openstack.connection import Connection

from tests.integration.bays.harness import Bay, Inventory

pytestmark = pytest.mark.sandbox

SMALL = ("--model", "swarm", "--no-wait", "--set", "affinity=none")


@pytest.fixture
def network(clouds: list[Connection]) -> Iterator[Callable[..., Any]]:
    """Makes networks with subnets, which are gone after the test."""
    neutron = clouds[0].network
    with ExitStack() as stack:

        def new(name: str, *subnets: dict[str, Any], **fields: Any) -> Any:
            made = neutron.create_network(name=name, **fields)
            stack.callback(neutron.delete_network, made)
            for number, subnet in enumerate(subnets):
                neutron.create_subnet(**{"network_id": made.id, "name": f"{name}-{number}", "ip_version": 4, **subnet})
            return made

        yield new


def addresses(bay: Bay, name: str) -> dict[str, str]:
    return {node["name"]: node["address"] for node in bay.run("node", "list", name, "-f", "json").json}


def end(bay: Bay, *names: str) -> None:
    """Before their network goes."""
    for name in names:
        result = bay.run("delete", name, "--yes")
        assert result.code == 0, result


def test_a_chosen_subnet_holds_for_every_server_and_ipv4_counts(bay: Bay, network: Callable[..., Any]) -> None:
    """203... is behind 2001:... where addresses are sorted as text."""
    slaac = {"ip_version": 6, "cidr": "2001:db8:9::/64", "ipv6_address_mode": "slaac", "ipv6_ra_mode": "slaac"}
    network("as-is", {"cidr": "203.0.113.0/25"}, slaac, {"cidr": "203.0.113.128/25", "gateway_ip": None})
    on = ("--set", "network.existing=as-is", "--set", "network.subnet=as-is-0")
    bay.make("several", *SMALL, "--nodes", "4", *on)
    found = addresses(bay, "several")
    assert len(found) == 5
    assert all(int(address.removeprefix("203.0.113.")) < 128 for address in found.values()), found
    shown = bay.run("show", "several", "-f", "json").json
    assert shown["api_address"] == f"{found['several-master-0']}:2376"
    assert bay.run("drift", "several", "-f", "json").json == []
    assert bay.run("preview", "several").code == 0
    end(bay, "several")


def test_a_node_that_nova_attached_stays_where_a_second_subnet_comes(
    bay: Bay, network: Callable[..., Any], clouds: list[Connection]
) -> None:
    made = network("grows", {"cidr": "10.75.0.0/24"})
    on = ("--set", "network.existing=grows", "--set", "network.subnet=grows-0")
    bay.make("grown", *SMALL, "--nodes", "1", *on)
    before = addresses(bay, "grown")
    neutron = clouds[0].network
    neutron.create_subnet(network_id=made.id, name="grows-1", ip_version=4, cidr="10.75.1.0/24")
    result = bay.run("scale", "grown", "3", "--yes", "--no-wait")
    assert result.code == 0, result
    after = addresses(bay, "grown")
    assert before.items() <= after.items(), "no server was replaced"
    assert all(address.startswith("10.75.0.") for address in after.values()), after
    assert bay.run("drift", "grown", "-f", "json").json == []
    end(bay, "grown")


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"is_port_security_enabled": False}, {}, "has port security off, so no security group holds there"),
    ({"is_admin_state_up": False}, {}, "is administratively down"),
    ({}, {"is_dhcp_enabled": False}, "subnet lab-0 has no DHCP, so servers would get no address"),
    ({}, {"ip_version": 6, "cidr": "2001:db8:9::/64"}, "has no subnet of IPv4 that this project sees"),
]


@pytest.mark.parametrize(("fields", "subnet", "message"), REFUSED)
def test_what_a_network_cannot_do_is_said_before_anything_is_created(
    bay: Bay,
    network: Callable[..., Any],
    holdings: Callable[[], Inventory],
    fields: dict[str, Any],
    subnet: dict[str, Any],
    message: str,
) -> None:
    network("lab", {"cidr": "10.76.0.0/24", **subnet}, **fields)
    before = holdings()
    refused = bay.run("create", "none", *SMALL, "--set", "network.existing=lab")
    assert refused.code == 1
    assert message in refused.error[0]
    assert refused.error[1]
    assert holdings() == before


@pytest.fixture
def image(clouds: list[Connection]) -> Iterator[Callable[..., Any]]:
    """Makes images without data, which are gone after the test."""
    glance = clouds[0].image
    with ExitStack() as stack:

        def new(name: str, **fields: Any) -> Any:
            made = glance.create_image(name=name, disk_format="raw", container_format="bare", **fields)
            stack.callback(glance.delete_image, made)
            return made

        yield new


def test_an_image_without_data_is_refused_by_name_and_by_id(bay: Bay, image: Callable[..., Any]) -> None:
    made = image("as-is-queued")
    for wanted in ("as-is-queued", made.id):
        refused = bay.run("preview", "none", "--model", "swarm", "--set", f"image={wanted}")
        assert refused.error[0] == f"image: {wanted!r} has no data yet (status queued)"
    image("as-is-queued")
    refused = bay.run("preview", "none", "--model", "swarm", "--set", "image=as-is-queued")
    assert refused.error[0] == "image: 'as-is-queued' has no data yet (status queued)"


UNLISTED: list[tuple[dict[str, Any], str]] = [
    ({"visibility": "community"}, "is a community image, and anybody may give one this name"),
    ({"visibility": "shared"}, "is shared with this project, which has not accepted it"),
    ({"is_hidden": True}, "is hidden: its owner has replaced it"),
]


@pytest.mark.parametrize(("fields", "words"), UNLISTED)
def test_an_image_that_no_list_has_is_named_by_its_id(
    bay: Bay, clouds: list[Connection], fields: dict[str, Any], words: str
) -> None:
    own, other = clouds
    owner = own if "is_hidden" in fields else other
    made = owner.image.create_image(
        name="as-is-lab",
        data=b"1",
        disk_format="raw",
        container_format="bare",
        visibility=fields.get("visibility", "private"),
    )
    try:
        if "is_hidden" in fields:
            owner.image.update_image(made, **fields)
        if fields.get("visibility") == "shared":
            owner.image.add_member(made, member_id=own.current_project_id)
        refused = bay.run("preview", "none", "--model", "swarm", "--set", "image=as-is-lab")
        assert refused.error[0] == f"image: 'as-is-lab' {words}"
        assert made.id in refused.error[1]
        shown = bay.run("preview", "none", "--model", "swarm", "--set", f"image={made.id}", "-f", "json")
        assert shown.code == 2, shown
        assert [one["name"] for one in shown.json["resolved"] if one["kind"] == "image"] == ["as-is-lab"]
        assert "image as-is-lab does not say which system it holds" in str(shown.json["notes"])
    finally:
        owner.image.delete_image(made)
