"""Ctrl-C: the first ends an operation in order, the second at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from bay.cli.console.terminal import say
from bay.stacks.cancellation import Cancellation


@contextmanager
def cancelled_by_interrupt(cancel: Cancellation) -> Iterator[None]:
    """While this lasts, Ctrl-C is handed to the operation; where nothing runs that could end in order, it just ends."""

    def handle(_signal: int, _frame: object) -> None:
        if cancel.is_requested:
            say("stopping at once")
            cancel.force()
        elif cancel.request():
            say("stopping: waiting for what is in flight; Ctrl-C again stops at once")
        else:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
