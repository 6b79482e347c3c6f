"""Standard streams that are closed, full, or that nobody reads any more: none of them ends a change half-way."""

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STANDARD = (0, 1, 2)


OUTPUT = "standard output"


class Output(io.FileIO):
    """stdout, with its name in the errors of its writes: Python says of none where they come from."""

    def write(self, data: "ReadableBuffer", /) -> int:
        """As much as fits."""
        try:
            return super().write(data)
        except OSError as error:
            raise OSError(error.errno, error.strerror, OUTPUT) from None


def open_standard_streams() -> None:
    """Put the null device where the caller closed a stream, and have stdout write every character in some way.

    Else the next file that is opened would get the stream's number, and the lines meant for a person.
    """
    while (opened := os.open(os.devnull, os.O_RDWR)) in STANDARD:
        os.set_inheritable(opened, True)
    os.close(opened)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
    encoding = sys.stdout.encoding if sys.stdout else "utf-8"
    output = io.BufferedWriter(Output(1, "w", closefd=False))
    sys.stdout = io.TextIOWrapper(output, encoding, "backslashreplace", line_buffering=output.isatty())


def discard_unwritten(stream: TextIO) -> OSError | None:
    """The error with which a stream takes no more, if it does not; what waits to be written is then dropped.

    Python would else try again when it ends, and say so with an exit code of its own.
    """
    try:
        stream.flush()
    except OSError as error:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        return error
    return None


class PatientStream(io.TextIOBase):
    """stderr as it is at each write; what it cannot take is lost, and the operation that was told of goes on."""

    def write(self, text: str) -> int:
        """All of it, or nothing."""
        with suppress(OSError, ValueError):  # ValueError: it is closed
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """As far as it goes."""
        with suppress(OSError, ValueError):
            sys.stderr.flush()

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return _current().isatty()

    def fileno(self) -> int:
        """Its number, by which rich asks for the size of the terminal."""
        return _current().fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a class attribute of the base, and never set
        """Of the stream behind it; rich draws its boxes by that."""
        return _current().encoding or "utf-8"


def _current() -> TextIO:
    return sys.stderr
