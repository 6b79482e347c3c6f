"""Processes of this machine, where more than one place asks for them."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

SECONDS_TO_DIE = 5.0


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and is not waited for by its parent does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # it belongs to another user
        return True


def runs(pid: int, program: str) -> bool:
    """Whether the process runs a program whose name contains this; True where nobody may look.

    The number of a process that is no more is given to another one some day, in a container on its next start.
    """
    try:
        process = psutil.Process(pid)
        names = [process.name(), *process.cmdline()[:1]]
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True
    return is_alive(pid) and any(program in Path(name).name for name in names)


def session_members(leader: int) -> Iterator[int]:
    """Processes of the session that this one leads, or led."""
    for pid in psutil.pids():
        with suppress(OSError):  # gone meanwhile
            if os.getsid(pid) == leader:
                yield pid


def kill_session(leader: int) -> None:
    """End all processes of the session that this one leads, or led; see :func:`kill_all`."""
    kill_all(lambda: session_members(leader))


def kill_all(find: Callable[[], Iterable[int]]) -> None:
    """End processes by force, and return once none of them runs.

    A signal is not an end: the kernel takes a moment, and a process that was just being started is in no first list.
    So they are looked for until none is found. One that no signal ends (it waits for a device) is given up after
    SECONDS_TO_DIE.
    """
    deadline = time.monotonic() + SECONDS_TO_DIE
    while (alive := [pid for pid in find() if is_alive(pid)]) and time.monotonic() < deadline:
        for pid in alive:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
