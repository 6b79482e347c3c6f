"""Processes of this machine, where more than one place asks for them."""

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil


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


def kill(pids: Iterable[int]) -> None:
    """End processes at once; those that are gone already are no error."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
