"""Two runs of `bay` that change one bay from one machine are kept apart, and known to others."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bay.components.errors import BayError
from bay.stacks.private_files import make_folder

TRIALS = 5
PAUSE = 0.05
"""Seconds between two trials."""


@contextmanager
def held(path: Path, bay: str) -> Iterator[None]:
    """Hold the lock, which ends with the process however it ends; BayError where another has it."""
    make_folder(path.parent)
    with path.open("a+", encoding="utf-8") as file:
        if not _taken(file):
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise BayError(
                f"bay {bay} is being changed by another run (process {holder})", "wait for it, then try again"
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _taken(file: IO[str]) -> bool:
    """Take the lock; `is_held` of another process has it for a moment, so once is not enough."""
    for _ in range(TRIALS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(PAUSE)
    return False


def is_held(path: Path) -> bool:
    """Whether a run on this machine is changing the bay now."""
    if not path.exists():
        return False
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
