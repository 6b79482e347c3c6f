"""Lines that change while a phase lasts: in place on a terminal, else one printed line a change."""

import threading
import time
from dataclasses import dataclass

from rich.live import Live
from rich.text import Text

from bay.cli.console.terminal import errors
from bay.components.text import printable

INTERVAL = 5.0
"""Seconds between two printings of one line where stderr is no terminal: a thousand servers are no thousand lines."""
SILENCE = 60.0
"""Seconds without a change after which what is waited for is said again: some runners of CI end a silent job."""


@dataclass
class Line:
    """One line. began, ended, printed_at: times; ended is None while it goes on. printed: its text when it was."""

    began: float
    text: str = ""
    ended: float | None = None
    printed: str = ""
    printed_at: float = float("-inf")

    def seconds(self, now: float) -> float:
        """How long it has gone on, or did."""
        return (now if self.ended is None else self.ended) - self.began


class Board:
    """Used under the lock that it is made with, which its own thread takes too."""

    def __init__(self, lock: "threading.RLock") -> None:
        self.lines: dict[tuple[str, str], Line] = {}
        self.started = self.printed_at = time.monotonic()
        self.live = Live(get_renderable=self.text, console=errors, transient=False, refresh_per_second=4)
        self._lock, self._stopped = lock, threading.Event()

    def start(self) -> None:
        """Begin to show."""
        if errors.is_terminal:
            self.live.start()
        else:
            threading.Thread(target=self._print_now_and_then, daemon=True).start()

    def show(self, key: tuple[str, str], text: str, *, ended: bool) -> None:
        """Add a line, or put another text in its place; ended: nothing of it is waited for."""
        now = time.monotonic()
        line = self.lines.setdefault(key, Line(now))
        line.text, line.ended = printable(text), now if ended else None
        if not errors.is_terminal:
            self.print_changes()

    def stop(self) -> None:
        """Leave what it shows as it is."""
        self._stopped.set()
        if errors.is_terminal:
            self.live.stop()
        else:
            self.print_changes(all_of_them=True)

    def _print_now_and_then(self) -> None:
        while not self._stopped.wait(INTERVAL):
            with self._lock:
                self.print_changes()
                if time.monotonic() - self.printed_at >= SILENCE:
                    self.print_waiting()

    def print_changes(self, *, all_of_them: bool = False) -> None:
        """Print the lines that changed since they were printed, unless that was a moment ago."""
        now = time.monotonic()
        for _, line in sorted(self.lines.items()):
            if line.text != line.printed and (all_of_them or now - line.printed_at >= INTERVAL):
                self._print(line.text, now)
                line.printed, line.printed_at = line.text, now

    def print_waiting(self) -> None:
        """Print again what has not ended."""
        now = time.monotonic()
        for _, line in sorted(self.lines.items()):
            if line.ended is None:
                self._print(f"still {line.text}", now)

    def _print(self, text: str, now: float) -> None:
        errors.print(f"{now - self.started:5.0f} s  {text}", markup=False)
        self.printed_at = now

    def text(self) -> Text:
        """The lines, each with how long it has gone on."""
        now = time.monotonic()
        rows = [f"{line.seconds(now):5.0f} s  {line.text}" for _, line in sorted(self.lines.items())]
        return Text("\n".join(rows), no_wrap=True, overflow="ellipsis")
