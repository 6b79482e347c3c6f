"""Pulumi's runs on a stack, with the options that hold for every bay."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pulumi.automation import EngineEvent, Stack

from bay.stacks.program.runtime import run_and_await

FEWEST, MOST = 32, 128
"""Resource operations in flight: the cloud answers slower than Pulumi asks (docs/speed.md)."""

Program = Callable[[], None]
Listener = Callable[[EngineEvent], None]


def parallel_for(servers: int) -> int:
    """Operations in flight for a bay of so many servers: a small cloud is full with 32, and what a large bay waits for
    are builds on many hosts. Where a cloud answers that it is asked too much (429), the plugin asks again later."""
    return min(MOST, max(FEWEST, servers // 2))


def up(
    stack: Stack,
    program: Program,
    listener: Listener,
    *,
    parallel: int = FEWEST,
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
        parallel=parallel,
        suppress_outputs=True,
        color="never",
        run_program=False,  # only then does Pulumi read again first what was adopted
    )


def preview(
    stack: Stack,
    program: Program,
    listener: Listener,
    *,
    parallel: int = FEWEST,
    refresh: bool = False,
    save: Path | None = None,
) -> None:
    """Tell, by events, what `up` would do; refresh: compare with the cloud, not with the state. save: Pulumi's plan."""
    stack.preview(
        program=run_and_await(program),
        on_event=listener,
        refresh=refresh or None,
        plan=str(save) if save else None,
        parallel=parallel,
        color="never",
        run_program=False,
    )


def compare(stack: Stack, listener: Listener, parallel: int = FEWEST) -> None:
    """Read all that the state has from the cloud and tell, by events, what differs; nothing is changed."""
    stack.preview_refresh(on_event=listener, parallel=parallel, color="never", run_program=False)


def refresh(stack: Stack, urns: Sequence[str], parallel: int = FEWEST) -> None:
    """Write what the cloud says of these, and of nothing else, into the state; what is gone leaves it."""
    stack.refresh(target=list(urns), parallel=parallel, suppress_outputs=True, color="never", run_program=False)


def destroy(stack: Stack, listener: Listener, targets: Sequence[str] = (), *, parallel: int = FEWEST) -> None:
    """Delete everything the state knows; targets: URNs of what goes alone, with what depends on it."""
    stack.destroy(
        target=list(targets),
        target_dependents=bool(targets),
        on_event=listener,
        parallel=parallel,
        suppress_outputs=True,
        color="never",
        run_program=False,
    )
