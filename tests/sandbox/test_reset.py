"""Resets of one sandbox by several processes at once, as test workers do that find what a killed run left."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bay.sandbox import Sandbox

RESET = """
import sys
from pathlib import Path
from bay.sandbox import Sandbox
state = Path(sys.argv[1])
Sandbox(state, state.parent / "cache", 20000).reset(lambda line: None)
"""


def fill(state: Path) -> None:
    """Folders as those of servers' disks: many, and deep."""
    for number in range(300):
        folder = state / f"nodes/{number}/upper/var/lib/cloud/seed/config_drive"
        folder.mkdir(parents=True)
        (folder / "user_data").touch()


def test_the_lock_is_the_last_to_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox(tmp_path / "state", tmp_path / "cache", 20000)
    fill(sandbox.state)
    locked: list[bool] = []
    delete = shutil.rmtree

    def observe(folder: Path) -> None:
        delete(folder)
        locked.append((sandbox.state / "lock").exists())

    monkeypatch.setattr(shutil, "rmtree", observe)
    sandbox.reset(print)
    assert locked == [True]
    assert not sandbox.state.exists()


def test_four_processes_reset_one_sandbox_and_none_trips(tmp_path: Path) -> None:
    fill(tmp_path / "state")
    command = [sys.executable, "-c", RESET, str(tmp_path / "state")]
    children = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [child.communicate()[1] for child in children] == [""] * 4
    assert not (tmp_path / "state").exists()
