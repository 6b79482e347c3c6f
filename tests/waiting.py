"""Waits of tests that end when the thing has happened."""

import time
from collections.abc import Callable


def eventually(seen: Callable[[], object], seconds: float = 60) -> None:
    """Wait until `seen` is true; the test fails where it does not come."""
    deadline = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < deadline, f"not seen within {seconds:.0f} s: {seen}"
        time.sleep(0.1)
