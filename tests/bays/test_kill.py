"""`create` killed in the middle: the bay is still known, nothing is doubled, and delete leaves nothing."""

import os
import signal

import pytest
from openstack.connection import Connection

from .harness import Bay, Running, eventually

pytestmark = pytest.mark.sandbox

MOMENTS = ("router", "security group", "port", "server", "second server")
"""The first thing of a kind that the cloud holds when the axe falls."""


def holds(cloud: Connection, moment: str) -> bool:
    """Whether the cloud has come so far."""
    network, project = cloud.network, cloud.current_project_id
    return {
        "router": lambda: any(network.routers(project_id=project)),
        "security group": lambda: sum(1 for _ in network.security_groups(project_id=project)) > 1,
        "port": lambda: any(network.ports(project_id=project, device_owner="")),
        "server": lambda: any(cloud.compute.servers(details=False)),
        "second server": lambda: sum(1 for _ in cloud.compute.servers(details=False)) > 1,
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


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_create_is_known_and_leaves_nothing(bay: Bay, clouds: list[Connection], moment: str) -> None:
    running = bay.start("create", "killed", "--model", "swarm", "--nodes", "2")
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
    running.until(lambda: holds(clouds[0], "port"))
    running.kill()
    eventually(lambda: bay.run("delete", "killed", "--yes").code == 0, 90)
