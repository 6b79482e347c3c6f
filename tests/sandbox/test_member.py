"""What an ordinary member does in a cloud, on the real services."""

import base64

import pytest
from openstack.connection import Connection

from tests.sandbox.conftest import Lan, Servers

pytestmark = pytest.mark.sandbox


def test_a_router_and_its_ports_come_up(member: Connection, admin: Connection, lan: Lan) -> None:
    assert member.network.get_router(lan.router.id).status == "ACTIVE"
    ports = {port.device_owner: port.status for port in admin.network.ports(device_id=lan.router.id)}
    assert ports == {"network:router_gateway": "ACTIVE", "network:router_interface": "ACTIVE"}


def test_everything_of_a_bays_network_carries_tags_and_a_description(member: Connection, lan: Lan) -> None:
    network = member.network
    address = network.create_ip(floating_network_id=network.find_network("public").id, description="api")
    port = network.create_port(network_id=lan.network.id, description="master")
    tags = ["bay:id=7b0c", "bay:name=physics"]
    try:
        for thing in (lan.network, lan.subnet, lan.router, lan.group, address, port):
            network.set_tags(thing, tags)
        found = {
            "network": network.get_network(lan.network.id).tags,
            "subnet": network.get_subnet(lan.subnet.id).tags,
            "router": network.get_router(lan.router.id).tags,
            "group": network.get_security_group(lan.group.id).tags,
            "address": network.get_ip(address.id).tags,
            "port": network.get_port(port.id).tags,
        }
        assert {kind: sorted(value) for kind, value in found.items()} == dict.fromkeys(found, tags)
        assert [match.id for match in network.networks(tags=tags)] == [lan.network.id]
        assert (network.get_ip(address.id).description, network.get_port(port.id).description) == ("api", "master")
    finally:
        network.delete_ip(address)
        network.delete_port(port)


def test_a_new_security_group_lets_all_out_until_its_rules_are_deleted(member: Connection) -> None:
    group = member.network.create_security_group(name="fresh", description="of a role")
    try:
        rules = list(member.network.security_group_rules(security_group_id=group.id))
        assert sorted((rule.direction, rule.ether_type) for rule in rules) == [("egress", "IPv4"), ("egress", "IPv6")]
        for rule in rules:
            member.network.delete_security_group_rule(rule)
        assert list(member.network.security_group_rules(security_group_id=group.id)) == []
    finally:
        member.network.delete_security_group(group)


def test_the_default_group_lets_its_members_reach_each_other(member: Connection) -> None:
    (group,) = member.network.security_groups(name="default")
    rules = member.network.security_group_rules(security_group_id=group.id, direction="ingress")
    assert [rule.remote_group_id for rule in rules] == [group.id, group.id]


def test_servers_of_a_group_become_active_on_different_hosts(
    member: Connection, admin: Connection, servers: Servers
) -> None:
    key = member.compute.create_keypair(name="of-the-test")
    group = member.compute.create_server_group(name="masters", policy="soft-anti-affinity")
    user_data = base64.b64encode(b"#cloud-config\n").decode()
    try:
        # One after the other: Nova's scheduler places servers that are asked for at the same time without each other.
        active = [
            servers.wait(
                servers.create(
                    f"master-{number}",
                    key_name=key.name,
                    scheduler_hints={"group": group.id},
                    user_data=user_data,
                    metadata={"bay:id": "7b0c"},
                )
            )
            for number in range(3)
        ]
        assert [server.status for server in active] == ["ACTIVE"] * 3
        assert [server.metadata for server in active] == [{"bay:id": "7b0c"}] * 3
        assert [servers.port(server).status for server in active] == ["ACTIVE"] * 3
        hosts = {admin.compute.get_server(server.id).compute_host for server in active}
        assert len(hosts) == 3
    finally:
        member.compute.delete_server_group(group)
        member.compute.delete_keypair(key)


def test_a_floating_ip_comes_up_with_its_port_and_goes_down_without(member: Connection, servers: Servers) -> None:
    server = servers.wait(servers.create("api"))
    public = member.network.find_network("public")
    address = member.network.create_ip(floating_network_id=public.id, port_id=servers.port(server).id)
    try:
        assert (address.status, member.network.get_ip(address.id).status) == ("ACTIVE", "ACTIVE")
        assert address.floating_ip_address.startswith("198.18.")
        assert member.network.update_ip(address, port_id=None).status == "DOWN"
    finally:
        member.network.delete_ip(address)


def test_a_server_on_the_shared_network_gets_an_address_there(member: Connection, servers: Servers) -> None:
    provider = member.network.find_network("provider")
    made = member.compute.create_server(
        name="on-provider", flavor_id=servers.flavor, image_id=servers.image, networks=[{"uuid": provider.id}]
    )
    server = servers.wait(made)
    assert server.addresses["provider"][0]["addr"].startswith("198.18.")


def test_a_volume_is_attached_and_another_carries_a_system(member: Connection, lan: Lan, servers: Servers) -> None:
    volume = member.block_storage.create_volume(size=10, name="data")
    source = {"uuid": servers.image, "source_type": "image", "destination_type": "volume", "boot_index": 0}
    disk = source | {"volume_size": 20, "delete_on_termination": True}
    booted = member.compute.create_server(
        name="from-volume",
        flavor_id=servers.flavor,
        networks=[{"uuid": lan.network.id}],
        block_device_mapping_v2=[disk],
    )
    server = servers.wait(servers.create("with-volume"))
    member.block_storage.wait_for_status(volume, "available", interval=0.2, wait=60)
    member.compute.create_volume_attachment(server, volume_id=volume.id)
    attached = member.block_storage.wait_for_status(volume, "in-use", interval=0.2, wait=60)
    assert [attachment["server_id"] for attachment in attached.attachments] == [server.id]
    assert servers.wait(booted).status == "ACTIVE"
    assert sorted(item.size for item in member.block_storage.volumes()) == [10, 20]
    for gone in (server, booted):
        member.compute.delete_server(gone)
        member.compute.wait_for_delete(gone, interval=0.2, wait=60)
    member.block_storage.wait_for_status(volume, "available", interval=0.2, wait=60)
    member.block_storage.delete_volume(volume)
    member.block_storage.wait_for_delete(volume, interval=0.2, wait=60)
    assert list(member.block_storage.volumes()) == []


def test_secrets_and_containers_are_kept(member: Connection) -> None:
    secret = member.key_manager.create_secret(name="ca", payload="the payload", payload_content_type="text/plain")
    reference = {"name": "ca", "secret_ref": secret.secret_ref}
    container = member.key_manager.create_container(name="identity", type="generic", secret_refs=[reference])
    secret_id, container_id = (ref.rpartition("/")[2] for ref in (secret.secret_ref, container.container_ref))
    try:
        assert member.key_manager.get_secret(secret_id).payload == "the payload"
        assert member.key_manager.get_container(container_id).secret_refs == [reference]
    finally:
        member.key_manager.delete_container(container_id)
        member.key_manager.delete_secret(secret_id)
