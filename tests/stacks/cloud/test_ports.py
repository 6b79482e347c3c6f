"""A port that is made again asks for what the lost one had, its address above all."""

from bay.stacks.operations.recreate_ports import request

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


def test_where_neutron_chose_the_subnet_it_does_so_again() -> None:
    assert request({**WAS, "fixedIps": []})["fixed_ips"] == [{"ip_address": "10.80.1.201"}]


def test_an_endpoints_port_has_no_security_groups() -> None:
    assert request({**WAS, "securityGroupIds": None})["security_group_ids"] == []
