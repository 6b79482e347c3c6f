"""The passphrase that encrypts a bay's secrets in the state: one a bay, in a file of mode 0600."""

import os
import secrets
from pathlib import Path

from bay.components.errors import BayError
from bay.components.text import command
from bay.stacks.private_files import make_private, write_private
from bay.stacks.settings import Settings


def environment(settings: Settings, bay: str, *, new: bool) -> dict[str, str]:
    """What Pulumi needs for a bay's secrets: the user's own passphrase, else the bay's file (`new`: made here).

    A bay without a file may be one that plain `pulumi` made, with the shared file. Empty where there is
    nothing: Pulumi then says so, if the bay exists.
    """
    if settings.has_own_passphrase:
        return {}
    path = settings.passphrase_file(bay)
    make_private(path.parent, settings.data)
    if new:
        create(path)
    if not path.exists():
        path = settings.shared_passphrase_file
    if not path.exists():
        return {"PULUMI_CONFIG_PASSPHRASE_FILE": ""}
    _check_readable(path)
    return {"PULUMI_CONFIG_PASSPHRASE_FILE": str(path)}


def create(path: Path) -> None:
    """A new random passphrase, unless the file is there."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))


def forget(settings: Settings, bay: str) -> None:
    """Remove the passphrase of a bay that is no more."""
    settings.passphrase_file(bay).unlink(missing_ok=True)


def _check_readable(path: Path) -> None:
    if not os.access(path, os.R_OK):
        raise BayError(
            f"the passphrase file {path} cannot be read", f"{command('chmod', '600', str(path))}, as its owner"
        )
