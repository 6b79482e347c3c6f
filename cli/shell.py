"""The lines of `bay env`: a shell in which `pulumi`, `openstack` and `bay` talk to the same things."""

import shlex
from collections.abc import Iterator

from bay.stacks import settings
from bay.stacks.context import Session
from bay.stacks.state import passphrase


def exports(session: Session, bay: str | None) -> Iterator[str]:
    """``export NAME=value`` lines, with the passphrase of `bay`, else the one of stacks that plain `pulumi` makes."""
    if not session.settings.passphrase_given:
        passphrase.make(session.settings.shared_passphrase_file)
    engine = session.engine(bay or settings.SHARED)
    for name, value in sorted({**engine.environment, **session.pinned}.items()):
        yield f"export {name}={shlex.quote(value)}"
    for name in session.unset:
        yield f"unset {name}"
