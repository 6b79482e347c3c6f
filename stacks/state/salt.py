"""What a state says of its passphrase: Pulumi's salt, with which one can be tried, and which stands for it."""

import base64
import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ROUNDS = 1_000_000
"""Of PBKDF2 with SHA-256 for a key of 32 bytes (Pulumi's SDK: sdk/go/common/resource/config, crypt.go)."""
PROOF = b"pulumi"
"""What is encrypted beside the salt, for whoever wants to try a passphrase (Pulumi: pkg/secrets/passphrase)."""


def new_salt(words: str) -> str:
    """A salt for a stack that is encrypted with these words; takes a third of a second, as in Pulumi."""
    salt, nonce = secrets.token_bytes(8), secrets.token_bytes(12)
    sealed = AESGCM(_key(words, salt)).encrypt(nonce, PROOF, None)
    return f"v1:{_text(salt)}:v1:{_text(nonce)}:{_text(sealed)}"


def opens(words: str, salt: str) -> bool:
    """Whether a state with this salt is encrypted with these words."""
    try:
        _, own, _, nonce, sealed = salt.split(":")
        key = _key(words, base64.b64decode(own))
        return AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None) == PROOF
    except (InvalidTag, ValueError):
        return False


def _key(words: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", words.encode(), salt, ROUNDS, 32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
