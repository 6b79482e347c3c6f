"""The lines of `bay env`: a shell in which `pulumi`, `openstack` and `bay` talk to the same things."""

import os
import secrets
import shlex
from collections.abc import Iterator

from bay.cli import settings
from bay.cli.session import Session


def exports(session: Session) -> Iterator[str]:
    """``export NAME=value`` lines; one passphrase for the stacks that plain `pulumi` makes."""
    engine = session.engine("")
    passphrase = session.settings.passphrase_file("pulumi")
    if not session.settings.passphrase_given and not passphrase.exists():
        settings.write_private(passphrase, secrets.token_urlsafe(32))
    variables = {**engine.environment, **session.pinned}
    if not session.settings.passphrase_given:
        variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase)
    for name, value in sorted(variables.items()):
        yield f"export {name}={shlex.quote(value)}"
    for name in settings.leftover_variables(os.environ):
        yield f"unset {name}"
