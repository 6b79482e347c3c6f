"""Pulumi's runs on a stack, with the options that hold for every bay."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pulumi.automation import EngineEvent, Stack

from bay.stacks.program.runtime import run_and_await

PARALLEL = 32
"""Resource operations in flight: the cloud answers slower than Pulumi asks (docs/speed.md)."""

Program = Callable[[], None]
Listener = Callable[[EngineEvent], None]


def up(
    stack: Stack,
    program: Program,
    listener: Listener,
    *,
    replace: Sequence[str] = (),
    exclude: Sequence[str] = (),
    plan: Path | None = None,
) -> None:
    """Make the cloud what the program says.

    replace: URNs of what is created again though it is as it should be. exclude: of what stays as it is.
    plan: file that `preview` saved; a step that is not in it ends the run.
    """
    stack.up(
        program=run_and_await(program),
        on_event=listener,
        replace=list(replace),
        exclude=list(exclude),
        plan=str(plan) if plan else None,
        parallel=PARALLEL,
        suppress_outputs=True,
        color="never",
        run_program=False,  # only then does Pulumi read again first what was adopted
    )


def preview(
    stack: Stack, program: Program, listener: Listener, *, refresh: bool = False, save: Path | None = None
) -> None:
    """Tell, by events, what `up` would do; refresh: compare with the cloud, not with the state. save: Pulumi's plan."""
    stack.preview(
        program=run_and_await(program),
        on_event=listener,
        refresh=refresh or None,
        plan=str(save) if save else None,
        parallel=PARALLEL,
        color="never",
        run_program=False,
    )


def compare(stack: Stack, listener: Listener) -> None:
    """Read all that the state has from the cloud and tell, by events, what differs; nothing is changed."""
    stack.preview_refresh(on_event=listener, parallel=PARALLEL, color="never", run_program=False)


def refresh(stack: Stack, urns: Sequence[str]) -> None:
    """Write what the cloud says of these, and of nothing else, into the state; what is gone leaves it."""
    stack.refresh(target=list(urns), parallel=PARALLEL, suppress_outputs=True, color="never", run_program=False)


def destroy(stack: Stack, listener: Listener, targets: Sequence[str] = ()) -> None:
    """Delete everything the state knows; targets: URNs of what goes alone, with what depends on it."""
    stack.destroy(
        target=list(targets),
        target_dependents=bool(targets),
        on_event=listener,
        parallel=PARALLEL,
        suppress_outputs=True,
        color="never",
        run_program=False,
    )
