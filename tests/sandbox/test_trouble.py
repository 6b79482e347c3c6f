"""Starts that cannot succeed: a clear error, and nothing left running."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bay.sandbox import Sandbox, SandboxError, processes
from tests.conftest import new_sandbox

pytestmark = pytest.mark.sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    made = new_sandbox("trouble")
    yield made
    made.reset(print)


def test_a_port_that_somebody_has_stops_the_start_before_anything_runs(sandbox: Sandbox) -> None:
    port = sandbox.first_port + 4
    with socket.create_server(("127.0.0.1", port)), pytest.raises(SandboxError) as caught:
        sandbox.start(print)
    assert caught.value.message.startswith(f"port {port} of 127.0.0.1, which neutron needs, is taken by process")
    assert processes.read_records(sandbox.state / "run") == {}


def test_a_port_taken_while_services_start_ends_all_of_them(sandbox: Sandbox) -> None:
    """The listener comes after the check, as another program's might."""
    listeners: list[socket.socket] = []

    def take_a_port(line: str) -> None:
        if "databases" in line:
            listeners.append(socket.create_server(("127.0.0.1", sandbox.first_port + 1)))

    with pytest.raises(SandboxError, match=r"placement ended with 1: .*Address already in use"):
        sandbox.start(take_a_port)
    listeners[0].close()
    assert processes.read_records(sandbox.state / "run") == {}


def test_ctrl_c_ends_what_was_started(sandbox: Sandbox) -> None:
    def interrupt(line: str) -> None:
        if "placement answers" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sandbox.start(interrupt)
    assert processes.read_records(sandbox.state / "run") == {}


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small file system in memory; the test is skipped where that cannot be had."""
    if os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    mount = subprocess.run(command, capture_output=True, text=True)
    if mount.returncode:
        pytest.skip(f"no file system can be mounted here: {mount.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a start and no more."""
    with mounted(tmp_path, "size=230m") as folder:
        yield folder


def fill(folder: Path) -> None:
    for size in (2**20, 2**12):
        with (folder / f"filler-{size}").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(size))


def test_a_disk_that_is_full_before_the_start_is_named(small_disk: Path, sandbox: Sandbox) -> None:
    fill(small_disk)
    with pytest.raises(SandboxError) as caught:
        Sandbox(small_disk / "state", sandbox.cache, sandbox.first_port).start(print)
    assert caught.value.message.startswith(f"the folder {small_disk}/state")
    assert "is full" in caught.value.message


def test_a_disk_that_fills_up_in_the_middle_is_named_and_nothing_runs_on(small_disk: Path, sandbox: Sandbox) -> None:
    on_small_disk = Sandbox(small_disk / "state", sandbox.cache, sandbox.first_port)
    with pytest.raises(SandboxError) as caught:
        on_small_disk.start(lambda line: fill(small_disk) if "placement answers" in line else None)
    assert caught.value.message == f"the folder {small_disk}/state is full: no space left"
    assert caught.value.hint == "make room there, or use another folder, then start again"
    assert processes.read_records(on_small_disk.state / "run") == {}


def test_a_read_only_state_folder_is_named(tmp_path: Path, sandbox: Sandbox) -> None:
    with mounted(tmp_path, "ro") as folder, pytest.raises(SandboxError) as caught:
        Sandbox(folder / "state", sandbox.cache).start(print)
    assert caught.value.message == f"{tmp_path}/state cannot be written: Read-only file system"


def test_a_state_folder_without_write_permission_is_named(tmp_path: Path, sandbox: Sandbox) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(SandboxError) as caught:
        Sandbox(tmp_path / "state", sandbox.cache).start(print)
    assert caught.value.message == f"{tmp_path}/state cannot be written: Permission denied"
