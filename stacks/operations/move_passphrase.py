"""Moves the passphrase of a bay between a file of this machine and Barbican; the state stays as it is."""

from bay.components.errors import BayError, InvalidInput
from bay.components.private_files import write_private
from bay.stacks.settings import BARBICAN
from bay.stacks.stack import BayStack
from bay.stacks.state import passphrase
from bay.stacks.state.salt import opens
from bay.stacks.state.vault import Vault, require_offered


def move_passphrase(bay: BayStack, to: str) -> bool:
    """Keep it there, and no longer where it was; whether there was anything to do. Run again, it goes on.

    What is kept in one place goes only once it was read in the other one, and opens the state. InvalidInput for a
    passphrase of the shell's; BayError where there is none, or it is wrong.
    """
    settings, file = bay.context.settings, bay.context.settings.passphrase_file(bay.name)
    if settings.has_own_passphrase:
        raise InvalidInput(
            f"the passphrase of bay {bay.name} is named by this shell, and nothing of bay's",
            f"unset PULUMI_CONFIG_PASSPHRASE and {passphrase.FILE}",
        )
    passphrase.require_not_rotating(settings, bay.name)
    if to == BARBICAN:
        require_offered(bay.cloud)
        if not file.exists() and bay.passphrase.is_in_vault():
            return False
        _into_barbican(bay)
        return True
    if not (file.exists() or bay.passphrase.find()):
        raise BayError(
            f"bay {bay.name} has the passphrase of plain pulumi's stacks",
            f"{settings.shared_passphrase_file} is its file; it serves several stacks, and stays",
        )
    return _into_file(bay)


def _into_barbican(bay: BayStack) -> None:
    file = bay.context.settings.passphrase_file(bay.name)
    if not file.exists():
        raise BayError(
            f"the passphrase of bay {bay.name} is not on this machine",
            "run the same where the bay was created, or copy its file from there ('bay doctor' says where)",
        )
    words = passphrase.text_of(file)
    _require_right(bay, words)
    bay.context.vault.keep(bay.cloud, bay.name, bay.salt, words)
    if Vault().read(bay.cloud, bay.name, bay.salt) != words:
        raise BayError(
            f"Barbican has another passphrase of bay {bay.name}", "nothing was removed: delete that secret first"
        )
    passphrase.forget(bay.context.settings, bay.name)


def _into_file(bay: BayStack) -> bool:
    file = bay.context.settings.passphrase_file(bay.name)
    if not file.exists():
        words = bay.passphrase.find()
        _require_right(bay, words)
        write_private(file, words)
        passphrase.exported_file(bay.context.settings, bay.name).unlink(missing_ok=True)
    elif not bay.passphrase.is_in_vault():
        return False
    else:
        _require_right(bay, passphrase.text_of(file))
    bay.context.vault.forget(bay.cloud, bay.name, bay.salt)
    return True


def _require_right(bay: BayStack, words: str) -> None:
    """BayError for one that does not open the state: it is another bay's."""
    if not opens(bay.salt, words):
        raise BayError(
            f"the passphrase of bay {bay.name} is wrong", "nothing was moved: copy its file from where it was created"
        )
