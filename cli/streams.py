"""Standard streams that are closed, full, or that nobody reads any more: none of them ends a change half-way."""

import io
import os
import sys
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


class Messages(io.FileIO):
    """stderr: what it cannot take is lost, and the operation goes on.

    Not only bay writes to it: Pulumi's SDK empties it when a program ends, and fails with it.
    """

    def write(self, data: "ReadableBuffer", /) -> int:
        """All of it, or nothing."""
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def open_standard_streams() -> None:
    """Put the null device where the caller closed a stream, and have stdout write every character in some way.

    Else the next file that is opened would get the stream's number, and the lines meant for a person.
    """
    while (opened := os.open(os.devnull, os.O_RDWR)) in STANDARD:
        os.set_inheritable(opened, True)
    os.close(opened)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = _writes(Output(1, "w", closefd=False), sys.stdout, line_buffering=os.isatty(1))
    sys.stderr = _writes(Messages(2, "w", closefd=False), sys.stderr, line_buffering=True)


def _writes(file: io.FileIO, like: TextIO | None, *, line_buffering: bool) -> io.TextIOWrapper:
    """Text for a file, in the encoding of the stream that it replaces; what that lacks is written by number."""
    encoding = like.encoding if like else "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(file), encoding, "backslashreplace", line_buffering=line_buffering)


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
