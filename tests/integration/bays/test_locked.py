"""Two runs at once, locks that are left behind, and passphrases that are missing or wrong."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from openstack.connection import Connection

from tests.fakes.processes import living_pulumi
from tests.integration.bays.conftest import NewBay
from tests.integration.bays.harness import Bay

pytestmark = pytest.mark.sandbox

COMPLETE = ("CREATE_COMPLETE\n", "UPDATE_COMPLETE\n")


@pytest.fixture(scope="module")
def user(new_shared_bay: NewBay) -> Iterator[Bay]:
    """A user with the bay `locked`; what is refused does not change it."""
    user = new_shared_bay()
    user.make("locked", "--nodes", "0")
    yield user
    assert user.run("preview", "locked").code == 0


def lock(user: Bay, pid: int, host: str) -> Path:
    """A lock in the state as a run of Pulumi writes it."""
    file = user.state / ".pulumi" / "locks" / "organization" / "bay" / "locked" / "0b2e1f0c.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    holder = {"pid": pid, "username": "eve", "hostname": host, "timestamp": "2026-01-02T03:04:05Z"}
    file.write_text(json.dumps(holder))
    return file


@pytest.mark.parametrize("words", [("scale", "locked", "1"), ("delete", "locked", "--yes")], ids=lambda words: words[0])
def test_a_run_on_another_machine_is_named_and_can_be_cancelled(user: Bay, words: tuple[str, ...]) -> None:
    file = lock(user, 4711, "elsewhere.example")
    result = user.run(*words)
    assert result.code == 1
    assert result.error == (
        "bay locked is being changed by another run (eve@elsewhere.example, process 4711)",
        "wait for it, or 'bay cancel locked' if that run is no more",
    )
    assert user.run("show", "locked", "-f", "value", "-c", "status").out in COMPLETE, "reading goes on"
    assert user.run("cancel", "locked").code == 0
    assert not file.exists()


def test_the_lock_of_a_dead_run_is_taken_away(user: Bay) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    file = lock(user, dead.pid, socket.gethostname())
    assert user.run("update", "locked", "--set", "tags=[one]").code == 0
    assert not file.exists()


def test_a_run_on_this_machine_is_waited_for(user: Bay, tmp_path: Path) -> None:
    with living_pulumi(tmp_path) as pid:
        lock(user, pid, socket.gethostname())
        running = user.start("update", "locked", "--set", "tags=[two]")
        holder = f"(eve@{socket.gethostname()}, process {pid})"
        running.until(lambda: f"{holder}; waiting for its end" in running.err.read_text())
    assert running.wait().code == 0


def test_a_second_create_is_refused_while_the_first_runs(bay: Bay, clouds: list[Connection]) -> None:
    first = bay.start("create", "twice", "--model", "swarm", "--nodes", "0")
    first.until(lambda: any(clouds[0].network.routers(name="twice")))
    second = bay.run("create", "twice", "--model", "swarm", "--nodes", "3")
    assert second.code == 1
    assert second.error == (
        f"bay twice is being changed by another run (process {first.process.pid})",
        "wait for it, then try again",
    )
    shown = bay.run("show", "twice", "-f", "value", "-c", "status")
    assert shown.out == "CREATE_IN_PROGRESS\n", shown
    assert first.wait().code == 0
    assert bay.run("show", "twice", "-f", "json").json["spec"]["nodes"]["count"] == 0


@pytest.mark.parametrize(
    "words",
    [("preview", "locked"), ("scale", "locked", "1"), ("delete", "locked", "--yes")],
    ids=lambda words: words[0],
)
def test_a_wrong_passphrase_is_said_and_not_repeated(user: Bay, tmp_path: Path, words: tuple[str, ...]) -> None:
    wrong = tmp_path / "passphrase"
    wrong.write_text("hidden-but-wrong")
    result = user.run(*words, PULUMI_CONFIG_PASSPHRASE_FILE=str(wrong))
    assert result.code == 1
    assert result.error[0] == "the passphrase of bay locked is wrong"
    assert result.error[1].startswith("set PULUMI_CONFIG_PASSPHRASE_FILE to the file of its creation, ")
    assert "hidden" not in result.err


def test_without_its_passphrase_a_bay_is_shown_and_not_changed(user: Bay, tmp_path: Path) -> None:
    elsewhere = {"XDG_DATA_HOME": str(tmp_path)}  # another machine, which reaches the state
    for words in (("preview", "locked"), ("scale", "locked", "1"), ("delete", "locked", "--yes"), ("config", "locked")):
        result = user.run(*words, **elsewhere)
        assert result.code == 1
        assert result.error[0] == "the passphrase of bay locked is missing", words
        assert result.error[1].startswith("set PULUMI_CONFIG_PASSPHRASE_FILE, or copy the file from "), words
    assert not list(tmp_path.rglob("passphrases/*/*")), "none is made in its place"
    assert user.run("show", "locked", "-f", "value", "-c", "status", **elsewhere).out in COMPLETE


def test_a_bay_that_a_later_version_made_hides_no_other(user: Bay) -> None:
    stacks = user.state / ".pulumi" / "stacks" / "bay"
    later = stacks / "later.json"
    text = (stacks / "locked.json").read_text()
    later.write_text(text.replace("locked", "later").replace('"floating_ips":', '"invented_later": 1, "floating_ips":'))
    try:
        listed = user.run("list", "-f", "json")
        assert {bay["name"]: bay["status"] for bay in listed.json}["later"] == "UNKNOWN"
        assert {bay["name"]: bay["nodes"] for bay in listed.json}["locked"] == 0
        assert listed.err.startswith("bay later was created by another version of bay: ")
        assert user.run("show", "later").error[0].startswith("bay later was created by another version of bay: ")
    finally:
        later.unlink()
