"""The passphrase that encrypts a bay's secrets in the state: one a bay, in a file of mode 0600."""

import os
import secrets
from pathlib import Path

from bay.components.errors import BayError, InvalidInput
from bay.components.private_files import make_folder, write_private
from bay.components.text import command
from bay.stacks.child_environment import PASSPHRASE
from bay.stacks.private_files import make_private
from bay.stacks.settings import Settings
from bay.stacks.state import salt

FILE = "PULUMI_CONFIG_PASSPHRASE_FILE"


def environment(settings: Settings, bay: str, *, new: bool) -> dict[str, str]:
    """What Pulumi needs for a bay's secrets: the user's own passphrase, else the bay's file (`new`: made here).

    Keys are never encrypted with an empty passphrase: `PULUMI_CONFIG_PASSPHRASE` of nothing counts as not given, and an
    empty file is refused for a new bay. A bay without a file may be one that plain `pulumi` made, with the shared
    file. Empty where there is nothing: Pulumi then says so, if the bay exists.
    """
    if settings.has_own_passphrase:
        _check_own(settings, new=new)
        return {}
    path = settings.passphrase_file(bay)
    make_private(path.parent, settings.data)
    if new:
        create(path)
    if not path.exists():
        path = settings.shared_passphrase_file
    if not path.exists():
        return {FILE: ""}
    _check_readable(path)
    return {FILE: str(path)}


def is_here(settings: Settings, bay: str) -> bool:
    """Whether the shell or a file of this machine has it; that which plain `pulumi` uses is of no bay."""
    return settings.has_own_passphrase or settings.passphrase_file(bay).exists() or is_rotating(settings, bay)


def exported_file(settings: Settings, bay: str) -> Path:
    """Where `bay env` puts a passphrase of Barbican's for plain `pulumi`, which asks no Barbican."""
    file = settings.passphrase_file(bay)
    return file.parent / ".exported" / file.name


def create(path: Path) -> None:
    """A new random passphrase, unless the file is there."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))


def current_file(settings: Settings, bay: str) -> Path:
    """The file that has a bay's passphrase, as far as no rotation is unfinished; it may not be there."""
    if settings.own_passphrase_file:
        return settings.own_passphrase_file
    path = settings.passphrase_file(bay)
    return path if path.exists() else settings.shared_passphrase_file


def text_of(path: Path) -> str:
    """What Pulumi reads of a passphrase file; BayError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise BayError(f"the passphrase file {path} cannot be read", "name a plain file of one line") from None


def is_rotating(settings: Settings, bay: str) -> bool:
    """Whether a rotation of the passphrase was begun and not finished: then one of two opens the state."""
    return settings.next_passphrase_file(bay).exists()


def create_next(settings: Settings, bay: str, text: str = "") -> Path:
    """The passphrase that is to come, on the disk before anything is encrypted with it; text: empty for a random one.

    One that is there from an interrupted rotation stays.
    """
    path = settings.next_passphrase_file(bay)
    if not path.exists():
        write_private(path, text or secrets.token_urlsafe(32), durable=True)
    return path


def finish(settings: Settings, bay: str) -> None:
    """The next one takes the place of the bay's own; where the user has one of their own, that is theirs to change."""
    path = settings.next_passphrase_file(bay)
    if settings.has_own_passphrase:
        path.unlink(missing_ok=True)
    else:
        path.replace(settings.passphrase_file(bay))


def that_opens(settings: Settings, bay: str, state_salt: str) -> dict[str, str]:
    """What Pulumi needs while a rotation is unfinished: the one of the two that opens the state; {} for neither."""
    for path in (settings.next_passphrase_file(bay), current_file(settings, bay)):
        if path.exists() and salt.opens(state_salt, text_of(path)):
            return {FILE: str(path)}
    return {}


def require_not_rotating(settings: Settings, bay: str) -> None:
    """BayError while a rotation is unfinished."""
    if is_rotating(settings, bay):
        raise BayError(f"the rotation of the passphrase of bay {bay} is not finished", f"bay rotate passphrase {bay}")


def copy(source: Settings, target: Settings, bay: str) -> None:
    """Have the passphrase of a bay of one state for the other too; BayError where that has another one of the name."""
    path, new = source.passphrase_file(bay), target.passphrase_file(bay)
    if source.has_own_passphrase or not path.exists():
        path = source.shared_passphrase_file
        new = target.shared_passphrase_file
    if source.has_own_passphrase or not path.exists():
        return
    _check_readable(path)
    if new.exists() and new.read_bytes() != path.read_bytes():
        raise BayError(f"{new} is the passphrase of another bay {bay}", "move it away, if that bay is no more")
    make_folder(new.parent)
    make_private(new.parent, target.data)
    write_private(new, path.read_text(encoding="utf-8"))


def forget(settings: Settings, bay: str) -> None:
    """Remove the passphrase of a bay that is no more."""
    settings.passphrase_file(bay).unlink(missing_ok=True)
    settings.next_passphrase_file(bay).unlink(missing_ok=True)
    exported_file(settings, bay).unlink(missing_ok=True)


def _check_own(settings: Settings, *, new: bool) -> None:
    path = settings.own_passphrase_file
    if path is None or settings.environment.get(PASSPHRASE, "").strip():
        return  # to Pulumi, the word itself counts before the file
    if not path.exists():
        raise BayError(f"the passphrase file {path} is not there", f"{FILE} of the environment names it")
    _check_readable(path)
    # A pipe, as of a shell's <(...), can be read only once.
    if new and (path.is_file() or path.samefile(os.devnull)) and not path.read_bytes().strip():
        raise InvalidInput(
            f"the passphrase file {path} is empty, so that the keys of a bay would lie open in its state",
            f"write a passphrase into it, or unset {FILE}: each bay then gets one of its own",
        )


def _check_readable(path: Path) -> None:
    if not os.access(path, os.R_OK):
        raise BayError(
            f"the passphrase file {path} cannot be read", f"{command('chmod', '600', str(path))}, as its owner"
        )
