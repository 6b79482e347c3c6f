"""Answers that are kept for a while, where many threads ask the same."""

import time
from collections import defaultdict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

FOREVER = float("inf")
MANY = 256
"""Answers that are kept before those that are too old are thrown away."""

Answer = TypeVar("Answer")


class AnswerCache(Generic[Answer]):
    """May be shared by threads. age: seconds after which the same is asked again."""

    def __init__(self, age: float = FOREVER) -> None:
        self._age = age
        self._kept: dict[Hashable, tuple[float, Answer]] = {}
        self._asking: dict[Hashable, Lock] = defaultdict(Lock)
        self._keeping = Lock()

    def get(
        self, key: Hashable, ask: Callable[[], Answer], is_kept: Callable[[Answer], bool] = lambda _answer: True
    ) -> Answer:
        """What `ask` answers, or answered not long ago; one thread asks, the others wait for its answer."""
        with self._asking[key]:
            known = self._kept.get(key)
            if known is not None and time.monotonic() - known[0] < self._age:
                return known[1]
            begin, answer = time.monotonic(), ask()
            if is_kept(answer):
                self._keep(key, begin, answer)
            return answer

    def _keep(self, key: Hashable, begin: float, answer: Answer) -> None:
        with self._keeping:
            if len(self._kept) >= MANY:
                oldest = time.monotonic() - self._age
                self._kept = {known: one for known, one in self._kept.items() if one[0] > oldest}
            self._kept[key] = begin, answer
