"""Reads the file of a backup, whole or not at all; `bay.stacks.cluster.backup_format` says what is in one."""

import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from pydantic import ValidationError

from bay.components.node.credentials import Generation
from bay.stacks.cluster.backup_format import DIGEST, MAGIC, PIECE, TAG, VERSION, Cipher, Header, Summary
from bay.stacks.errors import BackupUnusable

HEADER_LIMIT = 1 << 16
"""Bytes of the first two lines at most."""


@dataclass(frozen=True)
class Backup:
    """A file that was found whole, and made by the bay. summary: of the snapshot that `snapshot` reads."""

    file: Path
    header: Header
    summary: Summary
    keys: Generation

    def snapshot(self) -> Iterator[bytes]:
        """The snapshot, piece by piece; BackupUnusable where the file has changed since it was opened."""
        pieces = _pieces(self.file, self.header, self.keys)
        yield from (data for data, is_last in pieces if not is_last)


def read_header(file: Path) -> Header:
    """What a file says of itself, nothing of it checked; BackupUnusable where it is no backup of this version."""
    with _opened(file) as opened:
        return _read_header(file, opened)[0]


def open_backup(file: Path, bay: str, bay_id: str, generations: Sequence[Generation]) -> Backup:
    """Read all of a file; BackupUnusable where it is damaged, or not a backup of this bay. Nothing is kept of it.

    generations: the bay's keys, of which the file names one.
    """
    header = read_header(file)
    _require_whole(file)
    if header.bay_id != bay_id:
        raise BackupUnusable(
            f"{file} is a backup of another bay: {header.bay} (bay:id {header.bay_id}), not of {bay} ({bay_id})",
            "a backup opens only with the state of its own bay; 'bay show NAME -c id' says which bay has which id",
        )
    keys = next((one for one in generations if int(one["serial"]) == header.serial), None)
    if keys is None:
        raise BackupUnusable(
            f"{file} was encrypted with keys that bay {bay} has no more (generation {header.serial})",
            "take one that was made since the bay's keys were rotated",
        )
    size, content = 0, hashlib.sha256()
    for data, is_last in _pieces(file, header, keys):
        if is_last:
            summary = _summary(file, data)
        else:
            size += len(data)
            content.update(data)
    if (summary.size, summary.sha256) != (size, content.hexdigest()):
        raise _damaged(file, "its content is not what its end says")
    return Backup(file, header, summary, keys)


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise BackupUnusable(f"{file}: {error.strerror}", "name a file that 'bay backup' made") from None


def _read_header(file: Path, opened: BinaryIO) -> tuple[Header, bytes]:
    """The header, and the bytes that it was read from."""
    try:
        first = opened.readline(HEADER_LIMIT)
        second = opened.readline(HEADER_LIMIT)
    except OSError as error:
        raise BackupUnusable(f"{file}: {error.strerror}", "name a file that 'bay backup' made") from None
    version = first.removeprefix(MAGIC).strip()
    if not first.startswith(MAGIC) or not first.endswith(b"\n") or not version.isdigit():
        raise BackupUnusable(f"{file} is no backup of a bay", "name a file that 'bay backup' made")
    if int(version) != VERSION:
        raise BackupUnusable(
            f"{file} is a backup of version {int(version)}; this bay command reads version {VERSION}",
            "restore it with the release that made it, or a later one",
        )
    try:
        return Header.model_validate_json(second), first + second
    except ValidationError:
        raise _damaged(file, "its header cannot be read") from None


def _require_whole(file: Path) -> None:
    """Also without the bay's keys it can be told whether anything was lost or changed by accident."""
    digest, size = hashlib.sha256(), file.stat().st_size
    with _opened(file) as opened:
        left = size - DIGEST
        while left > 0 and (data := opened.read(min(PIECE, left))):
            digest.update(data)
            left -= len(data)
        if left or opened.read() != digest.digest():
            raise _damaged(file, "its checksum is wrong")


def _pieces(file: Path, header: Header, keys: Generation) -> Iterator[tuple[bytes, bool]]:
    """What was sealed, piece by piece, and whether it is the last one."""
    with _opened(file) as opened:
        again, begin = _read_header(file, opened)
        if again != header:
            raise _damaged(file, "it has changed while it was read")
        cipher, end = Cipher(header, keys, begin), file.stat().st_size - DIGEST
        number, is_last = 0, False
        while not is_last:
            sealed = _read_sealed(file, opened, end)
            is_last = opened.tell() == end
            try:
                yield cipher.open(number, sealed, is_last), is_last
            except InvalidTag:
                raise BackupUnusable(
                    f"{file} was not written with the keys of bay {header.bay}, or somebody has changed it",
                    "do not trust it; take another backup",
                ) from None
            number += 1


def _read_sealed(file: Path, opened: BinaryIO, end: int) -> bytes:
    prefix = opened.read(4)
    size = struct.unpack(">I", prefix)[0] if len(prefix) == 4 else 0
    if not TAG <= size <= PIECE + TAG or opened.tell() + size > end:
        raise _damaged(file, "a piece of it has a wrong length")
    return opened.read(size)


def _summary(file: Path, data: bytes) -> Summary:
    try:
        return Summary.model_validate(json.loads(data))
    except (ValueError, ValidationError):
        raise _damaged(file, "its end cannot be read") from None


def _damaged(file: Path, why: str) -> BackupUnusable:
    return BackupUnusable(f"{file} is damaged: {why}", "take another backup, or another copy of this one")
