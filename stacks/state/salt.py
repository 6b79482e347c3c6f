"""What a state says of its passphrase: Pulumi's salt, with which one can be tried, and which stands for it."""

import base64
import hashlib
import secrets

ROUNDS = 1_000_000
"""Of PBKDF2 with SHA-256 for a key of 32 bytes (Pulumi's SDK: sdk/go/common/resource/config/crypt.go)."""
PROOF = b"pulumi"
"""What is encrypted beside the salt, for whoever wants to try a passphrase (Pulumi: pkg/secrets/passphrase)."""


def new_salt(passphrase: str) -> str:
    """A salt for a stack that is encrypted with this; takes a third of a second, as in Pulumi."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = secrets.token_bytes(8), secrets.token_bytes(12)
    sealed = AESGCM(_key(salt, passphrase)).encrypt(nonce, PROOF, None)
    return f"v1:{_text(salt)}:v1:{_text(nonce)}:{_text(sealed)}"


def opens(salt: str, passphrase: str) -> bool:
    """Whether a passphrase opens the secrets of a state, told without a process.

    salt: ``v1:SALT:v1:NONCE:CIPHERTEXT`` as `secrets_providers.state.salt` of a deployment has it. Pulumi strips a
    passphrase from a file, so blanks around it do not count. Takes a third of a second.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        _, salted, _, nonce, sealed = salt.split(":")
        key = _key(base64.b64decode(salted), passphrase.strip())
        return AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None) == PROOF
    except (InvalidTag, ValueError):
        return False


def _key(salt: bytes, passphrase: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, ROUNDS, 32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
