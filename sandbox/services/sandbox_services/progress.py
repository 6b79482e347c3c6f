"""Says what a wait is for."""

import os
import time

EVERY = 15.0  # seconds


class Progress:
    """Prints a line now and then while something is waited for; none where that is there soon."""

    def __init__(self) -> None:
        self._begin = self._last = time.monotonic()

    def report(self, what: str) -> None:
        """To be called at each poll."""
        now = time.monotonic()
        if now - self._last < EVERY:
            return
        self._last = now
        load, processors = os.getloadavg()[0], len(os.sched_getaffinity(0))
        print(f"waiting for {what} ({now - self._begin:.0f} s; load {load:.0f} on {processors} processors)", flush=True)
