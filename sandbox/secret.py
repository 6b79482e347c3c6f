"""The secrets of one sandbox: random, made once, readable by their owner only."""

import base64
import json
import os
import secrets

from bay.components.private_files import write_private
from bay.sandbox import catalog, seeds
from bay.sandbox.layout import Layout

MASTER_KEY = "barbican-master-key"
KEY_REPOSITORIES = ("fernet", "credential")


def ensure(layout: Layout) -> dict[str, str]:
    """Password by user name, and Barbican's master key; made at the first call, the same ones ever after."""
    kept: dict[str, str] = {}
    if layout.passwords.exists():
        kept = json.loads(layout.passwords.read_text(encoding="utf-8"))
    wanted = {
        user: kept.get(user) or secrets.token_urlsafe(24) for user in (*seeds.USERS, *catalog.NAMES, *catalog.EXTRAS)
    }
    wanted[MASTER_KEY] = kept.get(MASTER_KEY) or _fernet_key()
    if wanted != kept:
        write_private(layout.passwords, json.dumps(wanted, indent=1))
    return wanted


def ensure_keystone_keys(layout: Layout) -> None:
    """Fernet keys of Keystone's tokens and credentials: 0 is the staged key, 1 the primary one."""
    for repository in KEY_REPOSITORIES:
        for index in ("0", "1"):
            path = layout.keys / repository / index
            if not path.exists():
                write_private(path, _fernet_key())


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()
