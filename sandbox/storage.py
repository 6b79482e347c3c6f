"""Machine and folders: what has to be there before anything is started, and errors of folders in words."""

import errno
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bay.components.private_files import make_folder
from bay.sandbox.errors import SandboxError
from bay.sandbox.layout import Layout

PYTHON = (3, 11)  # the least that the services' packages run on
SPACE = 200  # MiB in the state folder: databases begin with 10, images and a day of logs follow
EMPTY = 2**20  # bytes; below, a service cannot begin a log or a journal

SPECIAL = "$%?#\n"
"""What configuration files ($, %) and database URLs (?, #) do not take as part of a path."""

FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)


def check_machine() -> None:
    """Raise SandboxError where this is not Linux, or this Python is too old for the services."""
    if sys.platform != "linux":
        raise SandboxError(f"the sandbox needs Linux, this is {sys.platform}", "use a Linux machine or container")
    if sys.version_info[:2] < PYTHON:
        have, want = (".".join(map(str, version)) for version in (sys.version_info[:2], PYTHON))
        raise SandboxError(f"the sandbox needs Python {want} or later, this is {have}", f"run bay with Python {want}")


def check_state(layout: Layout, schema: str) -> None:
    """Raise SandboxError for a state folder that is badly named, too full, or of another version of the services."""
    bad = sorted(set(str(layout.state)) & set(SPECIAL))
    if bad:
        raise SandboxError(
            f"the path {layout.state} has a {bad[0]!r}, which the services take for something else",
            "use a folder without it",
        )
    free = shutil.disk_usage(make_folder(layout.state)).free // 2**20
    if free < SPACE:
        raise _full(layout.state, f"{free} MiB left, the sandbox needs {SPACE} MiB")
    if layout.schema.exists() and layout.schema.read_text(encoding="utf-8") != schema:
        raise SandboxError(
            f"the sandbox in {layout.state} was created by another version of bay",
            "`bay sandbox reset` deletes it; the next start makes a new one",
        )


def check_not_full(state: Path) -> None:
    """Raise SandboxError where the state folder has filled up meanwhile: services say that in many ways."""
    if shutil.disk_usage(state).free < EMPTY:
        raise _full(state, "no space left")


@contextmanager
def explained(*folders: Path) -> Iterator[None]:
    """Turn errors of the file system below ``folders`` into SandboxError."""
    try:
        yield
    except OSError as error:
        place = Path(error.filename) if isinstance(error.filename, str) else folders[0]
        if error.errno in FULL:
            raise _full(place, "no space left") from error
        if error.errno in FORBIDDEN:
            raise SandboxError(
                f"{place} cannot be written: {error.strerror}",
                "give yourself write permission there, or use another folder",
            ) from error
        raise


def _full(place: Path, why: str) -> SandboxError:
    return SandboxError(
        f"the folder {place} is full: {why}", "make room there, or use another folder, then start again"
    )
