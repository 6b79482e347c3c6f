"""Copies of a bay's state in a ``file://`` backend that an earlier passphrase opens: found, and removed."""

import gzip
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bay.stacks.settings import PROJECT
from bay.stacks.state.file_backend import ATTRIBUTES, COPY
from bay.stacks.state.file_listing import HISTORY

SALT = re.compile(rb'"salt":\s*"([^"]+)"')
CHECKPOINT = ".checkpoint.json"
KEPT = ".kept-"
"""In the name of a journal of a state that somebody has replaced: it stays until a person removes it."""


@dataclass(frozen=True)
class OldCopies:
    """files: that another salt than the state's own is in, or nobody knows which. kept: journals, left for a person."""

    files: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()


def find(folder: Path, name: str, salt: str) -> OldCopies:
    """salt: of the state as it is now, or as it is before a rotation: then every copy is one that will be old."""
    base = folder / ".pulumi"
    copies = (file for file in _copies(base, name) if not file.name.endswith(ATTRIBUTES))
    journals = (file for part in ("journals", "journal-batches") for file in (base / part / PROJECT / name).rglob("*"))
    kept = (file for file in journals if KEPT in str(file.relative_to(base)) and file.is_file())
    return OldCopies(tuple(sorted(file for file in copies if not _is_of(file, salt))), tuple(sorted(kept)))


def remove(folder: Path, name: str, salt: str) -> int:
    """Remove those that `salt` is not in, last Pulumi's copy of the step before, which becomes one of the state.

    So does the copy that the last run left in the history, by which bay knows that nothing happened since. How many
    there were. Interrupted, it is done again.
    """
    state = folder / ".pulumi" / "stacks" / PROJECT / f"{name}.json"
    before = state.with_name(state.name + COPY)
    found = find(folder, name, salt).files
    for file in sorted(found, key=lambda file: file == before):
        renews = file == before or (_is_newest(file) and _same(file, before))
        if renews and state.exists():
            _replace(file, state)
        else:
            file.unlink(missing_ok=True)
        file.with_name(file.name + ATTRIBUTES).unlink(missing_ok=True)
    return len(found)


def _copies(base: Path, name: str) -> Iterator[Path]:
    yield from (base / "stacks" / PROJECT).glob(f"{name}.json*{COPY}*")
    yield from (base / "history" / PROJECT / name).glob(f"*{CHECKPOINT}*")
    yield from (base / "backups" / PROJECT / name).glob("*.json*")


def _is_of(file: Path, salt: str) -> bool:
    """Whether a copy has no salt but this one; without any it has no secret. One that cannot be read is of any."""
    if ".zst" in file.suffixes:
        return False
    try:
        content = file.read_bytes()
        plain = gzip.decompress(content) if ".gz" in file.suffixes else content
    except (OSError, EOFError, zlib.error):
        return False
    return set(SALT.findall(plain)) <= {salt.encode()}


def _is_newest(file: Path) -> bool:
    runs = file.parent.glob(f"*{HISTORY}")
    return file.name.endswith(CHECKPOINT) and file.name.removesuffix(CHECKPOINT) == max(
        (run.name.removesuffix(HISTORY) for run in runs), default=""
    )


def _same(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.read_bytes() == other.read_bytes()
    return False


def _replace(file: Path, state: Path) -> None:
    spare = file.with_name(f"{file.name}.whole")
    shutil.copy(state, spare)
    spare.replace(file)
