"""Where the passphrase of a stack comes from: the shell, a file of this machine, or Barbican of the bay's project."""

import logging
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bay.components.errors import BayError, InvalidInput
from bay.components.private_files import write_private
from bay.stacks.child_environment import PASSPHRASE
from bay.stacks.settings import BARBICAN
from bay.stacks.state import passphrase, vault
from bay.stacks.state.salt import new_salt, opens

if TYPE_CHECKING:
    from bay.stacks.stack import BayStack

LOG = logging.getLogger(__name__)


class StackPassphrase:
    """Of one stack. Barbican is asked only for what decrypts or encrypts, and once in a process.

    What Barbican has is found by the salt in the state, so nothing on this machine has to say that it is there. A new
    one is kept before the stack is made: whoever sees the stack finds it. The note of a salt is no secret; it names
    what Barbican may have for a stack that was never made.
    """

    def __init__(self, stack: "BayStack", of: "BayStack | None" = None) -> None:
        """of: the stack whose secrets this one holds, if that is another one."""
        self.own, self.stack = stack, of or stack
        self.settings, self.vault = stack.context.settings, stack.context.vault
        self._has_kept = False

    def use(self, *, new: bool = False) -> None:
        """Hand it to the stack's Pulumi; new: the stack holds nothing yet, or is not there."""
        name, pulumi = self.stack.name, self.own.pulumi
        makes_file = new and self._prepare()
        pulumi.environment |= passphrase.environment(self.settings, name, new=makes_file)
        pulumi.passphrase = dict if passphrase.is_here(self.settings, name) else self.environment

    def settle_rotation(self) -> None:
        """Where a rotation was interrupted, hand Pulumi that one of two passphrases that opens the state."""
        if passphrase.is_rotating(self.settings, self.stack.name) and self.stack.exists:
            self.own.pulumi.environment |= passphrase.that_opens(self.settings, self.stack.name, self.stack.salt)

    def environment(self) -> Mapping[str, str]:
        """What Pulumi needs beside what it has, of a stack whose passphrase is neither the shell's nor in a file."""
        words = self.find()
        return {PASSPHRASE: words} if words else {}

    def find(self) -> str:
        """Empty where Pulumi has to say what is wrong; BayError where Barbican cannot be asked, or has none."""
        stack, shared = self.stack, self.settings.shared_passphrase_file
        if not stack.salt:
            return ""
        if known := self.vault.remembered(stack.salt):
            return known
        if shared.exists():
            return "" if opens(stack.salt, passphrase.text_of(shared)) else self._read()
        if found := self._read():
            return found
        raise BayError(
            f"the passphrase of bay {stack.name} is missing",
            "set PULUMI_CONFIG_PASSPHRASE_FILE, or copy the file from where the bay was created ('bay doctor' says "
            "where); Barbican of this project has none",
        )

    def _read(self) -> str:
        stack = self.stack
        try:
            cloud = stack.cloud
        except BayError as error:
            raise BayError(
                f"the passphrase of bay {stack.name} is not on this machine, and Barbican cannot be asked: "
                f"{error.message}",
                error.hint,
            ) from None
        return self.vault.read(cloud, stack.name, stack.salt)

    def is_in_vault(self) -> bool:
        """Whether Barbican has it; the state has to have a salt."""
        return bool(self.stack.salt) and self.vault.has(self.stack.cloud, self.stack.name, self.stack.salt)

    # A new stack

    def _prepare(self) -> bool:
        """For a stack that is to be made; whether its passphrase is to be in a file."""
        settings, stack = self.settings, self.stack
        in_vault = settings.secrets == BARBICAN
        if settings.has_own_passphrase:
            if in_vault and not stack.exists:
                raise InvalidInput(
                    "this shell names a passphrase of its own, so Barbican would keep none",
                    f"unset {PASSPHRASE} and {passphrase.FILE}, or leave out --secrets barbican and BAY_SECRETS",
                )
            return False
        self._forget_noted()
        if not stack.exists:
            if in_vault:
                self._keep_new()
            return not in_vault
        if settings.passphrase_file(stack.name).exists():
            return True
        if self.is_in_vault():
            return False
        if in_vault:  # a deletion was interrupted before its last step
            LOG.info("%s: a stack that holds nothing, and whose passphrase is gone, is made anew", stack.name)
            stack.remove()
        return not in_vault

    def _keep_new(self) -> None:
        """Have Barbican keep a new one; that of a file, if an interrupted creation has left one."""
        stack, file = self.stack, self.settings.passphrase_file(self.stack.name)
        vault.require_offered(stack.cloud)
        words = passphrase.text_of(file) if file.exists() else secrets.token_urlsafe(32)
        stack.salt = new_salt(words)
        write_private(self._note, stack.salt)
        self._has_kept = True
        self.vault.keep(stack.cloud, stack.name, stack.salt, words)
        file.unlink(missing_ok=True)

    def settle(self, *, made: bool) -> None:
        """After an attempt to make the stack: of a failed one, what Barbican keeps for it goes.

        Where it cannot be told whose stack is there now, the note stays, and the next creation looks.
        """
        if self._has_kept and made:
            self._note.unlink(missing_ok=True)
        elif self._has_kept:
            with suppress(BayError):
                self._forget_noted()

    def _forget_noted(self) -> None:
        """What Barbican keeps for a stack that was never made."""
        try:
            noted = self._note.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        if noted != self.stack.stored_salt():
            self.vault.forget(self.stack.cloud, self.stack.name, noted)
        self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        file = self.settings.passphrase_file(self.stack.name)
        return file.with_name(f".{file.name}.salt")

    # The end

    def forget(self, salt: str) -> None:
        """Delete what Barbican keeps for a stack with this salt, which holds nothing any more.

        Where the passphrase is the shell's, or in a file, Barbican may have nothing to say to this login.
        """
        stack = self.stack
        if not salt or not (self.vault.remembered(salt) or vault.is_offered(stack.cloud)):
            return
        try:
            if self.vault.forget(stack.cloud, stack.name, salt):
                LOG.info("%s: the passphrase in Barbican is deleted", stack.name)
        except BayError as error:
            if not passphrase.is_here(self.settings, stack.name):
                raise
            LOG.info("%s: %s", stack.name, error.message)
