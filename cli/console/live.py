"""Lines on stderr that tell how far long work is: rewritten in place on a terminal, else printed now and then."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from bay.cli.console.output import errors

INTERVAL = 5.0
"""Seconds between two printings where stderr is no terminal."""


class Board:
    """Shows `lines`, each with the seconds since the beginning, while it is entered; `refresh` after each change."""

    def __init__(self, lines: Callable[[], list[str]]) -> None:
        self.lines = lines
        self.started = time.monotonic()
        self.last_line = 0.0
        self.last_text = ""
        self.live = Live(get_renderable=self._text, console=errors, transient=False, refresh_per_second=4)

    def __enter__(self) -> Self:
        if errors.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if errors.is_terminal:
            self.live.stop()
        else:
            self.refresh(force=True)

    def refresh(self, force: bool = False) -> None:
        """Print what is new, where stderr is no terminal and the last time is long ago."""
        now = time.monotonic()
        if errors.is_terminal or (not force and now - self.last_line < INTERVAL):
            return
        text = self._text().plain
        if text and text != self.last_text:
            errors.print(text, markup=False)
        self.last_line, self.last_text = now, text

    def _text(self) -> Text:
        seconds = time.monotonic() - self.started
        return Text("\n".join(f"{seconds:5.0f} s  {line}" for line in self.lines()))
