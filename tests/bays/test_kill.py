"""`create` killed in the middle: the bay is still known, nothing is doubled, and delete leaves nothing."""

import json
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from openstack.connection import Connection

from .harness import Bay, Running, eventually

pytestmark = pytest.mark.sandbox

WIDE = (
    *("--set", "endpoint.kind=load-balancer"),
    *("--set", "floating_ips=all"),
    *("--set", "masters={boot_volume: 20, engine_volume: 5, state_volume: 5}"),
)
"""Options of a bay that has a load balancer, floating IPs and volumes of each sort."""

MOMENTS = {
    "router": (),
    "security group": (),
    "interface": (),
    "server": (),
    "second server": (),
    "volume": WIDE,
    "load balancer": WIDE,
    "health monitor": WIDE,
}
"""The first thing of a kind that the cloud holds when the axe falls -> options of the bay."""


def holds(cloud: Connection, moment: str) -> bool:
    """Whether the cloud has come so far."""
    network, project = cloud.network, cloud.current_project_id
    return {
        "router": lambda: any(network.routers(project_id=project)),
        "security group": lambda: sum(1 for _ in network.security_groups(project_id=project)) > 1,
        "interface": lambda: any(network.ports(project_id=project, device_owner="network:router_interface")),
        "server": lambda: any(cloud.compute.servers(details=False)),
        "second server": lambda: sum(1 for _ in cloud.compute.servers(details=False)) > 1,
        "volume": lambda: any(cloud.block_storage.volumes(details=False)),
        "load balancer": lambda: any(cloud.load_balancer.load_balancers()),
        "health monitor": lambda: any(cloud.load_balancer.health_monitors()),
    }[moment]()


def kill_all(running: Running, bay: Bay) -> None:
    """SIGKILL to `bay` and to every engine process that works on its state."""
    running.kill()
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                belongs = f"BAY_STATE=file://{bay.state}".encode() in file.read()
        except OSError:
            continue
        if belongs:
            os.kill(int(entry), signal.SIGKILL)
    running.process.wait()


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_create_is_known_and_leaves_nothing(bay: Bay, clouds: list[Connection], moment: str) -> None:
    running = bay.start("create", "killed", "--model", "swarm", "--nodes", "2", *MOMENTS[moment])
    running.until(lambda: holds(clouds[0], moment))
    kill_all(running, bay)
    assert bay.run("show", "killed", "-f", "value", "-c", "status").out == "CREATE_FAILED\n"
    deleted = bay.run("delete", "killed", "--yes")
    assert deleted.code == 0, deleted
    # The fixture compares what both projects hold with what they held before.


def test_a_killed_create_goes_on_without_doubling(bay: Bay, clouds: list[Connection]) -> None:
    running = bay.start("create", "killed", "--model", "swarm", "--nodes", "2")
    running.until(lambda: holds(clouds[0], "server"))
    kill_all(running, bay)
    assert bay.run("create", "killed").code == 0
    names = sorted(server.name for server in clouds[0].compute.servers())
    assert names == ["killed-master-0", "killed-node-0", "killed-node-1"]
    assert bay.run("preview", "killed").code == 0


def test_only_bay_killed_its_engine_ends_and_the_bay_is_deleted(bay: Bay, clouds: list[Connection]) -> None:
    running = bay.start("create", "killed", "--model", "swarm", "--nodes", "1")
    running.until(lambda: holds(clouds[0], "interface"))
    running.kill()
    running.process.wait()
    eventually(lambda: bay.run("delete", "killed", "--yes").code == 0, 90)


def forget(bay: Bay, name: str, kept: Callable[[dict[str, Any]], bool]) -> None:
    """Make the state what it is after a kill: the resources that are not `kept` exist, but are only pending.

    Written into the file itself, because `pulumi stack import` drops pending operations.
    """
    file = bay.state / ".pulumi" / "stacks" / "bay" / f"{name}.json"
    document = json.loads(file.read_text())
    deployment = document["checkpoint"]["latest"]
    resources = deployment["resources"]
    gone = {r["urn"] for r in resources if not kept(r)}
    while more := {r["urn"] for r in resources if gone & set(r.get("dependencies") or ())} - gone:
        gone |= more
    deployment["resources"] = [r for r in resources if r["urn"] not in gone]
    deployment["pending_operations"] = [
        {"resource": {**r, "id": ""}, "type": "creating"} for r in resources if r["urn"] in gone and r["custom"]
    ]
    file.write_text(json.dumps(document))


EVERYTHING = ("openstack:",)
PARTS_OF_THE_BALANCER = ("loadbalancer/listener:",)
"""With what depends on it: pool, monitor and members."""


@pytest.mark.parametrize(
    ("lost", "options"),
    [
        pytest.param(("routerInterface:RouterInterface",), (), id="router interface"),
        pytest.param(PARTS_OF_THE_BALANCER, WIDE, id="parts of the load balancer"),
        pytest.param(EVERYTHING, WIDE, id="everything"),
    ],
)
def test_what_was_made_and_not_recorded_is_found_by_its_mark(
    bay: Bay, lost: tuple[str, ...], options: tuple[str, ...]
) -> None:
    bay.make("killed", "--nodes", "1", *options)
    forget(bay, "killed", lambda resource: not any(word in resource["type"] for word in lost))
    shown = bay.run("show", "killed", "-f", "json").json
    assert shown["status"] == "UPDATE_FAILED"
    assert "cut off" in shown["status_reason"]
    deleted = bay.run("delete", "killed", "--yes")
    assert deleted.code == 0, deleted


def test_parts_of_a_load_balancer_that_were_not_recorded_are_made_anew(bay: Bay, clouds: list[Connection]) -> None:
    bay.make("killed", "--nodes", "0", *WIDE)
    (balancer,) = clouds[0].load_balancer.load_balancers()
    forget(bay, "killed", lambda resource: not any(word in resource["type"] for word in PARTS_OF_THE_BALANCER))
    scaled = bay.run("scale", "killed", "1")
    assert scaled.code == 0, scaled
    assert [listener.load_balancers for listener in clouds[0].load_balancer.listeners()] == [[{"id": balancer.id}]]
    assert bay.run("preview", "killed").code == 0
