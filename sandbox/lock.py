"""One at a time: a lock between processes that ends with its holder, however that ends."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bay.sandbox.layout import make_folder


@contextmanager
def held(path: Path, waiting: Callable[[], None]) -> Iterator[int]:
    """Hold the lock file ``path``; ``waiting`` is called once if another process has it.

    Gives the file descriptor: a child that inherits it keeps the lock, should it outlive this process.
    """
    descriptor = _take(path, waiting)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _take(path: Path, waiting: Callable[[], None]) -> int:
    while True:
        make_folder(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            # The holder before may have deleted the folder, and with it this file: then lock its successor.
            if path.exists() and os.fstat(descriptor).st_ino == path.stat().st_ino:
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
