"""Keeps two builds in one cache apart."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bay.toolchain.process import HEARTBEAT, Report

#: Seconds between two looks at a lock that another process holds.
LOOK_AGAIN = 0.2


@contextmanager
def exclusive(lock: Path, report: Report) -> Iterator[None]:
    """Hold the lock file; wait, and say so, while another process holds it.

    The kernel drops the lock when its holder ends, however it ends, so there is no stale lock.
    """
    with lock.open("a+", encoding="utf-8") as file:
        _acquire(file.fileno(), lock, report)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _acquire(descriptor: int, lock: Path, report: Report) -> None:
    started = said = time.monotonic() - HEARTBEAT
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            now = time.monotonic()
            if now - said >= HEARTBEAT:
                said = now
                holder = lock.read_text(encoding="utf-8") or "unknown"
                report(f"waiting for another build (process {holder}), {now - started - HEARTBEAT:.0f} s")
            time.sleep(LOOK_AGAIN)
