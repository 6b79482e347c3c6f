"""One at a time: a lock between processes that ends with its holder, however that ends.

The kernel drops a flock when the last descriptor of its holder is closed, so there is no stale lock. What the libraries
for it do not have is needed here: who holds it, a word while it is waited for, and a descriptor for a child.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bay.toolchain.process import HEARTBEAT, Report

LOOK_AGAIN = 0.05
"""Seconds between two looks at a lock that another process holds."""

Waiting = Callable[[str, float], None]
"""Called at each look with the holder's process id, or `unknown`, and the seconds waited; it may raise to give up."""


@contextmanager
def exclusive(path: Path, waiting: Waiting) -> Iterator[int]:
    """Hold the lock file ``path``, whose folder is made for its owner alone where it is not there.

    Gives the descriptor: a child that inherits it keeps the lock, should it outlive this process.
    """
    descriptor = _take(path, waiting)
    try:
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Whether another process, or another part of this one, holds a lock file now."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _is_taken(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def report_waiting(report: Report, what: str) -> Waiting:
    """Says at once, and then every `HEARTBEAT` seconds, that ``what`` of another process is waited for."""
    told = -HEARTBEAT

    def waiting(holder: str, seconds: float) -> None:
        nonlocal told
        if seconds - told >= HEARTBEAT:
            told = seconds
            report(f"waiting for {what} (process {holder}), {seconds:.0f} s")

    return waiting


def _take(path: Path, waiting: Waiting) -> int:
    started = time.monotonic()
    while True:
        descriptor = _open(path)
        try:
            # The holder before may have deleted the folder, and with it this file: then its successor is taken.
            if _is_taken(descriptor, fcntl.LOCK_EX) and _is_at(descriptor, path):
                return descriptor
            waiting(os.pread(descriptor, 20, 0).decode("ascii", "replace") or "unknown", time.monotonic() - started)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        time.sleep(LOOK_AGAIN)


def _open(path: Path) -> int:
    """The lock file, made where it is not there; the holder before may delete the folder at any moment."""
    while True:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            continue
        except FileExistsError:
            if path.parent.exists():  # and is no folder
                raise


def _is_taken(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
