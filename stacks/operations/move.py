"""Moves a bay's state to another backend: whole, checked, and never in none of the two."""

import logging
import shutil

from bay.components.errors import BayError, InvalidInput
from bay.components.text import without_passwords
from bay.stacks.context import Context
from bay.stacks.errors import AlreadyExists, Locked, NotFound
from bay.stacks.opening import opened, opened_for_change
from bay.stacks.settings import PROJECT
from bay.stacks.stack import BayStack, content_of
from bay.stacks.state import lock, passphrase
from bay.stacks.state.disk import require_space, require_writable

LOG = logging.getLogger(__name__)


def move(context: Context, name: str, to: str) -> str:
    """Put the state of a bay, with its history and passphrase, into another backend; the URL of that.

    The old one is removed once the new one was read and found the same. Run again after an interruption, it goes on.
    AlreadyExists where the other state has another bay of the name.
    """
    target = context.at(to)
    where = without_passwords(target.settings.state)
    if target.settings.state_key == context.settings.state_key:
        raise InvalidInput(f"bay {name} is in {where} already", "name another state with --to")
    try:
        with opened_for_change(context, name) as old, lock.held(target.settings.lock_file(name), name):
            require_writable(target.settings)
            require_space(target.settings)
            passphrase.require_not_rotating(context.settings, name)
            passphrase.copy(context.settings, target.settings, name)
            with opened(target, name, new=True) as new:
                _copy(old, new, where)
                _remove(old, new)
    except NotFound:
        if not _is_there(target, name):
            raise
        context.notify(name, "moved-already", f"bay {name} is in {where} already, and nowhere else")
    passphrase.forget(context.settings, name)
    return where


def _copy(old: BayStack, new: BayStack, where: str) -> None:
    """Nothing where an interrupted move has done so."""
    if new.exists and any(content_of(new.stored_deployment.deployment or {})):  # Pulumi's `stack init` writes a salt
        if not _same(old, new):
            raise AlreadyExists(
                f"{where} has another bay {old.name}, or a later state of this one",
                f"'bay show {old.name} --state URL' shows each of the two; remove the one that is wrong",
            )
        LOG.info("%s: an interrupted move has copied it already", old.name)
        return
    new.take_over(old)
    if not _same(old, new):
        raise BayError(f"what {where} has now is not what was written there", "nothing was removed: run the same again")


def _same(old: BayStack, new: BayStack) -> bool:
    """Whether both hold the same, secrets in the clear: so the new one is read as any command will read it."""
    return content_of(old.secrets()) == content_of(new.secrets())


def _remove(old: BayStack, new: BayStack) -> None:
    """The old one, unless it was changed meanwhile by somebody who is not kept apart by bay's own lock."""
    _copy_history(old, new)
    if not _same(old, new):
        raise Locked(f"bay {old.name} was changed while it was copied", "nothing was removed: run the same again")
    old.forget()


def _copy_history(old: BayStack, new: BayStack) -> None:
    """Of runs, between folders; other backends have no way to take it, and a bay needs none."""
    source, target = old.pulumi.state_folder, new.pulumi.state_folder
    if source is None or target is None:
        new.notify("history-left", f"the history of the runs of bay {old.name} stays where it was: Pulumi moves none")
        return
    runs = source / ".pulumi" / "history" / PROJECT / old.name
    if runs.is_dir():
        shutil.copytree(runs, target / runs.relative_to(source), dirs_exist_ok=True)


def _is_there(target: Context, name: str) -> bool:
    try:
        with opened(target, name) as bay:
            return bool(bay.state.resources)
    except NotFound:
        return False
