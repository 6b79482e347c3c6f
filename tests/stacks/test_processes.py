"""Processes of this machine: which live, which belong together, and their end."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from bay.stacks.processes import is_alive, kill_session, session_members
from tests.waiting import eventually


@pytest.fixture
def leader() -> Iterator[subprocess.Popen[str]]:
    """A process that leads a session with one more in it."""
    script = "sleep 600 & echo $!; wait"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            kill_session(process.pid)


def member_of(leader: subprocess.Popen[str]) -> int:
    assert leader.stdout is not None
    return int(leader.stdout.readline())


def test_a_process_lives_until_it_has_ended_whether_anybody_waits_for_it_or_not() -> None:
    assert is_alive(os.getpid())
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        eventually(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
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


def test_a_session_is_ended_when_none_of_its_processes_runs_any_more(leader: subprocess.Popen[str]) -> None:
    member = member_of(leader)
    kill_session(leader.pid)
    assert not is_alive(member)
    assert leader.wait() == -9
    kill_session(leader.pid)  # one that is gone already is no error


def test_what_a_session_starts_while_it_is_ended_ends_too() -> None:
    script = "for number in $(seq 300); do test $number = 20 && echo; sleep 60 & done; wait"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        kill_session(process.pid)
        assert not [pid for pid in session_members(process.pid) if is_alive(pid)]
