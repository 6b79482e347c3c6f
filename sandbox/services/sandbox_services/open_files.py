"""The SQLite files that a process has open, as the kernel knows it."""

import os
from dataclasses import dataclass
from pathlib import Path

SQLITE = ".sqlite"
"""In the names of all databases of the sandbox, and of the -wal, -shm and -journal beside them."""
DELETED = " (deleted)"  # what the kernel adds to the path of a file that is no more: proc_pid_fd(5)


@dataclass(frozen=True)
class OpenFile:
    """``path`` is the one under which it was opened; ``identity`` its device and inode."""

    path: Path
    identity: tuple[int, int]


def sqlite_files(process: int | str = "self") -> set[OpenFile]:
    """Those of a process of this user; none of one that has ended."""
    found = set()
    for link in _descriptors(process):
        try:
            target, state = os.readlink(link), os.stat(link)
        except OSError:  # closed meanwhile
            continue
        path = Path(target.removesuffix(DELETED))
        if SQLITE in path.name:
            found.add(OpenFile(path, (state.st_dev, state.st_ino)))
    return found


def find_replaced(files: set[OpenFile]) -> list[str]:
    """Names of those whose path means another file by now, or none: what is written into them is lost."""
    return sorted(file.path.name for file in files if _identity(file.path) != file.identity)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino


def _descriptors(process: int | str) -> list[str]:
    folder = f"/proc/{process}/fd"
    try:
        return [f"{folder}/{number}" for number in os.listdir(folder)]
    except OSError:
        return []
