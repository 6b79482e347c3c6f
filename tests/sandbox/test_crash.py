"""Killed at any moment, the next start serves the same data."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from openstack.connection import Connection

from bay.sandbox import Sandbox, processes, seeds
from tests.conftest import new_sandbox
from tests.sandbox.conftest import Servers, connect
from tests.waiting import eventually

pytestmark = pytest.mark.sandbox

START = """
import sys
from pathlib import Path
from bay.sandbox import Sandbox
Sandbox(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])).start(lambda line: print(line, flush=True))
"""


def records(sandbox: Sandbox) -> dict[str, processes.Record]:
    return processes.read_records(sandbox.state / "run")


def stopped(sandbox: Sandbox) -> list[str]:
    return [service.name for service in sandbox.status().services if not service.running]


def kill(sandbox: Sandbox, *services: str) -> None:
    for name, record in records(sandbox).items():
        if name in services:
            os.kill(record.pid, signal.SIGKILL)
    wait_until_gone(sandbox, services)


def wait_until_gone(sandbox: Sandbox, services: tuple[str, ...]) -> None:
    eventually(lambda: not set(records(sandbox)) & set(services))


def inventory(cloud: Connection) -> dict[str, list[str]]:
    return {
        "servers": sorted(f"{server.id} {server.status}" for server in cloud.compute.servers()),
        "ports": sorted(f"{port.id} {port.status}" for port in cloud.network.ports()),
        "flavors": sorted(flavor.name for flavor in cloud.compute.flavors()),
        "images": sorted(image.name for image in cloud.image.images()),
        "networks": sorted(network.name for network in cloud.network.networks()),
    }


def test_one_killed_service_is_missing_in_status_and_start_mends_only_that(
    sandbox_cloud: Sandbox, member: Connection, servers: Servers
) -> None:
    server = servers.wait(servers.create("survivor"))
    before, running = inventory(member), records(sandbox_cloud)
    kill(sandbox_cloud, "nova")
    assert (stopped(sandbox_cloud), sandbox_cloud.status().running) == (["nova"], False)
    sandbox_cloud.start(print)
    after = records(sandbox_cloud)
    assert {name for name in after if after[name] != running[name]} == {"nova"}
    assert inventory(member) == before
    member.compute.reboot_server(server, "HARD")
    assert servers.wait(server).status == "ACTIVE"


def test_a_service_whose_files_are_deleted_under_it_ends_and_is_started_again(
    sandbox_cloud: Sandbox, member: Connection
) -> None:
    before, running = inventory(member), records(sandbox_cloud)
    (sandbox_cloud.state / "db" / "glance.sqlite-shm").unlink()  # which SQLite makes again from the rest
    wait_until_gone(sandbox_cloud, ("glance",))
    (ended,) = [service for service in sandbox_cloud.status().services if service.problem]
    assert (ended.name, ended.running) == ("glance", False)
    assert ended.problem.endswith("were deleted or replaced: glance.sqlite-shm; exiting, writes would be lost")
    sandbox_cloud.start(print)
    assert {name for name, record in records(sandbox_cloud).items() if record != running[name]} == {"glance"}
    assert sandbox_cloud.status().healthy
    assert inventory(member) == before


def test_all_killed_services_serve_the_same_data_again(
    sandbox_cloud: Sandbox, member: Connection, servers: Servers
) -> None:
    servers.wait(servers.create("survivor"))
    before = inventory(member)
    kill(sandbox_cloud, *records(sandbox_cloud))
    sandbox_cloud.start(print)
    assert inventory(connect(sandbox_cloud, "sandbox")) == before
    newcomer = servers.wait(servers.create("newcomer"))
    assert newcomer.status == "ACTIVE"


def test_start_of_a_running_sandbox_changes_nothing(sandbox_cloud: Sandbox) -> None:
    before, lines = records(sandbox_cloud), list[str]()
    sandbox_cloud.start(lines.append)
    assert records(sandbox_cloud) == before
    assert [line.split("s  ")[1] for line in lines] == ["already running"]


@pytest.fixture(scope="module")
def fresh() -> Iterator[Sandbox]:
    """A second sandbox beside the running one: its first start is killed again and again."""
    sandbox = new_sandbox("fresh")
    yield sandbox
    sandbox.reset(print)


def start_and_kill_at(sandbox: Sandbox, text: str) -> None:
    """Start in another process and kill that when it says ``text``."""
    arguments = [sys.executable, "-c", START, str(sandbox.state), str(sandbox.cache), str(sandbox.first_port)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        for line in child.stdout:
            if text in line:
                child.kill()
                break
        else:
            pytest.fail(f"the start never said {text!r}")


@pytest.mark.parametrize("moment", ["databases", "placement answers", "adding flavors"])
def test_a_killed_first_start_leaves_nothing_half_started(fresh: Sandbox, moment: str) -> None:
    start_and_kill_at(fresh, moment)
    eventually(lambda: [record for record in records(fresh).values() if not record.ready] == [])


def test_the_start_after_killed_ones_makes_everything_once(fresh: Sandbox) -> None:
    kill(fresh, *records(fresh))
    fresh.start(print)
    with connect(fresh, "sandbox-admin") as admin, connect(fresh, "sandbox-other") as other:
        found = inventory(admin)
        assert found["flavors"] == ["m1.large", "m1.medium", "m1.small", "m1.tiny", "m1.xlarge"]
        assert found["images"] == sorted(image["name"] for image in seeds.IMAGES)
        assert found["networks"] == ["provider", "public"]
        assert len(list(admin.network.subnets())) == 2
        assert sorted(project.name for project in admin.identity.projects()) == [
            "admin",
            "biology",
            "physics",
            "service",
        ]
        assert list(other.compute.servers()) == []


def test_an_idle_cloud_takes_at_most_1_2_gib(fresh: Sandbox) -> None:
    status = fresh.status()
    assert status.running
    assert 200 < sum(service.memory for service in status.services) < 1229


def test_two_sandboxes_side_by_side_know_nothing_of_each_other(fresh: Sandbox, sandbox_cloud: Sandbox) -> None:
    with connect(fresh, "sandbox") as here, connect(sandbox_cloud, "sandbox") as there:
        network = here.network.create_network(name="only-here")
        assert [found.name for found in here.network.networks(name="only-here")] == ["only-here"]
        assert list(there.network.networks(name="only-here")) == []
        here.network.delete_network(network)
        assert here.session.get_token() != there.session.get_token()
        assert here.config.auth["password"] != there.config.auth["password"]


def test_a_stopped_sandbox_has_no_process_and_keeps_its_data(fresh: Sandbox, sandbox_cloud: Sandbox) -> None:
    of_fresh = list(records(fresh).values())
    assert len(of_fresh) == 8
    fresh.stop()
    assert [record for record in of_fresh if Path(f"/proc/{record.pid}").exists() and processes.alive(record)] == []
    assert stopped(sandbox_cloud) == []
    assert (fresh.state / "db" / "nova.sqlite").exists()
    fresh.reset(print)
    assert not fresh.state.exists()


def test_stop_and_status_of_a_sandbox_that_never_was(tmp_path: Path) -> None:
    never = Sandbox(tmp_path / "state", tmp_path / "cache")
    never.stop()
    never.reset(print)
    status = never.status()
    assert status.running is False
    assert {(service.running, service.pid, service.memory) for service in status.services} == {(False, None, 0)}
    assert not (tmp_path / "state").exists()


def test_first_requests_that_come_at_once_are_all_answered(sandbox_cloud: Sandbox) -> None:
    """Barbican, Cinder and Nova make their rules at the first request, and a second one finds them half made."""
    with contextlib.ExitStack() as stack:
        names = [name for name in ("sandbox", "sandbox-other") for _ in range(4)]
        users = [stack.enter_context(connect(sandbox_cloud, name)) for name in names]
        for user in users:
            user.authorize()
        for _ in range(3):
            kill(sandbox_cloud, "barbican", "cinder", "nova")
            sandbox_cloud.start(print)
            assert failures(users) == []


def failures(users: Sequence[Connection]) -> list[BaseException]:
    """What some lists fail with, asked for by all users at the same time."""
    with ThreadPoolExecutor(3 * len(users)) as threads:
        asked = [
            threads.submit(list, listed())
            for user in users
            for listed in (user.key_manager.secrets, user.block_storage.volumes, user.compute.servers)
        ]
    return [error for one in asked if (error := one.exception())]
