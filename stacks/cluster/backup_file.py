"""The file of a backup: encrypted with the bay's own keys, and whole or refused.

::

    bay-backup 1\\n
    {"bay": "physics", "bay_id": ..., "salt": ...}\\n     the header, in the clear
    length (4 bytes, big-endian), AES-256-GCM             1 MiB of the snapshot, again and again
    length, AES-256-GCM                                   the last one: a `Summary` of all before
    SHA-256                                               of every byte before

The key is derived (HKDF) from two private keys of the bay's identity and the salt of the file, so a state opens every
file of its bay and of no other. Each piece is bound to the header, to its place and to whether it is the last one.
"""

import hashlib
import json
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, ValidationError

from bay.components.node.credentials import Generation
from bay.stacks.errors import BackupUnusable

SUFFIX = ".bay-backup"
MAGIC, VERSION = b"bay-backup ", 1
HEADER_LIMIT = 1 << 16
"""Bytes of the first two lines at most."""
PIECE = 1 << 20
"""Bytes of a snapshot that are encrypted together."""
TAG, DIGEST = 16, 32
"""Bytes that GCM adds to each piece, and of a SHA-256."""

Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Header(BaseModel):
    """What a backup says of itself. serial: of the bay's generation of keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bay: str
    bay_id: str
    coe: str
    master: str
    created: AwareDatetime
    serial: int
    salt: Hex


class Summary(BaseModel):
    """Of the snapshot in a backup: its length in bytes, its SHA-256, and the version of the engine, as that says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int
    sha256: Hex
    version: str


def new_header(bay: str, bay_id: str, coe: str, master: str, created: datetime, keys: Generation) -> Header:
    """With a salt of its own, so that no two files have the same key."""
    salt, serial = os.urandom(32).hex(), int(keys["serial"])
    return Header(bay=bay, bay_id=bay_id, coe=coe, master=master, created=created, serial=serial, salt=salt)


class Writer:
    """Encrypts a snapshot into a file that was opened for writing; what `close` has not ended is no backup."""

    def __init__(self, file: BinaryIO, header: Header, keys: Generation) -> None:
        self._file, self._digest, self._content = file, hashlib.sha256(), hashlib.sha256()
        self._rest, self._size, self._pieces = bytearray(), 0, 0
        begin = MAGIC + b"%d\n" % VERSION + header.model_dump_json().encode() + b"\n"
        self._cipher = _Cipher(header, keys, begin)
        self._put(begin)

    def write(self, data: bytes) -> None:
        """The next bytes of the snapshot, as many as there are."""
        self._content.update(data)
        self._size += len(data)
        self._rest += data
        while len(self._rest) >= PIECE:
            self._piece(bytes(self._rest[:PIECE]))
            del self._rest[:PIECE]

    def close(self, version: str = "") -> Summary:
        """End the file; its content is on the disk afterwards. version: of the engine."""
        if self._rest:
            self._piece(bytes(self._rest))
        summary = Summary(size=self._size, sha256=self._content.hexdigest(), version=version)
        self._piece(summary.model_dump_json().encode(), is_last=True)
        self._file.write(self._digest.digest())
        self._file.flush()
        os.fsync(self._file.fileno())
        return summary

    def _piece(self, data: bytes, *, is_last: bool = False) -> None:
        sealed = self._cipher.seal(self._pieces, data, is_last)
        self._pieces += 1
        self._put(struct.pack(">I", len(sealed)) + sealed)

    def _put(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)


class _Cipher:
    """Of one file; begin: its bytes before the first piece."""

    def __init__(self, header: Header, keys: Generation, begin: bytes) -> None:
        secret = f"{keys['ca_key']}\0{keys['ssh_host_key']}".encode()
        info = f"bay backup {VERSION} {header.bay_id}".encode()
        key = HKDF(hashes.SHA256(), 32, bytes.fromhex(header.salt), info).derive(secret)
        self._gcm, self._begin = AESGCM(key), hashlib.sha256(begin).digest()

    def seal(self, number: int, data: bytes, is_last: bool) -> bytes:
        return self._gcm.encrypt(_nonce(number, is_last), data, self._begin)

    def open(self, number: int, sealed: bytes, is_last: bool) -> bytes:
        """InvalidTag for whatever was not sealed so."""
        return self._gcm.decrypt(_nonce(number, is_last), sealed, self._begin)


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


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
        cipher, end = _Cipher(header, keys, begin), file.stat().st_size - DIGEST
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
