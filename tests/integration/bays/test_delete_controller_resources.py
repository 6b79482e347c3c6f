"""`bay delete` deletes what the engine's controllers created, or keeps it on request; what only looks alike stays."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from openstack.connection import Connection

from tests.integration.bays.cloud_controller import ROOM, CloudController, is_gone
from tests.integration.bays.conftest import NewBay
from tests.integration.bays.harness import COMMAND, Bay, Inventory
from tests.paths import DOCS, code_blocks
from tests.waiting import eventually

pytestmark = pytest.mark.sandbox

CLOUD = ("--set", "options.cloud_provider=true", "--set", "options.volume_driver=cinder")
CREATE = ("--model", "kubernetes", "--nodes", "1", "--no-wait", *CLOUD)
NAME = "physics"


def bay_id(cloud: Connection, name: str) -> str:
    """The mark of a bay."""
    tags = [tag for group in cloud.network.security_groups(tags=f"bay:name={name}") for tag in group.tags]
    return next(tag.removeprefix("bay:id=") for tag in tags if tag.startswith("bay:id="))


def external(cloud: Connection) -> str:
    """Where floating IPs are from."""
    return str(next(network.id for network in cloud.network.networks() if network.is_router_external))


def parts(cloud: Connection) -> dict[str, list[str]]:
    """What load balancers are made of, and snapshots: the inventory of all tests leaves them out."""
    octavia = cloud.load_balancer
    listed = {
        "listener": octavia.listeners(),
        "pool": octavia.pools(),
        "monitor": octavia.health_monitors(),
        "snapshot": cloud.block_storage.snapshots(details=False),
    }
    return {kind: sorted(thing.id for thing in things) for kind, things in listed.items()}


def controllers_create(cloud: Connection, name: str = NAME) -> CloudController:
    """A Service and three volumes of a bay's cluster: one mounted, one with a snapshot."""
    controller = CloudController(cloud, bay_id(cloud, name))
    subnet = next(cloud.network.subnets(name=name))
    node = next(cloud.compute.servers(name=f"^{name}-node-0$"))
    port = next(cloud.network.ports(device_id=node.id))
    controller.service("web", subnet.id, external(cloud), port.id)
    controller.claim("mounted", server_id=node.id)
    controller.snapshot(controller.claim("copied"))
    return controller


@pytest.fixture
def lookalikes(clouds: list[Connection]) -> Iterator[CloudController]:
    """In the bay's project: the same things of other clusters, one with a name alike and one of no bay at all.

    The one that is given has a load balancer of its own, on a network of its own.
    """
    cloud = clouds[0]
    network = cloud.network.create_network(name="web")
    subnet = cloud.network.create_subnet(network_id=network.id, name="web", cidr="10.66.0.0/24", ip_version=4)
    others = [CloudController(cloud, cluster) for cluster in (f"{uuid.uuid4()}", f"{NAME}2", NAME)]
    unmarked = cloud.block_storage.create_volume(name=f"pvc-{uuid.uuid4()}", size=1)
    with ExitStack() as after:
        after.callback(cloud.network.delete_network, network.id)
        after.callback(eventually, partial(is_gone, cloud.block_storage.delete_volume, unmarked.id), ROOM)
        for other in others:
            after.callback(other.remove)
            other.claim("data")
            other.made["floating IP web"] = cloud.network.create_ip(
                floating_network_id=external(cloud),
                description=f"Floating IP for Kubernetes external service default/web from cluster {other.cluster}",
            )
        others[1].service("web", subnet.id)
        yield others[1]


def test_what_the_controllers_created_goes_and_what_looks_alike_stays(
    bay: Bay, clouds: list[Connection], holdings: Callable[[], Inventory], lookalikes: CloudController
) -> None:
    cloud = clouds[0]
    before, parts_before = holdings(), parts(cloud)
    bay.make(NAME, *CREATE)
    made = controllers_create(cloud)
    made.share(lookalikes.made["load balancer web"], "shared")

    listed = bay.run("delete", NAME, "--dry-run", "-f", "json")
    assert listed.code == 0, listed
    assert {row["action"] for row in listed.json} == {"delete"}
    signed = {row["kind"] for row in listed.json if made.cluster in row["why"]}
    assert signed >= {"load balancer", "listener", "snapshot", "security group"}, listed.json
    ours = {thing.id for thing in made.made.values()} | {lookalikes.made["load balancer web"].id}  # its tag
    theirs = [row for row in listed.json if row["id"] in ours]
    assert {row["id"] for row in theirs} == ours
    assert {row["size"] for row in theirs if row["kind"] in ("volume", "snapshot")} == {"1 GiB"}

    master, subnet = next(cloud.compute.servers(name=f"^{NAME}-master-0$")), next(cloud.network.subnets(name=NAME))
    with made.at_work(master.id, subnet.id):
        deleted = bay.run("delete", NAME, "--yes")
    assert deleted.code == 0, deleted
    assert "delete:      load balancer kube_service_" in deleted.err
    assert (holdings(), parts(cloud)) == (before, parts_before)
    shared = cloud.load_balancer.get_load_balancer(lookalikes.made["load balancer web"].id)
    assert shared.tags == [f"kube_service_{lookalikes.cluster}_default_web"]


def kept(cloud: Connection) -> list[Any]:
    """Everything that was kept from the bay."""
    storage = cloud.block_storage
    volumes = [*storage.volumes(), *storage.snapshots()]
    addresses = cloud.network.ips(tags=f"bay:kept-from={NAME}")
    return [*addresses, *(one for one in volumes if one.metadata.get("bay:kept-from") == NAME)]


def test_the_page_on_deleting_does_what_it_says(
    new_bay: NewBay, clouds: list[Connection], holdings: Callable[[], Inventory]
) -> None:
    """What is kept has no mark, so a bay of the same name that is deleted later leaves it alone."""
    user, cloud = new_bay(), clouds[0]
    create, look, delete = code_blocks(DOCS / "delete.md")
    path = f"{COMMAND.parent}:{os.environ['PATH']}"
    made = user.execute(["bash", "-ec", create], PATH=path)
    assert made.code == 0, made
    controller = controllers_create(cloud, NAME)
    try:
        looked = user.execute(["bash", "-ec", look], PATH=path)
        assert looked.code == 0, looked
        assert {"floating IP", "security group", "volume", "load balancer"} <= {
            cell.strip() for cell in looked.out.split("│")
        }
        ended = user.execute(["bash", "-ec", delete], PATH=path)
        assert ended.code == 0, ended
        assert "kept: volume pvc-mounted, 1 GiB" in ended.err
        assert sorted(type(one).__name__ for one in kept(cloud)) == [
            *("FloatingIP", "FloatingIP"),
            *("Snapshot", "Volume", "Volume"),
        ]
        assert not any(controller.cluster in str(one.to_dict()) for one in kept(cloud))
        before = holdings()
        user.make(NAME, *CREATE)
        assert user.run("delete", NAME, "--yes").code == 0
        assert holdings() == before
    finally:
        for address in cloud.network.ips(tags=f"bay:kept-from={NAME}"):
            cloud.network.delete_ip(address)
        controller.remove()


def test_floating_ips_that_may_not_be_deleted_are_detached(bay: Bay, clouds: list[Connection]) -> None:
    """Some clouds hand addresses out for good: a project keeps them, and the bay ends all the same."""
    cloud, policy = clouds[0], bay.sandbox.state / "etc" / "neutron" / "policy.yaml"
    policy.write_text('"delete_floatingip": "rule:context_is_admin"\n')
    try:
        bay.make("addressed", "--nodes", "0", "--no-wait")
        deleted = bay.run("delete", "addressed", "--yes")
        assert deleted.code == 0, deleted
        assert "stays in the project, detached" in deleted.err
        address = next(cloud.network.ips(project_id=cloud.current_project_id))
        assert (address.port_id, address.description, address.tags) == (None, "", [])
    finally:
        policy.write_text("{}\n")
        for address in cloud.network.ips(project_id=cloud.current_project_id):
            cloud.network.delete_ip(address)
