"""The first start of all, in which the databases are made, on a machine that is busy with other things.

What is left open or comes too late then shows nowhere else: a later start copies the databases, and an idle machine
forgives. The services come from the cache, only the databases are made each time.
"""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bay.sandbox import Sandbox, SandboxError, images, launch, processes
from bay.sandbox.services.sandbox_services import open_files
from bay.sandbox.services.sandbox_services.nodes import namespaces
from bay.sandbox.services.sandbox_services.nodes.names import BRIDGE, Names, tap
from bay.sandbox.services.sandbox_services.nodes.node import Interface, Node
from tests.conftest import forget, new_sandbox, sweep_killed_runs, why_nothing_boots
from tests.integration.bays.harness import connect
from tests.sandbox.booted import eventually, output
from tests.sandbox.busy import busy

pytestmark = [pytest.mark.boot, pytest.mark.sandbox]

SECONDS = 1800.0  # after which what keeps the machine busy ends in any case
READS = {"network": {"neutron", "octavia"}, "nova": {"nova", "nova_api", "nova_cell0"}}
"""Databases of a process, where they are not just the one of its name."""
BEGIN = """
import functools, gc, os, shutil, sys
from pathlib import Path
from sandbox_services import databases, launcher, schemas
from sandbox_services.plan import Plan

plan, services = Plan.load(Path(sys.argv[1])), sys.argv[2:]
sys.argv[1:] = []
gc.disable()  # whether the launcher's collector comes in time to close what was left open is luck
os.register_at_fork(after_in_child=gc.enable)
"""
ONLY_MAKE = """
def stop(plan):
    raise launcher.LaunchError("made")

databases.finish = stop
sys.exit(launcher.launch(plan, services))
"""
MAKE_COPIES = """
made = Path({made!r})

def copy(name, plan):
    for path in made.glob(f"{{name}}*"):
        shutil.copy(path, plan.database)
    if name == "nova":
        databases._move_cells(plan.database, str(made), str(plan.database))

schemas.MAKERS = {{name: functools.partial(copy, name) for name in schemas.MAKERS}}
sys.exit(launcher.launch(plan, services))
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The services and node images of the shared cache, and no databases."""
    reason = why_nothing_boots()
    if reason:
        pytest.skip(reason)
    sweep_killed_runs()
    shared, own = new_sandbox("any").cache, tmp_path_factory.mktemp("cache")
    _link(shared, own)
    return own


@contextmanager
def launched_by(code: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "ENTRY", ("-c", BEGIN + code))
        yield


@contextmanager
def new(name: str, cache: Path) -> Iterator[Sandbox]:
    """A sandbox of which nothing is left."""
    made = new_sandbox(name)
    sandbox = Sandbox(made.state, cache, made.first_port)
    try:
        yield sandbox
    finally:
        forget(sandbox)


@pytest.fixture(scope="module")
def made(cache: Path) -> Iterator[Path]:
    """Databases as the services' own tools leave them, before the launcher has touched them."""
    with new("made", cache) as sandbox, launched_by(ONLY_MAKE):
        with pytest.raises(SandboxError, match="made"):
            sandbox.start(print, boot=True)
        yield sandbox.state / "db"


def start(sandbox: Sandbox, made: Path) -> None:
    """For the first time, with databases that are made quickly; no process may have what is another's."""
    lines: list[str] = []
    with launched_by(MAKE_COPIES.format(made=str(made))):
        sandbox.start(lambda line: (lines.append(line), print(line)), boot=True)  # type: ignore[func-returns-value]
    assert any("making the databases" in line for line in lines), "no first start"
    records = processes.read_records(sandbox.state / "run")
    opened = {name: open_files.sqlite_files(record.pid) for name, record in records.items()}
    assert {name: open_files.find_replaced(files) for name, files in opened.items()} == {name: [] for name in opened}
    owned = {name: {file.path.name.partition(".")[0] for file in files} for name, files in opened.items()}
    assert owned == {name: READS.get(name, {name}) for name in records}
    status = sandbox.status()
    assert {service.name: service.problem for service in status.services} == {name: "" for name in records}


def plug(sandbox: Sandbox, cloud: Any) -> None:
    """A port of a server on a network of its own, plugged as Nova's driver does it."""
    network = cloud.network.create_network(name="lan")
    cloud.network.create_subnet(network_id=network.id, cidr="10.0.0.0/24", ip_version=4)
    port = cloud.network.create_port(network_id=network.id, device_owner="compute:nova")
    names = Names.of(sandbox.state)
    node = Node(sandbox.state / "nodes", names, "server")
    node.plug(Interface(port.id, network.id, port.mac_address, network.mtu))
    assert port.mac_address in namespaces.macs(node.namespace)
    on_bridge = output("ip", "-n", names.network(network.id), "link", "show", "master", BRIDGE)
    assert tap(port.id) in on_bridge


def boot(sandbox: Sandbox, cloud: Any) -> None:
    """A server of Nova's."""
    network = cloud.network.find_network("provider")
    server = cloud.compute.create_server(
        name="first",
        flavor_id=cloud.compute.find_flavor("m1.tiny").id,
        image_id=cloud.image.find_image("debian-12-docker").id,
        networks=[{"uuid": network.id}],
    )
    server = cloud.compute.wait_for_server(server, interval=1, wait=SECONDS)
    assert server.status == "ACTIVE"
    port = next(cloud.network.ports(device_id=server.id))
    on_bridge = output("ip", "-n", Names.of(sandbox.state).network(network.id), "link", "show", "master", BRIDGE)
    assert tap(port.id) in on_bridge


@contextmanager
def first_start(number: int, made: Path, cache: Path) -> Iterator[Sandbox]:
    """A sandbox with a cache of its own: the first start leaves its databases there for later ones."""
    own = cache / str(number)
    _link(cache, own)
    try:
        with new(f"first-{number}", own) as sandbox:
            start(sandbox, made)
            yield sandbox
    finally:
        shutil.rmtree(own)


@pytest.fixture(scope="module")
def node_image(cache: Path) -> Path:
    """What the image `debian-12-docker` boots from."""
    images.build(cache, "swarm", os.environ["PATH"], print)
    return cache


@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", range(2))
def test_a_first_start_on_a_busy_machine_has_networks(made: Path, cache: Path, number: int) -> None:
    with (
        busy(1, 20, 10, SECONDS),
        first_start(number, made, cache) as sandbox,
        connect(sandbox, "sandbox") as cloud,
    ):
        plug(sandbox, cloud)


@pytest.mark.long
@pytest.mark.timeout(2 * SECONDS)
@pytest.mark.usefixtures("node_image")
@pytest.mark.parametrize("number", range(10))
def test_a_first_start_on_a_very_busy_machine_boots_a_server(made: Path, cache: Path, number: int) -> None:
    with (
        busy(4, 5, 0, SECONDS),
        first_start(number, made, cache) as sandbox,
        connect(sandbox, "sandbox") as cloud,
    ):
        plug(sandbox, cloud)
        boot(sandbox, cloud)


@pytest.mark.timeout(600)
def test_an_agent_that_does_not_follow_is_reported_and_started_again(made: Path, cache: Path) -> None:
    with first_start(0, made, cache) as sandbox, connect(sandbox, "sandbox") as cloud:
        before = processes.read_records(sandbox.state / "run")
        os.kill(before["network"].pid, signal.SIGSTOP)
        cloud.network.create_network(name="unseen")
        status = sandbox.status()
        assert (status.running, status.healthy) == (True, False)
        (problem,) = [(one.name, one.problem) for one in status.services if one.problem]
        assert problem[0] == "network"
        assert problem[1].startswith("does not follow Neutron: ")
        lines: list[str] = []
        sandbox.start(lines.append)
        assert any("restarting network, which does not follow Neutron" in line for line in lines)
        after = processes.read_records(sandbox.state / "run")
        assert {name for name in after if after[name] != before[name]} == {"network"}
        assert sandbox.status().healthy
        plug(sandbox, cloud)


@pytest.mark.timeout(600)
def test_files_that_are_deleted_under_the_agent_and_neutron_cost_neither(made: Path, cache: Path) -> None:
    """Neutron, which would write into files that are no more, ends; the agent opens the new ones."""
    with first_start(0, made, cache) as sandbox, connect(sandbox, "sandbox") as cloud:
        agent = processes.read_records(sandbox.state / "run")["network"]
        (sandbox.state / "db" / "neutron.sqlite-shm").unlink()
        eventually({"neutron"}, lambda: {one.name for one in sandbox.status().services if not one.running})
        ended = next(one for one in sandbox.status().services if one.name == "neutron")
        assert ended.problem.startswith(
            "has exited; last line of its log: database files were deleted or replaced: neutron.sqlite-shm"
        )
        sandbox.start(print)
        assert sandbox.status().healthy
        assert processes.read_records(sandbox.state / "run")["network"] == agent
        plug(sandbox, cloud)


def _link(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for name in ("environments", "nodes"):
        (source / name).mkdir(parents=True, exist_ok=True)
        (target / name).symlink_to(source / name)
