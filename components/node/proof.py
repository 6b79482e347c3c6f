"""How a server proves its name to the masters: each has a word of its own, made of its name with a key of theirs.

A join key says only that its holder is some server of the bay, since all servers of a group have the same user data.
The word is the one thing that differs, so it is added to the packed data of each.
"""

import hmac
from dataclasses import dataclass

from bay.components.node import cloudinit
from bay.components.node.cloudinit import File
from bay.components.node.credentials import Generation
from bay.components.node.user_data import SETTINGS

PROOF = f"{SETTINGS}/proof"
"""File of a server's own word, for root."""
LENGTH = 32
"""Hexadecimal digits of a word: 128 bits, which nobody guesses at a door that takes some requests a second."""


def proof_key(keys: Generation) -> str:
    """The masters' key, hexadecimal: no node can make it, since it comes from a key that only masters hold."""
    return hmac.digest(keys["join_master_key"].encode(), b"bay: names of servers", "sha256").hex()


def proof(key: str, name: str) -> str:
    """A server's word. key: see `proof_key`."""
    return hmac.digest(bytes.fromhex(key), name.encode(), "sha256").hex()[:LENGTH]


@dataclass(frozen=True)
class GroupData:
    """User data of a group's servers. common: packed, without their words. key: see `proof_key`."""

    common: str
    key: str

    def of(self, name: str) -> str:
        """User data of one server, packed."""
        return cloudinit.with_file(self.common, File(PROOF, f"{proof(self.key, name)}\n", "0600"))
