"""Ctrl-C: once stops in order, twice at once; either way the bay is known, can be resumed and deleted."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from openstack.connection import Connection

from tests.integration.bays.harness import Bay, Running
from tests.waiting import eventually

pytestmark = pytest.mark.sandbox

RESUME = (
    "interrupted; resources created so far are kept in the state",
    "run the same command again to resume, or 'bay delete' to remove them",
)
STOPPING = "stopping: waiting for what is in flight; Ctrl-C again stops at once"


def processes(bay: Bay, *words: str) -> list[str]:
    """Command lines of what runs on this user's state, Pulumi and plugins too; those with all `words` in them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            ours = f"BAY_STATE=file://{bay.state}".encode() in (entry / "environ").read_bytes()
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if ours and all(word in line for word in words):
            found.append(line)
    return found


def has_made(cloud: Connection, kind: str) -> Callable[[], bool]:
    """Whether the project holds one of the kind, not counting what Neutron makes for everybody."""
    project = cloud.current_project_id
    return {
        "router": lambda: any(cloud.network.routers(project_id=project)),
        "port": lambda: any(cloud.network.ports(project_id=project, device_owner="")),
        "server": lambda: any(cloud.compute.servers(details=False)),
    }[kind]


def status(bay: Bay) -> str:
    """Status of the bay `cut`."""
    result = bay.run("show", "cut", "-f", "value", "-c", "status")
    assert result.code == 0, result
    return result.out.strip()


def test_one_interrupt_stops_in_order_and_the_same_command_resumes(bay: Bay, clouds: list[Connection]) -> None:
    words = ("create", "cut", "--model", "swarm", "--nodes", "1")
    running = bay.start(*words)
    running.until(has_made(clouds[0], "router"))
    running.interrupt()
    result = running.wait()
    assert (result.code, result.error) == (130, RESUME)
    assert STOPPING in result.err.splitlines()
    eventually(lambda: processes(bay) == [])
    assert "pending_operations" not in bay.shell("pulumi stack export --stack cut", bay="cut").out
    assert status(bay) == "CREATE_FAILED"

    assert bay.run(*words).code == 0
    assert sorted(server.name for server in clouds[0].compute.servers()) == ["cut-master-0", "cut-node-0"]
    assert bay.run("preview", "cut").code == 0

    deleting = bay.start("delete", "cut", "--yes")
    deleting.until(lambda: not any(clouds[0].compute.servers(details=False)))
    deleting.interrupt()
    result = deleting.wait()
    assert (result.code, result.error) == (130, RESUME)
    assert status(bay) == "DELETE_FAILED"
    assert bay.run("delete", "cut", "--yes").code == 0
    assert bay.names() == []


@pytest.mark.parametrize("moment", ["router", "server"])
def test_two_interrupts_stop_at_once_and_nothing_is_lost(bay: Bay, clouds: list[Connection], moment: str) -> None:
    running = bay.start("create", "cut", "--model", "swarm", "--nodes", "1")
    running.until(has_made(clouds[0], moment))
    running.interrupt()
    eventually(lambda: STOPPING in running.err.read_text())
    running.interrupt()
    result = running.wait(60)
    assert (result.code, result.error) == (130, RESUME)
    assert "stopping at once" in result.err.splitlines()
    eventually(lambda: processes(bay) == [])
    assert status(bay) == "CREATE_FAILED"
    assert bay.run("delete", "cut", "--yes").code == 0
    assert bay.names() == []
    # The fixture compares what both projects hold with what they held before.


def interrupted_while(bay: Bay, running: Running, *words: str) -> None:
    """Interrupt once Pulumi runs the command of `words`; it ends with one line and leaves no process."""
    running.until(lambda: processes(bay, "/bin/pulumi", *words))
    running.interrupt()
    result = running.wait(20)
    assert (result.code, result.err) == (130, "error: interrupted\n")
    eventually(lambda: processes(bay) == [])


def test_a_command_that_only_reads_ends_with_one_line(bay: Bay) -> None:
    interrupted_while(bay, bay.start("preview", "cut", "--model", "swarm"), "preview")
    assert bay.names() == []


def test_before_pulumi_runs_nothing_is_created(bay: Bay) -> None:
    running = bay.start("create", "cut", "--model", "swarm")
    running.until(lambda: os.path.exists(bay.state))
    running.interrupt()
    assert running.wait(20).err == "error: interrupted\n"
    assert bay.names() == []


@pytest.fixture
def silent_cloud(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Environment of a cloud that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as keystone:
        auth = {
            "auth_url": f"http://127.0.0.1:{keystone.getsockname()[1]}/v3",
            **dict.fromkeys(("username", "password", "project_name"), "x"),
            **dict.fromkeys(("user_domain_name", "project_domain_name"), "Default"),
        }
        clouds = tmp_path / "clouds.yaml"
        clouds.write_text(yaml.safe_dump({"clouds": {"silent": {"auth": auth}}}))
        yield {"OS_CLIENT_CONFIG_FILE": str(clouds), "OS_CLOUD": "silent"}


def test_nobody_waits_for_a_cloud_that_does_not_answer(bay: Bay, silent_cloud: dict[str, str]) -> None:
    running = bay.start("preview", "cut", "--model", "swarm", **silent_cloud)
    running.until(lambda: processes(bay, "/bin/pulumi", "preview"))
    time.sleep(3)  # so that Pulumi has come to ask for the program, which waits for the cloud
    interrupted_while(bay, running, "preview")
