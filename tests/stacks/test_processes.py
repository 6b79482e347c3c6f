"""Processes of this machine: which live, which belong together, and their end."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from bay.stacks.processes import is_alive, kill, session_members

SECONDS = 60


@pytest.fixture
def leader() -> Iterator[subprocess.Popen[str]]:
    """A process that leads a session with one more in it."""
    script = "sleep 600 & echo $!; wait"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            kill([process.pid, *session_members(process.pid)])


def member_of(leader: subprocess.Popen[str]) -> int:
    assert leader.stdout is not None
    return int(leader.stdout.readline())


def test_a_process_lives_until_it_has_ended_whether_anybody_waits_for_it_or_not() -> None:
    assert is_alive(os.getpid())
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        deadline = time.monotonic() + SECONDS
        while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert not is_alive(process.pid), "nobody has waited for it"
    assert not is_alive(process.pid)


def test_a_process_of_another_user_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    def hide(_process: psutil.Process) -> str:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "status", hide)
    assert is_alive(os.getpid())


def test_a_session_is_its_leader_with_all_that_it_started(leader: subprocess.Popen[str]) -> None:
    member = member_of(leader)
    assert set(session_members(leader.pid)) == {leader.pid, member}
    assert os.getpid() not in set(session_members(leader.pid))
    leader.kill()
    leader.wait()
    assert set(session_members(leader.pid)) == {member}, "the session outlives its leader"


def test_processes_are_ended_at_once_and_those_that_are_gone_are_no_error(leader: subprocess.Popen[str]) -> None:
    member = member_of(leader)
    kill([leader.pid, member])  # the shell would end by itself once its child is gone
    assert leader.wait() == -9
    deadline = time.monotonic() + SECONDS
    while is_alive(member):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    kill([leader.pid])
