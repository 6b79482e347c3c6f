"""Waits of tests that end when the thing has happened."""

import time
from collections.abc import Callable
from pathlib import Path


def has_content(path: Path) -> bool:
    """Whether a file is there and holds something: another process creates it first, and writes then."""
    return path.is_file() and path.stat().st_size > 0


def eventually(seen: Callable[[], object], seconds: float = 60, *, pause: float = 0.1) -> None:
    """Wait until `seen` is true; the test fails where it does not come. pause: between two looks."""
    deadline = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < deadline, f"not seen within {seconds:.0f} s: {seen}"
        time.sleep(pause)
