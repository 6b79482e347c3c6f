"""Two runs of `bay` that change one bay from one machine are kept apart, and known to others."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bay.components.errors import BayError


@contextmanager
def held(path: Path, bay: str) -> Iterator[None]:
    """Hold the lock, which ends with the process however it ends; BayError where another has it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise BayError(
                f"bay {bay} is being changed by another run (process {holder})", "wait for it, then try again"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def is_held(path: Path) -> bool:
    """Whether a run on this machine is changing the bay now."""
    if not path.exists():
        return False
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
