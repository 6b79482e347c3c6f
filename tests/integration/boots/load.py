"""Asks a web service again and again, at a steady pace, and counts how it was served."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

RATE = 100.0
"""Requests a second."""

PATIENCE = 10.0
"""Seconds that a request may take, the busiest machine included."""


@dataclass
class Load:
    """Requests to one address, each by a new connection; `served` by which replica, `failed` by what was wrong.

    seconds: for which they began. slowest: seconds.
    """

    host: str
    port: int
    served: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: float = 0.0

    @property
    def total(self) -> int:
        """Requests, however they ended."""
        return self.served.total() + self.failed.total()

    @property
    def steady(self) -> bool:
        """Whether there were as many as there should be."""
        return self.total >= 0.9 * RATE * self.seconds

    def ask(self) -> None:
        """One request."""
        begin = time.monotonic()
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/", headers={"Connection": "close"})
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status == http.client.OK:
                self.served[_replica(text)] += 1
            else:
                self.failed[f"status {answer.status}"] += 1
        except (OSError, http.client.HTTPException) as error:
            self.failed[type(error).__name__] += 1
        finally:
            connection.close()
            self.slowest = max(self.slowest, time.monotonic() - begin)

    def __str__(self) -> str:
        rate = self.total / self.seconds if self.seconds else 0
        counts = f"served {dict(self.served)}, failed {dict(self.failed)}, the slowest in {self.slowest:.1f} s"
        return f"{self.total} requests in {self.seconds:.0f} s ({rate:.0f}/s), {counts}"


def _replica(text: str) -> str:
    """The host in ``version=1 host=8f2c0a1b node=...``."""
    words = dict(word.split("=", 1) for word in text.split() if "=" in word)
    return words.get("host", text.strip())


@contextmanager
def under_load(host: str, port: int) -> Iterator[Load]:
    """Requests go on for as long as the block runs; afterwards all of them have ended, and the counts are final."""
    load, done = Load(host, port), threading.Event()

    def pace() -> None:
        # Hundreds may wait at a time for a replica that is no more.
        with ThreadPoolExecutor(max_workers=int(RATE * PATIENCE)) as pool:
            following = time.monotonic()
            while not done.is_set():
                pool.submit(load.ask)
                following += 1 / RATE
                time.sleep(max(0.0, following - time.monotonic()))

    thread, begin = threading.Thread(target=pace), time.monotonic()
    thread.start()
    try:
        yield load
    finally:
        done.set()
        load.seconds = time.monotonic() - begin
        thread.join()
