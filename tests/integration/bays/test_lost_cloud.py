"""The cloud is out of reach for a while, or the disk of the state fills up: said in one line, and nothing is lost."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from openstack.connection import Connection

from tests.integration.bays.campaign import agreed
from tests.integration.bays.conftest import NewBay, NewRelay
from tests.integration.bays.harness import Bay
from tests.integration.bays.relay import Answer, Refused, Relay, Request
from tests.waiting import eventually

pytestmark = pytest.mark.sandbox

LATER = ("kubernetes", "mesos")
"""Models that `make test-all` tries too."""


def lose(relay: Relay, wanted: Request) -> threading.Event:
    """From this request on nobody is answered: it arrives, but what the cloud says to it is lost."""
    lost = threading.Event()

    def guard(request: Request | None, ask: Callable[[], Answer]) -> Answer:
        if lost.is_set():
            raise Refused
        if request == wanted:
            lost.set()
            ask()
            raise Refused
        return ask()

    relay.guard = guard
    return lost


@pytest.mark.parametrize("model", ["swarm", *(pytest.param(name, marks=pytest.mark.long) for name in LATER)])
def test_a_cloud_that_is_gone_for_a_while_is_said_and_the_same_command_resumes(
    bay: Bay, new_relay: NewRelay, clouds: list[Connection], model: str
) -> None:
    relay = new_relay(bay)
    create = ("create", "lost", "--model", model, "--nodes", "0", "--no-wait")
    for words, request in (
        (create, ("create", "Instance")),
        (("scale", "lost", "1", "--no-wait"), ("create", "Instance")),
        (("delete", "lost", "--yes"), ("delete", "Port")),
    ):
        lost = lose(relay, request)
        running = bay.start(*words)
        eventually(lost.is_set, 120)
        result = running.wait(300)
        assert result.code == 1, result
        assert "the cloud cannot be reached" in result.error[0], result
        relay.open()
        again = bay.run(*words)
        assert again.code == 0, again
        if words[0] != "delete":
            agreed(bay, "lost", clouds[0])
    assert bay.names() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 MiB, of which bay wants 64 to begin with."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(folder)], capture_output=True)
    if done.returncode:
        pytest.skip("making a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill_up(file: Path) -> None:
    """Make the file as large as its disk allows."""
    with file.open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(2**20))


def test_a_disk_that_fills_up_stops_the_run_and_the_state_stays_whole(
    new_bay: NewBay, new_relay: NewRelay, small_disk: Path, clouds: list[Connection]
) -> None:
    user = new_bay()
    user.extra = {**user.extra, "BAY_STATE": f"file://{small_disk}/state"}
    relay = new_relay(user)
    filler = small_disk / "filler"

    def fill(request: Request | None, ask: Callable[[], Answer]) -> Answer:
        if request == ("create", "RouterInterface") and not filler.exists():
            fill_up(filler)
        return ask()

    relay.guard = fill
    create = ("create", "full", "--model", "swarm", "--nodes", "0", "--no-wait")
    result = user.run(*create)
    assert result.code == 1, result
    assert result.error == (
        f"state folder {small_disk}/state: the disk is full, so the run was stopped; the state is whole",
        "free some space, then run the same command again to resume",
    )
    refused = user.run(*create)
    assert refused.error[0].startswith(f"state folder {small_disk}/state: "), refused
    assert user.run("show", "full", "-f", "value", "-c", "status").out == "CREATE_FAILED\n"
    state = small_disk / "state/.pulumi/stacks/bay/full.json"
    short = state.with_suffix(".short")
    short.touch()  # what a write without room leaves in the state's place, where Pulumi is killed then
    short.replace(state)
    shown = user.run("show", "full", "-f", "value", "-c", "status")
    assert shown.out == "CREATE_FAILED\n", shown
    assert "the state of bay full was truncated by a full disk" in shown.err
    relay.open()
    filler.unlink()
    again = user.run(*create)
    assert again.code == 0, again
    assert user.run("preview", "full").code == 0
    assert [server.name for server in clouds[0].compute.servers()] == ["full-master-0"]
    assert user.run("delete", "full", "--yes").code == 0
