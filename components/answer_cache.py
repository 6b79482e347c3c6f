"""Answers that are kept for a while, where many threads ask the same."""

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Generic, TypeVar

FOREVER = float("inf")
MANY = 256
"""Answers that are kept before those that are too old are thrown away."""

Answer = TypeVar("Answer")


class _Turn:
    """Of a key: held by the thread that asks. threads: it, and those that wait for it."""

    def __init__(self) -> None:
        self.lock, self.threads = Lock(), 0


class AnswerCache(Generic[Answer]):
    """May be shared by threads. age: seconds after which the same is asked again."""

    def __init__(self, age: float = FOREVER) -> None:
        self._age = age
        self._kept: dict[Hashable, tuple[float, Answer]] = {}
        self._asking: dict[Hashable, _Turn] = {}
        self._keeping = Lock()

    def get(
        self, key: Hashable, ask: Callable[[], Answer], is_kept: Callable[[Answer], bool] = lambda _answer: True
    ) -> Answer:
        """What `ask` answers, or answered not long ago; one thread asks, the others wait for its answer."""
        with self._turn(key):
            known = self._kept.get(key)
            if known is not None and time.monotonic() - known[0] < self._age:
                return known[1]
            begin, answer = time.monotonic(), ask()
            if is_kept(answer):
                self._keep(key, begin, answer)
            return answer

    @contextmanager
    def _turn(self, key: Hashable) -> Iterator[None]:
        """One thread after the other for a key; forgotten with the last one, since keys come without end."""
        with self._keeping:
            turn = self._asking.setdefault(key, _Turn())
            turn.threads += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._keeping:
                turn.threads -= 1
                if not turn.threads:
                    del self._asking[key]

    def _keep(self, key: Hashable, begin: float, answer: Answer) -> None:
        with self._keeping:
            if len(self._kept) >= MANY:
                oldest = time.monotonic() - self._age
                self._kept = {known: one for known, one in self._kept.items() if one[0] > oldest}
            self._kept[key] = begin, answer
