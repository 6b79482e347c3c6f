"""Events of operations on stderr: rewritten in place on a terminal, else a line for each change."""

import threading
from collections.abc import Mapping

from bay.cli.console.board import Board
from bay.cli.console.terminal import say
from bay.components.text import join_names
from bay.stacks.cluster.console_log import READY
from bay.stacks.events import BatchStarted, Event, Notice, PhaseEnded, PhaseStarted, ResourceProgress, ServerProgress

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
                    self._board = Board(self._lock)
                    self._board.start()
                case PhaseEnded() if self._board:
                    self._board.stop()
                    self._board = None
                case ResourceProgress() if self._board:
                    ended = event.done == event.total
                    self._board.show((event.component, event.operation), _resources(event), ended=ended)
                case ServerProgress() if self._board:
                    ended = set(event.stages) <= {READY}
                    line = f"engine on {event.role + 's':14} {stages(event.stages)}"
                    self._board.show((event.role, ""), line, ended=ended)


def _resources(event: ResourceProgress) -> str:
    if event.done == event.total:
        state = f"{DONE[event.operation]} {event.done}"
    else:
        state = f"{DOING[event.operation]} {event.done} of {event.total}"
    failed = f", {event.failed} failed" if event.failed else ""
    return f"{event.component:24} {state}{failed}{_waiting(event)}"


def _waiting(event: ResourceProgress) -> str:
    """``, waiting for demo-node-1, demo-node-2 and 7 more``; empty where nothing is in flight."""
    if not event.waiting:
        return ""
    more = event.total - event.done - event.failed - len(event.waiting)
    return f", waiting for {', '.join(event.waiting)}" + (f" and {more} more" if more > 0 else "")


def stages(counts: Mapping[str, int]) -> str:
    """``1 of 3 ready (cluster 1, booting 1)``."""
    others = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if name != READY)
    return f"{counts.get(READY, 0)} of {sum(counts.values())} ready" + (f" ({others})" if others else "")
