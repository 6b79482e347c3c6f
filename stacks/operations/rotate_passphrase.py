"""Rotates the passphrase of a bay: what it encrypts is encrypted anew, and no copy is left that the old one opens.

Killed at any moment, the state is opened by one of two passphrases that are both on the disk, and the same command
goes on. The order: the new one is stored beside the old; Pulumi writes the state once, whole; copies of before go; the
old one is tried in vain; only then the new one takes its place, and the old one is nowhere.
"""

from dataclasses import replace
from pathlib import Path

from bay.components.errors import BayError, InvalidInput
from bay.components.text import command
from bay.stacks.approval import Approve
from bay.stacks.child_environment import PASSPHRASE
from bay.stacks.files import stack_file
from bay.stacks.operations.rotation import RotateRequest, Rotation, Step
from bay.stacks.settings import Settings
from bay.stacks.stack import BayStack, content_of
from bay.stacks.state import old_copies, passphrase, salt
from bay.stacks.state.passphrase import FILE

STORE, ENCRYPT, FOLLOW, REMOVE, PROVE = "store", "encrypt", "write", "remove", "prove"
"""Actions of the steps, in their order."""


def make_plan(bay: BayStack, request: RotateRequest) -> Rotation:
    """BayError where the passphrase is not bay's to change, or nothing opens the state."""
    settings, name = bay.context.settings, bay.name
    _require_file(settings, name)
    _require_new(settings, name, request.to)
    stack_file.require_checkout(bay)
    if not bay.state.salt:
        raise BayError(f"bay {name} has no secrets yet", f"'bay create {name}' resumes its creation")
    _require_outside_barbican(bay)
    old, new = passphrase.current_file(settings, name), settings.next_passphrase_file(name)
    is_encrypted = new.exists() and salt.opens(bay.state.salt, passphrase.text_of(new))
    if not is_encrypted and not (old.exists() and salt.opens(bay.state.salt, passphrase.text_of(old))):
        raise BayError(f"the passphrase of bay {name} is wrong: {old} does not open its state", _where(settings))
    store = Step(STORE, "new passphrase", "done" if new.exists() else "planned", str(new if new.exists() else ""))
    encrypt = Step(ENCRYPT, "state", "done" if is_encrypted else "planned")
    follow = [Step(FOLLOW, f"stacks/Pulumi.{name}.yaml")] if bay.state.managed_by == "file" else []
    copies = _copies(bay, is_encrypted=is_encrypted)
    deed = f"replace the passphrase of bay {name}"
    if copies.status == "planned":
        deed += f", and remove {copies.detail} older cop{'y' if copies.detail == '1' else 'ies'} of its state"
    return Rotation(name, "passphrase", (store, encrypt, *follow, copies, Step(PROVE, "old passphrase")), deed)


def rotate(bay: BayStack, request: RotateRequest, approve: Approve) -> Rotation:
    """Returns what was done, and whether the old passphrase was seen to open nothing."""
    settings, name, cancel = bay.context.settings, bay.name, bay.context.cancel
    if passphrase.is_rotating(settings, name):
        bay.notify("resuming", f"the rotation of the passphrase of bay {name} goes on")
    rotation = make_plan(bay, request)
    approve(rotation)
    old = passphrase.current_file(settings, name)
    new = passphrase.create_next(settings, name, passphrase.text_of(request.to) if request.to else "")
    rotation = rotation.done(STORE, "")
    cancel.raise_if_requested()
    _encrypt(bay, new)
    rotation = rotation.done(ENCRYPT, "")
    cancel.raise_if_requested()
    if file := stack_file.write_salt(bay):
        bay.notify("file-changed", f"{file} has another encryptionsalt: commit it")
    rotation = _remove_copies(bay, rotation.done(FOLLOW))
    cancel.raise_if_requested()
    rotation = _prove(bay, rotation, old, new)
    passphrase.finish(settings, name)
    if request.to:
        bay.notify("passphrase-changed", f"{FILE}={request.to} opens bay {name} from now on")
    return rotation


def _require_file(settings: Settings, name: str) -> None:
    """BayError for a word in the environment, which nobody but its user can change."""
    if settings.environment.get(PASSPHRASE, "").strip():
        raise BayError(
            f"the passphrase of bay {name} is the word in {PASSPHRASE}, which bay cannot change for you",
            f"write it into a file, name that with {FILE}, unset {PASSPHRASE}, and run the same again with --to FILE",
        )


def _require_outside_barbican(bay: BayStack) -> None:
    """BayError where neither the shell nor a file has the passphrase, and Barbican does."""
    if not passphrase.is_here(bay.context.settings, bay.name) and bay.passphrase.find():
        raise BayError(
            f"the passphrase of bay {bay.name} is in Barbican, where bay does not replace it yet",
            f"'bay state secrets {bay.name} --to file' brings it into a file; rotate, and bring it back",
        )


def _require_new(settings: Settings, name: str, to: Path | None) -> None:
    """InvalidInput unless it is said what the new passphrase is, where bay does not make it."""
    own = settings.own_passphrase_file
    if own is None:
        if to:
            raise InvalidInput(f"bay makes the passphrase of bay {name} by itself", "leave out --to")
        return
    if to is None:
        raise InvalidInput(
            f"the passphrase of bay {name} is your own, in {own}", "write a new one into another file: --to FILE"
        )
    text, known = passphrase.text_of(to), settings.next_passphrase_file(name)
    if not text:
        raise InvalidInput(f"the passphrase file {to} is empty", "write the new passphrase into it")
    if len(text.splitlines()) > 1:
        raise InvalidInput(f"the passphrase file {to} has several lines", "Pulumi takes one")
    if known.exists():
        if passphrase.text_of(known) != text:
            raise InvalidInput(
                f"an interrupted rotation of bay {name} has another new passphrase than {to}",
                "name the file of that one; once it is finished, rotate again",
            )
    elif own.exists() and passphrase.text_of(own) == text:
        raise InvalidInput(f"{to} has the passphrase that bay {name} has already", "write another one into it")


def _where(settings: Settings) -> str:
    if settings.own_passphrase_file:
        return f"set {FILE} to the file of the bay's creation"
    return "copy the file from where the bay was created, or was rotated last ('bay doctor' says where)"


def _encrypt(bay: BayStack, new: Path) -> None:
    """BayError where the state is not what it was, but for its encryption."""
    if salt.opens(bay.state.salt, passphrase.text_of(new)):
        return
    before = content_of(bay.secrets())
    bay.notify("encrypting", f"the secrets of bay {bay.name} are encrypted with the new passphrase")
    bay.change_passphrase(new)
    if content_of(bay.secrets()) != before:
        raise BayError(
            f"bay {bay.name} was changed by another run while its passphrase was",
            f"nothing was removed; 'bay drift {bay.name}' compares, then run the same again",
        )


def _copies(bay: BayStack, *, is_encrypted: bool) -> Step:
    folder = bay.pulumi.state_folder
    if folder is None:
        return Step(REMOVE, "older copies of the state", "unknown", _elsewhere(bay))
    files = old_copies.find(folder, bay.name, bay.state.salt if is_encrypted else "").files
    return Step(REMOVE, "older copies of the state", "planned", str(len(files)))


def _elsewhere(bay: BayStack) -> str:
    """Of a state in a bucket or a database, whose other content bay has no way to."""
    parts = f".pulumi/history/bay/{bay.name}, .pulumi/backups/bay/{bay.name} and *.bak"
    return f"not looked at: {parts} of this state, and versions that it keeps, may be opened by the old one"


def _remove_copies(bay: BayStack, rotation: Rotation) -> Rotation:
    folder = bay.pulumi.state_folder
    if folder is None:
        bay.notify("copies-left", f"older copies of the state: {_elsewhere(bay)}")
        return rotation
    removed = old_copies.remove(folder, bay.name, bay.state.salt)
    left = old_copies.find(folder, bay.name, bay.state.salt)
    if left.files:
        raise BayError(
            f"{left.files[0]} is opened by the old passphrase, and stays", "remove it, and run the same again"
        )
    for file in left.kept:
        text = f"{file}, of a state that somebody replaced, is opened by the old passphrase"
        bay.notify("journal-left", f"{text}: look at it, and remove it")
    detail = f"{removed} removed" + (f", {len(left.kept)} journals left" if left.kept else "")
    return rotation.done(REMOVE, detail, "unknown" if left.kept else "done")


def _prove(bay: BayStack, rotation: Rotation, old: Path, new: Path) -> Rotation:
    """BayError where Pulumi still reads the state with the old passphrase."""
    if not old.exists() or passphrase.text_of(old) == passphrase.text_of(new):
        return rotation.done(PROVE, "not tried: the old passphrase is not here", "unknown")
    if bay.is_opened_by(old):
        raise BayError(
            f"the old passphrase still opens bay {bay.name}",
            f"report it; {command('bay', 'show', bay.name)} still works",
        )
    seen = "Pulumi was asked to open the state with it, and refused"
    what = f"the old passphrase does not open the state of bay {bay.name}"
    if all(step.status == "done" for step in rotation.steps if step.action == REMOVE):
        what = f"{what}, and no copy of before is left in its folder"
    return replace(rotation.done(PROVE, seen), proven=f"{what}: {seen}")
