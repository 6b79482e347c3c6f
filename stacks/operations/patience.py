"""Runs of Pulumi that a busy cloud stops: they go on after a pause, a few times."""

from collections.abc import Callable, Sequence

from bay.stacks.errors import CloudBusy
from bay.stacks.operations import recovery
from bay.stacks.stack import BayStack

PAUSES = (5.0, 10.0, 15.0, 30.0, 30.0)
"""Seconds before a change goes on that a busy cloud has stopped."""


def run_patiently(bay: BayStack, run: Callable[[], object], recover: Callable[[], object] = lambda: None) -> None:
    """Once more, and again, where a busy cloud turned calls away. recover: called after each pause."""
    for pause in PAUSES:
        try:
            run()
            return
        except CloudBusy as error:
            bay.notify("cloud-busy", f"{error.message}; going on in {pause:.0f} s")
            bay.context.cancel.sleep(pause)
            recover()
    run()


def up_patiently(bay: BayStack, up: Callable[[Sequence[str]], None], replaced: Sequence[str] = ()) -> None:
    """A change that goes on where a busy cloud stopped it; what the cloud did all the same is found by its mark.

    up: called with the URNs of `replaced` that still are what they were: what the first attempt replaced is not
    replaced once more.
    """
    before = _ids(bay)
    resumed: list[bool] = []
    run_patiently(
        bay,
        lambda: up([urn for urn in replaced if _ids(bay).get(urn) == before.get(urn)] if resumed else replaced),
        lambda: resumed.append(recovery.resume(bay)),
    )
    if any(resumed):
        recovery.delete_duplicates(bay)


def _ids(bay: BayStack) -> dict[str, str]:
    """URN -> id of what the state has in the cloud."""
    return {str(one["urn"]): str(one["id"]) for one in bay.state.resources if one.get("id")}
