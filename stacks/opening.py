"""Opens the stack of a bay: to look at it, to change it, or as a copy that nobody else sees."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pulumi.automation import Deployment

from bay.components.errors import BayError
from bay.components.spec import check_name
from bay.stacks.automation.workspace import stack_names
from bay.stacks.context import Context
from bay.stacks.errors import Interrupted
from bay.stacks.private_files import is_open
from bay.stacks.program_stack import opened_in_program, refuse_change
from bay.stacks.stack import BayStack, not_found
from bay.stacks.state import lock
from bay.stacks.state.disk import require_space
from bay.stacks.state.stored_names import stored_names


@contextmanager
def opened(context: Context, name: str, *, new: bool = False, free: bool = False) -> Iterator[BayStack]:
    """The stack of a bay, to look at; NotFound where there is none, unless it may be `new`.

    free: once nobody else changes it.
    """
    if context.project:
        with opened_in_program(context, name) as declared:
            yield declared
        return
    check_name(name)
    with tempfile.TemporaryDirectory(prefix="bay-") as folder:
        stack = BayStack(context, name, Path(folder))
        stack.use_passphrase()
        if free:
            stack.wait_until_free()
        _ = stack.state
        if not (stack.exists or new):
            raise not_found(name, other_names(context))
        stack.passphrase.settle_rotation()
        yield stack


def bay_names(context: Context) -> list[str]:
    """Names of the bays that the state holds, sorted; of a ``file://`` state without a process."""
    found = stored_names(context.settings)
    return stack_names(context.pulumi()) if found is None else found


def other_names(context: Context) -> list[str]:
    """Of the bays that there are; none where that cannot be told now."""
    try:
        return bay_names(context)
    except Interrupted:
        raise
    except BayError:
        return []


@contextmanager
def opened_for_change(context: Context, name: str, *, new: bool = False) -> Iterator[BayStack]:
    """The same with the bay's lock held; refused where the disk has no space for its state."""
    if context.project:
        refuse_change(context, name)
    check_name(name)
    with lock.held(context.settings.lock_file(name), name), opened(context, name, new=new, free=True) as stack:
        require_space(context.settings)
        if new and not stack.state.ids:
            _notice_open_state(stack)
            if stack.exists:
                # A stack that holds nothing may be gone again before its passphrase was ever used.
                stack.use_passphrase(new=True)
        yield stack


def _notice_open_state(bay: BayStack) -> None:
    """Of a folder that is its user's choice: a team may share it, and bay's own is private."""
    folder = bay.context.settings.state_folder
    if folder and is_open(folder):
        bay.notify("state-open", f"others may look into the state folder {folder}, which has the spec of each bay")


@contextmanager
def opened_aside(bay: BayStack, deployment: Deployment | None = None) -> Iterator[BayStack]:
    """A stack of the bay's name in a state of its own, which is gone afterwards: what happens to it leaves no trace.

    deployment: what it holds; its secrets stay those of the bay.
    """
    with bay.aside() as stack:
        if deployment is None:
            stack.pulumi.environment["PULUMI_CONFIG_PASSPHRASE"] = "a preview keeps no secret"
        else:
            stack.use_passphrase()
            stack.passphrase.settle_rotation()
        stack.create()
        if deployment is not None:
            stack.replace_state(deployment)
        yield stack
