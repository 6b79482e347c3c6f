"""Events of operations on stderr: rewritten in place on a terminal, else printed now and then."""

import threading
import time
from collections.abc import Mapping

from rich.live import Live
from rich.text import Text

from bay.cli.console.terminal import errors, say
from bay.components.text import join_names, printable
from bay.stacks.cluster.console_log import READY
from bay.stacks.events import BatchStarted, Event, Notice, PhaseEnded, PhaseStarted, ResourceProgress, ServerProgress

INTERVAL = 5.0
"""Seconds between two printings where stderr is no terminal."""
DOING = {"create": "creating", "delete": "deleting", "update": "updating", "replace": "replacing"}
DONE = {"create": "created", "delete": "deleted", "update": "updated", "replace": "replaced"}


class Progress:
    """A listener: notices as lines, and a board of lines while a phase lasts, each with its seconds."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._board: Board | None = None

    def __call__(self, event: Event) -> None:
        """One event."""
        with self._lock:
            match event:
                case Notice():
                    say(event.text)
                case BatchStarted():
                    say(f"batch {event.number} of {event.total}: {join_names(event.servers)}")
                case PhaseStarted():
                    self._board = Board()
                    self._board.start()
                case PhaseEnded() if self._board:
                    self._board.stop()
                    self._board = None
                case ResourceProgress() if self._board:
                    self._board.show((event.component, event.operation), _resources(event))
                case ServerProgress() if self._board:
                    self._board.show((event.role, ""), f"engine on {event.role + 's':14} {stages(event.stages)}")


def _resources(event: ResourceProgress) -> str:
    if event.done == event.total:
        state = f"{DONE[event.operation]} {event.done}"
    else:
        state = f"{DOING[event.operation]} {event.done} of {event.total}"
    return f"{event.component:24} {state}{f', {event.failed} failed' if event.failed else ''}"


def stages(counts: Mapping[str, int]) -> str:
    """``1 of 3 ready (cluster 1, booting 1)``."""
    others = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if name != READY)
    return f"{counts.get(READY, 0)} of {sum(counts.values())} ready" + (f" ({others})" if others else "")


class Board:
    """Lines that change; where stderr is no terminal, those that are new are printed every INTERVAL."""

    def __init__(self) -> None:
        self.lines: dict[tuple[str, str], str] = {}
        self.started = time.monotonic()
        self.printed_at = 0.0
        self.printed = ""
        self.live = Live(get_renderable=self._text, console=errors, transient=False, refresh_per_second=4)

    def start(self) -> None:
        """Begin to show."""
        if errors.is_terminal:
            self.live.start()

    def show(self, key: tuple[str, str], line: str) -> None:
        """Add a line, or put another in its place."""
        self.lines[key] = printable(line)
        if not errors.is_terminal and time.monotonic() - self.printed_at >= INTERVAL:
            self._print()

    def stop(self) -> None:
        """Leave what it shows as it is."""
        if errors.is_terminal:
            self.live.stop()
        else:
            self._print()

    def _print(self) -> None:
        text = self._text().plain
        if text and text != self.printed:
            errors.print(text, markup=False)
        self.printed_at, self.printed = time.monotonic(), text

    def _text(self) -> Text:
        seconds = time.monotonic() - self.started
        return Text("\n".join(f"{seconds:5.0f} s  {line}" for _, line in sorted(self.lines.items())))
