"""Whether a passphrase opens the secrets of a state, told from what Pulumi keeps to check it: no process is started."""

import base64
import binascii

ROUNDS = 1_000_000
"""Of PBKDF2, as Pulumi's own (sdk/go/common/resource/config/crypt.go)."""
CHECK = b"pulumi"
"""What Pulumi encrypts beside the salt, to find out later whether a passphrase is the right one."""


def opens(salt: str, passphrase: str) -> bool:
    """salt: ``v1:SALT:v1:NONCE:CIPHERTEXT`` as `secrets_providers.state.salt` of a deployment has it.

    Pulumi strips a passphrase from a file, so blanks around it do not count. Takes a third of a second.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    try:
        _, salted, _, nonce, ciphertext = salt.split(":")
        derive = PBKDF2HMAC(hashes.SHA256(), 32, base64.b64decode(salted), ROUNDS)
        key = derive.derive(passphrase.strip().encode())
        return AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(ciphertext), None) == CHECK
    except (ValueError, binascii.Error, InvalidTag):
        return False
