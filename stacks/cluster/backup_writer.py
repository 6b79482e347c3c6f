"""Writes the file of a backup; `bay.stacks.cluster.backup_format` says what is in one."""

import hashlib
import os
import struct
from datetime import datetime
from typing import BinaryIO

from bay.components.node.credentials import Generation
from bay.stacks.cluster.backup_format import MAGIC, PIECE, VERSION, Cipher, Header, Summary


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
        self._cipher = Cipher(header, keys, begin)
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
