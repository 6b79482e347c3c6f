"""The files of a ``file://`` state: read without the engine, and mended where a write left them half done."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bay.cli.console.output import say

SAYINGS = ("failed to load checkpoint: EOF", "failed to load checkpoint: place 1: unexpected end of JSON input")
"""What the engine says of an empty file of attributes, and of a state that was cut short.

Attributes are written without care, so that a reader may come in between. Of a state, a write that finds the disk full
puts what it could write in the state's place (gocloud.dev/blob closes a failed writer as if it had succeeded) before
the engine tries again; where the engine ends meanwhile, that is what stays.
"""
ATTRIBUTES = ".attrs"
"""What the engine appends to the name of a state's file for its file of attributes, which it can do without."""
COPY = ".bak"
"""What it appends for the copy that it makes before each write; where there is no room for one, the last stays."""

STATES = ".pulumi/stacks/**/*.json"
"""Pattern of the states in the folder of a ``file://`` backend."""


LAYOUT = 3
"""Version of what is in such a file: `checkpoint.latest` is what `pulumi stack export` prints as `deployment`."""


def deployment(folder: Path, project: str, stack: str) -> Mapping[str, Any] | None:
    """What the engine wrote last, secrets encrypted; None where that is not told from the file: ask the engine then.

    `pulumi stack export` takes 0.2 s for 100 nodes to print the same (docs/speed.md).
    """
    try:
        content = json.loads((folder / ".pulumi" / "stacks" / project / f"{stack}.json").read_bytes())
        latest = content["checkpoint"]["latest"] if content["version"] == LAYOUT else None
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return latest if isinstance(latest, dict) else None


def said(text: str) -> bool:
    """Whether the engine stopped at such a file, which it does before it changes anything."""
    return any(saying in text for saying in SAYINGS)


def mend(folder: Path) -> bool:
    """Take away attributes that were only begun, and put the copy in the place of a state that was cut short.

    What the cloud has beyond that copy is found by the bay's mark, as after a kill. Takes no room on the disk.
    Returns whether there was anything to do.
    """
    attributes = [file for file in folder.rglob(f"*{ATTRIBUTES}") if not file.stat().st_size]
    for file in attributes:
        file.unlink(missing_ok=True)
    short = list(_cut_short(folder))
    for file in short:
        _put(copy_of(file), file)
        say(f"the state of bay {file.stem} was cut short by a full disk; its copy of a step before takes its place")
    return bool(attributes or short)


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
    """Bytes of the largest state in the folder: what one more write of any may take."""
    return max(map(_size, folder.glob(STATES)), default=0)


def copy_of(file: Path) -> Path:
    """The engine's copy of a state's file."""
    return file.with_name(file.name + COPY)


def _cut_short(folder: Path) -> Iterator[Path]:
    for file in folder.glob(STATES):
        if not _whole(file) and _whole(copy_of(file)):
            yield file


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # removed meanwhile
        return 0


def _whole(file: Path) -> bool:
    try:
        json.loads(file.read_bytes())
    except (OSError, ValueError):
        return False
    return True
