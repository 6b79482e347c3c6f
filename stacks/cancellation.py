"""How a caller ends an operation early: in order, or at once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bay.stacks.errors import Interrupted


@dataclass(frozen=True)
class _Stop:
    in_order: Callable[[], object]
    at_once: Callable[[], object]


class Cancellation:
    """Of one caller's operations; may be used from any thread and from a signal handler.

    `request` lets what is in flight finish and begins nothing new; `force` ends what runs now, and leaves it pending in
    the state. Both are for good: a new operation needs a new Cancellation.
    """

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._running: list[_Stop] = []

    @property
    def is_requested(self) -> bool:
        """Whether somebody asked for the end."""
        return self._requested.is_set()

    def request(self) -> bool:
        """Ask for an end in order; False where nothing runs at the moment that could be stopped in order."""
        self._requested.set()
        running = list(self._running)
        for stop in running:
            stop.in_order()
        return bool(running)

    def force(self) -> None:
        """End now what runs."""
        self._requested.set()
        for stop in list(self._running):
            stop.at_once()

    def raise_if_requested(self) -> None:
        """Interrupted where somebody asked for the end."""
        if self.is_requested:
            raise Interrupted

    def sleep(self, seconds: float) -> None:
        """Wait, and raise Interrupted as soon as somebody asks for the end."""
        with self.stopping(lambda: None, lambda: None):
            self._requested.wait(seconds)
        self.raise_if_requested()

    @contextmanager
    def stopping(self, in_order: Callable[[], object], at_once: Callable[[], object]) -> Iterator[None]:
        """While this lasts, the end is asked for by these; `in_order` at once where that was asked for before."""
        stop = _Stop(in_order, at_once)
        self._running.append(stop)
        try:
            if self.is_requested:
                in_order()
            yield
        finally:
            self._running.remove(stop)
