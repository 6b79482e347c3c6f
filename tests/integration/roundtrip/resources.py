"""Resources of every type that the built plugin has, as an ordinary member makes them: network and servers."""

from typing import Any

from pulumi_openstack import compute, images, networking

from tests.integration.roundtrip.trips import PREFIX, Made, trip

KEYS = {
    1: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    2: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB",
}


@trip("openstack:networking/network:Network")
def network(_: Made, turn: int) -> dict[str, Any]:
    return {"name": PREFIX, "description": f"turn {turn}", "tags": ["bay:name=roundtrip"]}


@trip("openstack:networking/subnet:Subnet")
def subnet(made: Made, turn: int) -> dict[str, Any]:
    return {
        "name": PREFIX,
        "network_id": made["network"].id,
        "cidr": "10.20.0.0/24",
        "description": f"turn {turn}",
        "dns_nameservers": ["192.0.2.1"],
        # The property whose name does not follow from Terraform's.
        "allocation_pools": [{"start": "10.20.0.10", "end": "10.20.0.200"}],
    }


@trip("openstack:networking/subnet:Subnet", "same")
def second_subnet(made: Made, _: int) -> dict[str, Any]:
    return {"name": PREFIX, "network_id": made["network"].id, "cidr": "10.20.1.0/24"}


@trip("openstack:networking/subnet:Subnet", "same")
def third_subnet(made: Made, _: int) -> dict[str, Any]:
    return {"name": PREFIX, "network_id": made["network"].id, "cidr": "10.20.2.0/24"}


@trip("openstack:networking/router:Router")
def router(_: Made, turn: int) -> dict[str, Any]:
    public = networking.get_network(name="public")
    return {"name": PREFIX, "external_network_id": public.id, "description": f"turn {turn}"}


@trip("openstack:networking/routerInterface:RouterInterface", "same")
def router_interface(made: Made, _: int) -> dict[str, Any]:
    return {"router_id": made["router"].id, "subnet_id": made["subnet"].id}


@trip("openstack:networking/routerInterface:RouterInterface", "replace")
def moving_router_interface(made: Made, turn: int) -> dict[str, Any]:
    subnets = {1: made["second_subnet"], 2: made["third_subnet"]}
    return {"router_id": made["router"].id, "subnet_id": subnets[turn].id}


@trip("openstack:networking/secGroup:SecGroup")
def group(_: Made, turn: int) -> dict[str, Any]:
    return {"name": PREFIX, "description": f"turn {turn}", "delete_default_rules": True}


@trip("openstack:networking/secGroupRule:SecGroupRule", "replace")
def rule(made: Made, turn: int) -> dict[str, Any]:
    return {
        "security_group_id": made["group"].id,
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "tcp",
        "port_range_min": 2376,
        "port_range_max": 2376 + turn,
        "remote_group_id": made["group"].id,
    }


@trip("openstack:networking/port:Port")
def port(made: Made, turn: int) -> dict[str, Any]:
    return {
        "name": PREFIX,
        "network_id": made["network"].id,
        "description": f"turn {turn}",
        "security_group_ids": [made["group"].id],
        "fixed_ips": [{"subnet_id": made["router_interface"].subnet_id}],
        "allowed_address_pairs": [{"ip_address": "10.20.0.5"}],
        "tags": ["bay:name=roundtrip"],
    }


@trip("openstack:networking/port:Port", "same")
def second_port(made: Made, _: int) -> dict[str, Any]:
    return {
        "name": PREFIX,
        "network_id": made["network"].id,
        "fixed_ips": [{"subnet_id": made["router_interface"].subnet_id}],
    }


@trip("openstack:networking/floatingIp:FloatingIp")
def address(made: Made, turn: int) -> dict[str, Any]:
    return {"pool": "public", "description": f"{PREFIX} turn {turn}", "tags": ["bay:name=roundtrip"]}


@trip("openstack:networking/floatingIpAssociate:FloatingIpAssociate")
def association(made: Made, turn: int) -> dict[str, Any]:
    ports = {1: made["port"], 2: made["second_port"]}
    return {"floating_ip": made["address"].address, "port_id": ports[turn].id}


@trip("openstack:compute/keypair:Keypair", "replace", delete_first=True)
def keypair(_: Made, turn: int) -> dict[str, Any]:
    return {"name": PREFIX, "public_key": KEYS[turn]}


@trip("openstack:compute/serverGroup:ServerGroup", "replace")
def server_group(_: Made, turn: int) -> dict[str, Any]:
    return {"name": PREFIX, "policies": {1: "soft-anti-affinity", 2: "anti-affinity"}[turn]}


@trip("openstack:compute/instance:Instance")
def server(made: Made, turn: int) -> dict[str, Any]:
    return {
        "name": PREFIX,
        "image_id": images.get_image(name="debian-12-docker").id,
        "flavor_id": compute.get_flavor(name="m1.tiny").id,
        "networks": [{"uuid": made["subnet"].network_id}],
        "user_data": "#cloud-config\n{}\n",
        "metadata": {"turn": str(turn)},
    }
