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
from typing import Annotated

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from bay.components.node.credentials import Generation

SUFFIX = ".bay-backup"
MAGIC, VERSION = b"bay-backup ", 1
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


class Cipher:
    """Of one file; begin: its bytes before the first piece."""

    def __init__(self, header: Header, keys: Generation, begin: bytes) -> None:
        secret = f"{keys['ca_key']}\0{keys['ssh_host_key']}".encode()
        info = f"bay backup {VERSION} {header.bay_id}".encode()
        key = HKDF(hashes.SHA256(), 32, bytes.fromhex(header.salt), info).derive(secret)
        self._gcm, self._begin = AESGCM(key), hashlib.sha256(begin).digest()

    def seal(self, number: int, data: bytes, is_last: bool) -> bytes:
        """The piece of this number, from 0."""
        return self._gcm.encrypt(_nonce(number, is_last), data, self._begin)

    def open(self, number: int, sealed: bytes, is_last: bool) -> bytes:
        """InvalidTag for whatever was not sealed so."""
        return self._gcm.decrypt(_nonce(number, is_last), sealed, self._begin)


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
