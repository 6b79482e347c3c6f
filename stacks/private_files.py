"""Folders and files that are their owner's alone: those that are not are found and closed."""

import os
from collections.abc import Iterator
from pathlib import Path

from bay.components.errors import BayError
from bay.components.text import command


def make_private(folder: Path, top: Path) -> None:
    """Take away from others what they may do in a folder and in those above it, up to `top`, as far as they are there.

    BayError for one of another user, who could put a file of theirs in the place of ours.
    """
    for one in _up_to(folder, top):
        state = one.stat()
        if not {one.lstat().st_uid, state.st_uid} <= {os.geteuid(), 0}:  # a link is as good as who made it
            raise BayError(f"{one} is not yours, so what is in it is not trusted", "move it away, or take it over")
        if state.st_mode & 0o077 and state.st_uid == os.geteuid():
            one.chmod(0o700)


def _up_to(folder: Path, top: Path) -> Iterator[Path]:
    chain = [folder, *folder.parents]
    return (one for one in chain[: chain.index(top) + 1] if os.path.lexists(one))


def faults(top: Path, *parts: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a folder and the files below these parts of it, and the command that mends it."""
    folders = [top, *(top / part for part in parts)]
    for one in [*folders, *(file for folder in folders[1:] for file in sorted(folder.rglob("*")))]:
        if not os.path.lexists(one) or one.is_symlink():
            continue
        state = one.stat()
        if state.st_uid not in (os.geteuid(), 0):
            yield f"{one} belongs to another user", command("sudo", "chown", str(os.geteuid()), str(one))
        elif state.st_mode & 0o077:
            yield f"others may look into {one}", command("chmod", "go=", str(one))


def is_open(folder: Path) -> bool:
    """Whether others may look into a folder that is there."""
    return folder.is_dir() and bool(folder.stat().st_mode & 0o077)
