"""The files of a ``file://`` state: read without Pulumi, and repaired where a write left them half done."""

import json
import logging
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bay.stacks.state.file_listing import COMPRESSED, is_by_project

LOG = logging.getLogger(__name__)

TORN = ("failed to load checkpoint: EOF", "failed to load checkpoint: place 1: unexpected end of JSON input")
"""What Pulumi says of an empty file of attributes, and of a state that was cut short.

Attributes are written without care, so that a reader may come in between. Of a state, a write that finds the disk full
puts what it could write in the state's place (gocloud.dev/blob closes a failed writer as if it had succeeded) before
Pulumi tries again; where Pulumi ends meanwhile, that is what stays.
"""
ATTRIBUTES = ".attrs"
"""What Pulumi appends to the name of a state's file for its file of attributes, which it can do without."""
JOURNALS = ".pulumi/journals/*/*/*"
"""What operations that run, or were killed, have done: it gets into the state at their end (docs/decisions/0056)."""
COPY = ".bak"
"""What it appends for the copy that it writes before each change; where there is no room for one, the last stays."""

STATES = ".pulumi/stacks/**/*.json"
"""Pattern of the states in the folder of a ``file://`` backend."""
LOCKS = ".pulumi/locks/organization/{project}/{stack}"
"""Folder of a stack's locks: a file for each Pulumi that holds it, with who that is."""

LAYOUT = 3
"""Version of what is in such a file: `checkpoint.latest` is what `pulumi stack export` prints as `deployment`."""


def read_deployment(folder: Path, project: str, stack: str) -> Mapping[str, Any] | None:
    """What Pulumi wrote last, secrets encrypted; None where that is not told from the file: ask Pulumi then.

    `pulumi stack export` takes 0.2 s for 100 nodes to print the same (docs/speed.md). That Pulumi reads this file, and
    no other one, has to be sure: what is read here is what is checked.
    """
    if not _reads_plain_file(folder, project, stack):
        return None
    try:
        content = json.loads((folder / ".pulumi" / "stacks" / project / f"{stack}.json").read_bytes())
        latest = content["checkpoint"]["latest"] if content["version"] == LAYOUT else None
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return latest if isinstance(latest, dict) else None


def _reads_plain_file(folder: Path, project: str, stack: str) -> bool:
    """Whether Pulumi keeps stacks by project there, and has no compressed file beside this one."""
    states = folder / ".pulumi" / "stacks" / project
    return is_by_project(folder) and not any((states / f"{stack}.json{ending}").exists() for ending in COMPRESSED)


Files = Mapping[str, tuple[int, int, int]]
"""Path below the folder of a state -> inode, size, and time of the last change in nanoseconds."""


def files_of(folder: Path, project: str, stack: str) -> Files:
    """The files that a stack's state is read from: while they are the same, so is what they hold."""
    states = (folder / ".pulumi" / "stacks" / project).glob(f"{stack}.json*")
    journals = (folder / ".pulumi" / "journals" / project / stack).glob("*")
    found = {}
    for file in (*states, *journals):
        with suppress(FileNotFoundError):
            known = file.stat()
            found[str(file.relative_to(folder))] = (known.st_ino, known.st_size, known.st_mtime_ns)
    return found


def has_stack(folder: Path, project: str, stack: str) -> bool:
    """Whether a ``file://`` state has a stack of this name, plain or compressed."""
    return any((folder / ".pulumi" / "stacks" / project).glob(f"{stack}.json*"))


@dataclass(frozen=True)
class LockHolder:
    """The process that holds a stack, as its lock says. since: when it took it, in UTC; empty where it does not say."""

    pid: int
    user: str
    host: str
    file: Path
    since: str = ""

    @property
    def is_dead(self) -> bool:
        """Whether it was on this machine, and is no more; its number may be another process's by now."""
        from bay.stacks.processes import runs  # shell completion reads names here, and needs no psutil

        return self.host == socket.gethostname() and not runs(self.pid, "pulumi")


def lock_holders(folder: Path, project: str, stack: str) -> Iterator[LockHolder]:
    """Who holds a stack of a ``file://`` state."""
    for file in folder.glob(f"{LOCKS.format(project=project, stack=stack)}/*.json"):
        with suppress(OSError, ValueError, TypeError, KeyError):  # begun, or none
            lock = json.loads(file.read_bytes())
            pid, user, host = int(lock["pid"]), str(lock["username"]), str(lock["hostname"])
            yield LockHolder(pid, user, host, file, str(lock.get("timestamp", "")))


def is_torn_read(text: str) -> bool:
    """Whether Pulumi stopped at a file that is half written, which it does before it changes anything."""
    return any(words in text for words in TORN)


def repair(folder: Path) -> tuple[bool, list[str]]:
    """Take away attributes that were only begun, and put the copy in the place of a state that was cut short.

    What the cloud has beyond that copy is found by the bay's mark, as after a kill. Takes no room on the disk.
    Returns whether there was anything to do, and the names of the stacks that were cut short.
    """
    attributes = [file for file in folder.rglob(f"*{ATTRIBUTES}") if not file.stat().st_size]
    for file in attributes:
        file.unlink(missing_ok=True)
    short = list(_cut_short(folder))
    for file in short:
        LOG.warning("%s was cut short: its copy of a step before takes its place", file)
        _put(copy_of(file), file)
    return bool(attributes or short), [file.stem for file in short]


def _put(copy: Path, file: Path) -> None:
    """Two names for one copy: the next write may find the disk full again, and neither is ever written in place."""
    spare = file.with_name(f"{file.name}.whole")
    try:
        spare.unlink(missing_ok=True)
        spare.hardlink_to(copy)
    except OSError:  # of a file system without hard links
        spare = copy
    spare.replace(file)


def largest(folder: Path) -> int:
    """Bytes of the largest state in the folder and of the longest journal: what one more write of any may take."""
    return sum(max(map(_size, folder.glob(pattern)), default=0) for pattern in (STATES, JOURNALS))


def copy_of(file: Path) -> Path:
    """Pulumi's copy of a state's file."""
    return file.with_name(file.name + COPY)


def _cut_short(folder: Path) -> Iterator[Path]:
    for file in folder.glob(STATES):
        if not _is_json(file) and _is_json(copy_of(file)):
            yield file


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # removed meanwhile
        return 0


def _is_json(file: Path) -> bool:
    try:
        json.loads(file.read_bytes())
    except (OSError, ValueError):
        return False
    return True
