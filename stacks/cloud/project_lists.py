"""Lists of what a whole project has, kept for a while: looks at many bays need the same ones."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

FOREVER = float("inf")
"""Of the lists of one look."""


@dataclass
class ProjectLists:
    """May be shared by threads. age: seconds after which a list is asked for again."""

    age: float = FOREVER
    _lists: dict[str, tuple[float, list[Any]]] = field(default_factory=dict)
    _asking: dict[str, Lock] = field(default_factory=lambda: defaultdict(Lock))

    def of(self, what: str, ask: Callable[[], Iterable[Any]]) -> list[Any]:
        """What `ask` answers, or answered not long ago; one thread asks, the others wait for its answer."""
        with self._asking[what]:
            begin, found = self._lists.get(what, (-FOREVER, []))
            if not time.monotonic() - begin < self.age:
                begin, found = time.monotonic(), list(ask())
                self._lists[what] = begin, found
            return found
