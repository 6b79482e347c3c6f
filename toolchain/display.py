"""Where progress is shown: one line that changes on a terminal, a line now and then elsewhere."""

import os
from typing import TextIO

from bay.toolchain.process import Report

#: Back to the begin of the line, and clear it.
_CLEAR = "\r\x1b[K"


def status_line(stream: TextIO) -> Report | None:
    """Writes each line in the place of the one before; None where the stream is no terminal.

    An empty line clears the place, for a line of another kind that comes next.
    """
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        return None

    def write(line: str) -> None:
        columns = os.get_terminal_size(stream.fileno()).columns or 80
        stream.write(_CLEAR + line[: columns - 1])
        stream.flush()

    return write
