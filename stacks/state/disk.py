"""The disk of a state that fills up while the engine runs: the run is stopped while the state can still be written."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bay.components.errors import BayError
from bay.stacks.state import file_backend

if TYPE_CHECKING:
    from bay.stacks.automation.process import Engine

LOW = 16 * 2**20
"""Bytes free below which no new operation is begun; what is in flight is waited for and written."""
FULL = 2**20
"""Bytes free below which the engine ends at once: it would try for minutes to write each step."""
WRITES = 8
"""Times the state's own size that have to be free too before a new operation is begun; once before the engine ends."""
PAUSE = 0.5
"""Seconds between two looks."""


class DiskFull(BayError):
    """The engine was stopped, since its state could soon be written no more."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"state folder {folder}: the disk is full, so the run was stopped; the state is whole",
            "make room, then run the same command again: it goes on with what was made",
        )


@contextmanager
def watched_room(engine: "Engine") -> Iterator[None]:
    """Stop the engine and raise DiskFull where the disk of a ``file://`` state fills up meanwhile."""
    folder = engine.state_folder
    if folder is None:
        yield
        return
    ended, full = threading.Event(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(engine, folder, ended, full))
    watcher.start()
    try:
        yield
    except Exception:
        if not full.is_set():
            raise
    finally:
        ended.set()
        watcher.join()
    if full.is_set():
        file_backend.mend(folder)
        raise DiskFull(folder)


def _watch(engine: "Engine", folder: Path, ended: threading.Event, full: threading.Event) -> None:
    while not ended.wait(PAUSE):
        free, state = shutil.disk_usage(folder).free, file_backend.largest(folder)
        if free < LOW + WRITES * state and not full.is_set():
            full.set()
            engine.interrupt()
        if free < FULL + state:
            engine.kill()
            return
