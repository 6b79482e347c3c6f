"""Timeouts for a machine that others use as well."""

import os
import time

SLOWEST = 30.0  # times slower than an idle machine: a load average also counts what waits for disks


def slowness() -> float:
    """How many times longer computing takes than on an idle machine: runnable processes by processors; at least 1."""
    return min(SLOWEST, max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0))))


class Deadline:
    """Passes after ``seconds`` on an idle machine, on a busy one as many times later as that is slower."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._before = time.monotonic()

    def has_passed(self) -> bool:
        """To be asked at each poll: the load of now counts for the time since the last one."""
        now = time.monotonic()
        self._left -= (now - self._before) / slowness()
        self._before = now
        return self._left < 0
