"""A port that is created again asks for what the lost one had, its address above all."""

import pytest
from openstack.exceptions import ConflictException

from bay.components.errors import BayError
from bay.stacks.cloud.ports import recreate_port, request
from tests.fakes.openstack import FakeCloud

WAS = {
    "name": "demo-master-0",
    "description": "bay:id=1",
    "networkId": "net",
    "fixedIps": [{"ipAddress": "", "subnetId": "sub"}],
    "allFixedIps": ["10.80.1.201"],
    "securityGroupIds": ["masters"],
    "allowedAddressPairs": [],
    "tags": ["bay:id=1"],
}


def test_it_has_the_address_the_group_and_the_mark() -> None:
    assert request(WAS) == {
        "name": "demo-master-0",
        "description": "bay:id=1",
        "network_id": "net",
        "fixed_ips": [{"ip_address": "10.80.1.201", "subnet_id": "sub"}],
        "security_group_ids": ["masters"],
    }


def test_it_may_answer_for_the_virtual_address_again() -> None:
    pairs = [{"ipAddress": "10.80.0.5", "macAddress": "fa:16:3e:00:00:01"}]
    assert request({**WAS, "allowedAddressPairs": pairs})["allowed_address_pairs"] == [{"ip_address": "10.80.0.5"}]


def test_addresses_of_ipv6_come_by_themselves() -> None:
    """Those that are made of the MAC address cannot be asked for, and they are in another subnet."""
    both = {**WAS, "allFixedIps": ["2001:db8::f816:3eff:fe21:9670", "10.80.1.201"]}
    assert request(both) == request(WAS)


def test_where_neutron_chose_the_subnet_it_does_so_again() -> None:
    assert request({**WAS, "fixedIps": []})["fixed_ips"] == [{"ip_address": "10.80.1.201"}]


def test_an_endpoints_port_has_no_security_groups() -> None:
    assert request({**WAS, "securityGroupIds": None})["security_group_ids"] == []


def test_it_is_created_with_its_tags() -> None:
    cloud = FakeCloud()
    id = recreate_port(cloud, WAS)  # type: ignore[arg-type]
    (port,) = cloud.things["port"]
    assert (port.id, port.name, port.fixed_ips, port.tags) == (id, WAS["name"], request(WAS)["fixed_ips"], WAS["tags"])


def test_one_that_an_earlier_repair_created_is_taken() -> None:
    cloud = FakeCloud()
    cloud.add("port", "there", name="demo-master-0", description="bay:id=1", network_id="net")
    cloud.add("port", "theirs", name="demo-master-0", description="", network_id="net")
    assert recreate_port(cloud, WAS) == "there"  # type: ignore[arg-type]
    assert cloud.deeds == ["set_tags there ['bay:id=1']"]


def test_an_address_that_is_taken_is_named() -> None:
    cloud = FakeCloud()
    cloud.fail("create_port", [ConflictException("IP address 10.80.1.201 is in use")])
    with pytest.raises(BayError) as refused:
        recreate_port(cloud, WAS)  # type: ignore[arg-type]
    assert refused.value.message == (
        "port demo-master-0 cannot have its address 10.80.1.201 again: IP address 10.80.1.201 is in use"
    )
    assert refused.value.hint.startswith("free the address")
