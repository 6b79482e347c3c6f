"""Two runs of `bay` that change one bay from one machine are kept apart, and known to others."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bay.components.errors import BayError
from bay.components.private_files import make_folder
from bay.toolchain.lock import exclusive, is_locked

LOOKED_AT = 0.25
"""Seconds for which a lock may be taken by `is_held` of others, who only look."""


@contextmanager
def held(path: Path, bay: str) -> Iterator[None]:
    """Hold the lock, which ends with the process however it ends; BayError where another has it."""

    def refuse(holder: str, seconds: float) -> None:
        if seconds >= LOOKED_AT:
            raise BayError(
                f"bay {bay} is being changed by another run (process {holder})", "wait for it, then try again"
            )

    make_folder(path.parent)
    with exclusive(path, refuse):
        yield


def is_held(path: Path) -> bool:
    """Whether a run on this machine is changing the bay now."""
    return is_locked(path)
