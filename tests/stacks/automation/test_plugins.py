"""Plugins whose Pulumi died are ended, and no other process."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import psutil
import pytest

from bay.stacks.automation.plugins import end_orphaned_plugins
from bay.stacks.processes import is_alive, kill_session
from tests.waiting import eventually

Leader = Literal["lives", "is gone", "is not waited for"]


@contextmanager
def plugin(program: Path, state: str, leader: Leader) -> Iterator[psutil.Process]:
    """A program that works on a state, in the session of a process which lives or not."""
    shutil.copy("/bin/sleep", program)
    script = f"'{program}' 600 & echo $!; exec sleep 600"
    with subprocess.Popen(
        ["sh", "-c", script],
        env={"PULUMI_BACKEND_URL": state},
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as pulumi:
        assert pulumi.stdout is not None
        started = psutil.Process(int(pulumi.stdout.readline()))
        try:
            eventually(lambda: started.name() == program.name)
            if leader != "lives":
                pulumi.kill()
                eventually(lambda: psutil.Process(pulumi.pid).status() == psutil.STATUS_ZOMBIE)
            if leader == "is gone":
                pulumi.wait()
            yield started
        finally:
            pulumi.kill()
            with suppress(ProcessLookupError):
                os.kill(started.pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("program", "other", "leader", "ended"),
    [
        ("pulumi-resource-openstack", "", "is gone", True),
        ("pulumi-resource-openstack", "", "is not waited for", True),
        ("pulumi-resource-openstack", "", "lives", False),
        ("pulumi-resource-openstack", "/other", "is gone", False),
        ("editor", "", "is gone", False),
    ],
    ids=["orphan", "of a Pulumi nobody waits for", "of a living Pulumi", "of another state", "no plugin"],
)
def test_only_an_orphan_is_ended(tmp_path: Path, program: str, other: str, leader: Leader, ended: bool) -> None:
    state = f"file://{tmp_path}"
    with plugin(tmp_path / program, f"{state}{other}", leader) as process:
        end_orphaned_plugins(state)
        assert is_alive(process.pid) != ended
        assert ended or process.status() == psutil.STATUS_SLEEPING, "no signal is on its way"


def test_a_plugin_whose_pulumi_lost_its_terminal_is_none(tmp_path: Path) -> None:
    """`nohup pulumi up &` in a terminal that was closed: the leader of the session is gone, Pulumi lives."""
    state = f"file://{tmp_path}"
    shutil.copy("/bin/sleep", tmp_path / "pulumi-resource-openstack")
    shutil.copy("/bin/sh", tmp_path / "pulumi")
    (tmp_path / "up").write_text("./pulumi-resource-openstack 600 & echo $!; wait")
    with subprocess.Popen(
        ["sh", "-c", "./pulumi up & wait"],
        cwd=tmp_path,
        env={"PULUMI_BACKEND_URL": state},
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as shell:
        assert shell.stdout is not None
        started = int(shell.stdout.readline())
        try:
            eventually(lambda: psutil.Process(started).name().startswith("pulumi-"))
            shell.kill()
            shell.wait()
            end_orphaned_plugins(state)
            assert is_alive(started)
        finally:
            kill_session(shell.pid)
