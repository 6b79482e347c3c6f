"""A bay that a program of a user's own declares, read only: it is changed in that program, by `pulumi up`."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bay.components.engines import ENGINES, Client
from bay.components.errors import BayError, InvalidInput
from bay.stacks.automation.runs import Listener
from bay.stacks.automation.workspace import stack_names
from bay.stacks.context import Context
from bay.stacks.errors import UntrustedState
from bay.stacks.settings import SHARED
from bay.stacks.stack import BayStack, not_found
from bay.stacks.state import passphrase, pki
from bay.stacks.state.program_state import bay_names, part_of


class ProgramBayStack(BayStack):
    """One bay of a stack. project, stack: of the program; `name` is the bay's."""

    def __init__(self, context: Context, name: str, folder: Path, stack: str) -> None:
        super().__init__(context, name, folder)
        self.project, self.stack_name = context.project, stack

    def use_passphrase(self, *, new: bool = False) -> None:
        """Hand Pulumi the user's own passphrase, else the one that `bay env` exports."""
        self.pulumi.environment |= passphrase.environment(self.context.settings, SHARED, new=False)

    def bays(self) -> list[str]:
        """Names of the bays in the stack."""
        read = self._read_unchecked()
        with _damage_told(self.context.project):
            return bay_names(read.deployment or {}) if read else []

    def _part_of(self, deployment: Mapping[str, Any]) -> Mapping[str, Any] | None:
        with _damage_told(self.context.project):
            return part_of(deployment, self.name)

    def secrets(self) -> dict[str, Any]:
        """The bay's part of the deployment with its secrets in the clear."""
        return part_of(super().secrets(), self.name) or {}

    def outputs(self) -> dict[str, Any]:
        """What a stack of the bay alone would have, made of its keys: the program need export nothing."""
        addresses = list(self.state.outputs.get("api_addresses") or [])
        if not addresses or self.state.spec is None:
            return {}
        client = Client(self.name, tuple(addresses), pki.generations(self.secrets()))
        files = ENGINES[self.state.spec.coe].client_files(client)
        return {**self.state.outputs, "api_addresses": addresses, "client_files": files}

    def compare(self, listener: Listener) -> None:
        """On a copy that holds the bay alone: nothing of the program's other resources is read, or run."""
        with self.aside() as copy:
            copy.project, copy.stack_name = self.project, self.stack_name
            copy.pulumi.environment |= passphrase.environment(self.context.settings, SHARED, new=False)
            copy.create()
            copy.replace_state(self.stored_deployment)
            copy.compare(listener)


@contextmanager
def _damage_told(project: str) -> Iterator[None]:
    """UntrustedState where the values of a state, which anybody may have written, are of other kinds."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UntrustedState(
            f"the state of the program {project} is damaged ({type(error).__name__}: {error})",
            "bring back an earlier version of the state: docs/security.md says how",
        ) from None


@contextmanager
def opened_in_program(context: Context, name: str) -> Iterator[ProgramBayStack]:
    """The bay of this name, ``STACK/NAME`` where several stacks of the program have one; NotFound, InvalidInput."""
    stacks = _stacks_by_bay(context)
    found = [(stack, bay) for stack, bay in stacks if name in (bay, f"{stack}/{bay}")]
    if not found:
        raise not_found(name, names_in_program(context), project=context.project)
    if len(found) > 1:
        words = ", ".join(f"{stack}/{bay}" for stack, bay in found)
        raise InvalidInput(f"several stacks of {context.project} have a bay {name!r}", f"name one: {words}")
    stack, bay = found[0]
    with tempfile.TemporaryDirectory(prefix="bay-") as folder:
        opened = ProgramBayStack(context, bay, Path(folder), stack)
        opened.use_passphrase()
        _ = opened.state
        yield opened


def names_in_program(context: Context) -> list[str]:
    """Of the bays in all stacks of the program; with the stack in front where several have one of that name."""
    stacks = _stacks_by_bay(context)
    every = [bay for _, bay in stacks]
    return sorted(bay if every.count(bay) == 1 else f"{stack}/{bay}" for stack, bay in stacks)


def refuse_change(context: Context, name: str) -> None:
    """BayError: who would change such a bay from outside would have it changed back by its program."""
    raise BayError(
        f"bay {name} is declared by the program {context.project}, which alone changes it",
        "change the program, then: pulumi up",
    )


def _stacks_by_bay(context: Context) -> list[tuple[str, str]]:
    """(stack, bay) of each bay in the program's stacks."""
    found = []
    with tempfile.TemporaryDirectory(prefix="bay-") as folder:
        for stack in stack_names(context.pulumi(), context.project):
            work = Path(folder) / stack
            work.mkdir()
            found += [(stack, bay) for bay in ProgramBayStack(context, "", work, stack).bays()]
    return found
