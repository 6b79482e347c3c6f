"""What others have on a bay's network, groups and volumes is named, and never deleted."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from openstack.connection import Connection

from tests.integration.bays.cloud_controller import ROOM
from tests.integration.bays.harness import Bay
from tests.waiting import eventually

pytestmark = pytest.mark.sandbox

NAME = "campus"


@contextmanager
def on_the_network(cloud: Connection) -> Iterator[dict[str, str]]:
    """A server, a port and a subnet on the bay's network, and another network on its router: kind and name -> id."""
    network, router = next(cloud.network.networks(name=NAME)), next(cloud.network.routers(name=NAME))
    with ExitStack() as after:
        flavor, image = cloud.compute.find_flavor("m1.small"), next(cloud.image.images())
        server = cloud.compute.create_server(
            name="db", flavor_id=flavor.id, image_id=image.id, networks=[{"uuid": network.id}]
        )
        after.callback(eventually, lambda: cloud.compute.find_server(server.id) is None, ROOM)
        after.callback(cloud.compute.delete_server, server.id)
        cloud.compute.wait_for_server(server, wait=ROOM)
        port = cloud.network.create_port(name="printer", network_id=network.id)
        after.callback(cloud.network.delete_port, port.id)
        subnet = cloud.network.create_subnet(name="six", network_id=network.id, ip_version=6, cidr="fd00:66::/64")
        after.callback(cloud.network.delete_subnet, subnet.id)
        lab = cloud.network.create_network(name="lab")
        after.callback(cloud.network.delete_network, lab.id)
        inside = cloud.network.create_subnet(name="lab", network_id=lab.id, ip_version=4, cidr="10.67.0.0/24")
        joined = cloud.network.add_interface_to_router(router, subnet_id=inside.id)
        after.callback(cloud.network.remove_interface_from_router, router, subnet_id=inside.id)
        yield {
            "server db": server.id,
            "port printer": port.id,
            "subnet six": subnet.id,
            "router interface ": joined["port_id"],
        }


@contextmanager
def in_groups_and_volumes(cloud: Connection) -> Iterator[dict[str, str]]:
    """A rule that lets the bay in, a port in the bay's group, and a snapshot of its master's volume."""
    group = next(cloud.network.security_groups(name=f"{NAME}-node"))
    state = next(volume for volume in cloud.block_storage.volumes() if volume.name == f"{NAME}-master-0-state")
    with ExitStack() as after:
        database = cloud.network.create_security_group(name="databases")
        after.callback(cloud.network.delete_security_group, database.id)
        rule = cloud.network.create_security_group_rule(
            security_group_id=database.id, direction="ingress", ether_type="IPv4", remote_group_id=group.id
        )
        lab = cloud.network.create_network(name="lab")
        after.callback(cloud.network.delete_network, lab.id)
        port = cloud.network.create_port(name="probe", network_id=lab.id, security_group_ids=[group.id])
        after.callback(cloud.network.delete_port, port.id)
        snapshot = cloud.block_storage.create_snapshot(name="by-hand", volume_id=state.id, is_forced=True)
        after.callback(eventually, lambda: cloud.block_storage.find_snapshot(snapshot.id) is None, ROOM)
        after.callback(cloud.block_storage.delete_snapshot, snapshot.id)
        cloud.block_storage.wait_for_status(snapshot, "available", interval=0.5, wait=ROOM)
        yield {"rule ": rule.id, "port probe": port.id, "snapshot by-hand": snapshot.id}


@contextmanager
def lent_to_the_bay(cloud: Connection) -> Iterator[tuple[Any, Any]]:
    """A floating IP of the user's own on the master's port, and a volume of theirs on the master."""
    master = next(cloud.compute.servers(name=f"^{NAME}-master-0$"))
    outside = next(network for network in cloud.network.networks() if network.is_router_external)
    with ExitStack() as after:
        volume = cloud.block_storage.create_volume(name="scratch", size=1)
        after.callback(eventually, lambda: cloud.block_storage.find_volume(volume.id) is None, ROOM)
        after.callback(cloud.block_storage.delete_volume, volume.id)
        cloud.block_storage.wait_for_status(volume, "available", interval=0.5, wait=ROOM)
        cloud.compute.create_volume_attachment(master.id, volume_id=volume.id)
        port = next(cloud.network.ports(device_id=master.id))
        address = cloud.network.create_ip(
            floating_network_id=outside.id, port_id=port.id, description="of the web team"
        )
        after.callback(cloud.network.delete_ip, address.id)
        yield address, volume


STORIES: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "swarm": (on_the_network, ()),
    "mesos": (in_groups_and_volumes, ("--set", "masters.state_volume=1")),
}
ALL = ("--nodes", "0", "--no-wait", "--set", "floating_ips=none")


@pytest.mark.parametrize("engine", STORIES)
def test_resources_of_others_block_a_delete_and_outlive_the_next(
    engine: str, bay: Bay, clouds: list[Connection]
) -> None:
    cloud, (makes, options) = clouds[0], STORIES[engine]
    bay.make(NAME, "--model", engine, *ALL, *options)
    shown = bay.run("show", NAME, "-f", "json").json
    with lent_to_the_bay(cloud) as (address, volume):
        with makes(cloud) as others:
            listed = bay.run("delete", NAME, "--dry-run", "-f", "json").json
            found = {f"{row['kind']} {row['name']}": row["id"] for row in listed if row["remedy"]}
            assert found == others
            assert {row["id"] for row in listed if row["action"] == "blocker"} == set(others.values())
            assert {row["id"] for row in listed if row["action"] == "detach"} == {address.id, volume.id}

            refused = bay.run("delete", NAME, "--yes")
            assert refused.code == 1
            what, hint = refused.error
            assert what.startswith(f"resources of others block the deletion of bay {NAME}: ")
            assert "the first: openstack " in hint
            assert bay.run("show", NAME, "-f", "json").json == shown, "nothing was begun"
        deleted = bay.run("delete", NAME, "--yes")
        assert deleted.code == 0, deleted
        assert cloud.network.get_ip(address.id).port_id is None
        eventually(lambda: cloud.block_storage.get_volume(volume.id).status == "available", ROOM)
