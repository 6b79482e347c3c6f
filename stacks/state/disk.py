"""The disk of a ``file://`` state: room for it before a change, and a guard while Pulumi writes."""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from bay.components.private_files import make_folder
from bay.stacks.errors import StateUnwritable
from bay.stacks.settings import Settings
from bay.stacks.state import file_backend

NEEDED = 64 * 2**20
"""Bytes: the states of some hundred nodes, each kept three times (state, backup, history)."""
LOW = 16 * 2**20
"""Bytes free below which no new operation is begun; what is in flight is waited for and written."""
FULL = 2**20
"""Bytes free below which Pulumi ends at once: it would try for minutes to write each step."""
WRITES = 8
"""Times the state's own size that have to be free too before a new operation is begun; once before Pulumi ends."""
PAUSE = 0.5
"""Seconds between two looks."""


class DiskFull(StateUnwritable):
    """Pulumi was stopped, since its state could soon be written no more."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"state folder {folder}: the disk is full, so the run was stopped; the state is whole",
            "free some space, then run the same command again to resume",
        )


def require_writable(settings: Settings) -> None:
    """Make the folder of a ``file://`` state; StateUnwritable where it cannot be written."""
    folder = settings.state_folder
    if folder is None:
        return
    try:
        make_folder(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StateUnwritable(
            f"state folder {folder}: {error.strerror}",
            "make it writable, or name another with --state or BAY_STATE",
        ) from None


def require_space(settings: Settings) -> None:
    """StateUnwritable where the disk of a ``file://`` state is nearly full.

    A state that fills up in the middle of a run is cut short, and Pulumi tries to write it for ever.
    """
    folder = settings.state_folder
    free = shutil.disk_usage(folder).free if folder else NEEDED
    if free < NEEDED:
        raise StateUnwritable(
            f"state folder {folder}: {free >> 20} MiB are free, and a change of a bay may need {NEEDED >> 20}",
            "free some space, or name another with --state or BAY_STATE",
        )


class Guarded(Protocol):
    """A Pulumi that can be stopped."""

    @property
    def state_folder(self) -> Path | None:
        """Folder of a ``file://`` state, None for every other backend."""

    def interrupt(self) -> None:
        """Begin no new operations."""

    def kill(self) -> None:
        """End now."""

    def repair_state(self) -> bool:
        """Repair the files of the state."""


@contextmanager
def disk_guard(pulumi: Guarded) -> Iterator[None]:
    """Stop Pulumi and raise DiskFull where the disk of a ``file://`` state fills up meanwhile."""
    folder = pulumi.state_folder
    if folder is None:
        yield
        return
    ended, full = threading.Event(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(pulumi, folder, ended, full))
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
        pulumi.repair_state()
        raise DiskFull(folder)


def _watch(pulumi: Guarded, folder: Path, ended: threading.Event, full: threading.Event) -> None:
    while not ended.wait(PAUSE):
        free, state = shutil.disk_usage(folder).free, file_backend.largest(folder)
        if free < LOW + WRITES * state and not full.is_set():
            full.set()
            pulumi.interrupt()
        if free < FULL + state:
            pulumi.kill()
            return
