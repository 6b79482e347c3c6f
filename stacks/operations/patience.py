"""Runs of Pulumi that a busy cloud stops: they go on after a pause, a few times."""

from collections.abc import Callable

from bay.stacks.errors import CloudBusy
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
