"""Folders and files that are made for their owner alone, whatever the umask is."""

import os
import tempfile
from pathlib import Path


def make_folder(folder: Path) -> Path:
    """Make a folder, and all above it that are not there, for their owner alone; the folder.

    `Path.mkdir(parents=True, mode=...)` gives its mode to the last one only.
    """
    missing = [folder]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
    return folder


def write_private(path: Path, text: str, *, durable: bool = False) -> None:
    """Write a file that only its owner may read, at once or not at all; durable: it outlives a loss of power."""
    make_folder(path.parent)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # made with mode 0600
        file.write(text)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    Path(file.name).replace(path)
    if durable:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
