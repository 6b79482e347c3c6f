"""Folders that are there whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: What the names of unfinished folders end with. A build that is killed leaves them, the next one removes them.
UNFINISHED = ".part"


@contextmanager
def making(place: Path) -> Iterator[Path]:
    """A new folder that takes the place at once when the block is done, and goes when it fails or is interrupted."""
    unfinished = place.with_name(f"{place.name}{UNFINISHED}")
    unfinished.mkdir()
    try:
        yield unfinished
        if place.exists():  # files of it had been removed
            shutil.rmtree(place)
        unfinished.rename(place)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def remove_unfinished(folder: Path) -> None:
    """Remove what killed builds have left in the folder; only for who holds its lock."""
    for leftover in folder.glob(f"*{UNFINISHED}"):
        shutil.rmtree(leftover)


def link_or_copy(source: Path, target: Path) -> None:
    """The file under another name, sharing its disk space where the file system can."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)
