"""Bays and things of the same name: what is done to one bay touches nothing that does not carry its mark."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection

from bay.components.ownership import name_tag
from tests.integration.bays.cloud_controller import ROOM
from tests.integration.bays.conftest import NewBay
from tests.integration.bays.harness import Bay, inventory
from tests.waiting import eventually

pytestmark = pytest.mark.sandbox


def test_a_bay_of_the_same_name_in_another_project_is_untouched(new_bay: NewBay) -> None:
    mine, theirs = new_bay(), new_bay("sandbox-other")
    theirs.make("twin", "--nodes", "1")
    before = theirs.run("node", "list", "twin", "-f", "json").json
    mine.make("twin", "--nodes", "1")
    assert mine.run("delete", "twin", "--yes").code == 0
    assert theirs.run("node", "list", "twin", "-f", "json").json == before
    assert theirs.run("preview", "twin").code == 0


def test_a_bay_of_the_same_name_in_the_same_project_is_untouched(
    new_bay: NewBay, clouds: list[Connection], checkout: Path
) -> None:
    mine, theirs = new_bay(), new_bay()
    theirs.make("twin", "--nodes", "1", "--set", "masters.state_volume=1")
    before = inventory(clouds[:1])
    refused = mine.run("create", "twin", "--model", "swarm")
    assert "another bay named twin exists in this project" in refused.error[0]
    make_by_pulumi(mine, "twin", checkout)
    assert len(inventory(clouds[:1])["server"]) == len(before["server"]) + 2, "two bays of one name"
    assert mine.run("delete", "twin", "--yes").code == 0
    assert inventory(clouds[:1]) == before
    assert theirs.run("preview", "twin", "--refresh").code == 0
    assert theirs.run("drift", "twin").code == 0


def make_by_pulumi(user: Bay, name: str, checkout: Path) -> None:
    """Plain Pulumi asks nobody whether the name is taken.

    With a port for each server: Nova looks for the group of a server without one by its name, and there are two.
    """
    made = user.shell(
        f"pulumi stack init {name}; pulumi config set bay:model swarm; pulumi config set --path bay:nodes.count 1;"
        "pulumi config set bay:floating_ips all; pulumi config set --path bay:masters.state_volume 1;"
        "pulumi up --yes --skip-preview",
        cwd=checkout,
    )
    assert made.code == 0, made


def test_what_carries_no_mark_survives_though_it_is_named_alike(new_bay: NewBay, clouds: list[Connection]) -> None:
    mine, cloud = new_bay(), clouds[0]
    before = things(cloud)
    mine.make("twin-a", "--nodes", "1", "--set", "masters.state_volume=1")
    bays = things(cloud)
    with unmarked(cloud, "twin-a"):
        others = things(cloud) - bays
        kinds = {"security group", "floating IP", "server", "volume"}
        assert kinds <= {kind for kind, _ in others}
        assert mine.run("delete", "twin-a", "--yes").code == 0
        assert things(cloud) == before | others


def things(cloud: Connection) -> set[tuple[str, str]]:
    """What the project holds, each with its kind."""
    return {(kind, name) for kind, names in inventory([cloud]).items() for name in names}


@contextmanager
def unmarked(cloud: Connection, bay: str) -> Iterator[None]:
    """Things that somebody gave the names, and all but the id, of a bay's own."""
    network = cloud.network
    outside = next(each for each in network.networks() if each.is_router_external)
    with ExitStack() as after:
        group = network.create_security_group(name=f"{bay}-node", description=bay)
        after.callback(network.delete_security_group, group.id)
        network.set_tags(group, [name_tag(bay)])
        address = network.create_ip(floating_network_id=outside.id, description=f"{bay}-master-0")
        after.callback(network.delete_ip, address.id)
        network.set_tags(address, [name_tag(bay)])
        metadata = {"bay:name": bay, "bay:group": "node"}
        after.enter_context(server(cloud, f"{bay}-node-9", metadata))
        volume = cloud.block_storage.create_volume(name=f"{bay}-master-0-state", size=1, metadata=metadata)
        after.callback(eventually, lambda: cloud.block_storage.find_volume(volume.id) is None, ROOM)
        after.callback(cloud.block_storage.delete_volume, volume.id)
        cloud.block_storage.wait_for_status(volume, "available", interval=0.5, wait=ROOM)
        yield


@contextmanager
def server(cloud: Connection, name: str, metadata: dict[str, Any]) -> Iterator[None]:
    """A server on a network of the same name."""
    with ExitStack() as after:
        network = cloud.network.create_network(name=name)
        after.callback(cloud.network.delete_network, network.id)
        cloud.network.create_subnet(name=name, network_id=network.id, ip_version=4, cidr="10.68.0.0/24")
        flavor, image = cloud.compute.find_flavor("m1.small"), next(cloud.image.images())
        made = cloud.compute.create_server(
            name=name, flavor_id=flavor.id, image_id=image.id, networks=[{"uuid": network.id}], metadata=metadata
        )
        after.callback(eventually, lambda: cloud.compute.find_server(made.id) is None, ROOM)
        after.callback(cloud.compute.delete_server, made.id)
        cloud.compute.wait_for_server(made, wait=ROOM)
        yield
