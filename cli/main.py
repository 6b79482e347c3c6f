"""Entry of `bay`: Ctrl-C is answered from here on, while the rest is still imported."""

import gc
import os
import signal
import sys

from bay.cli.streams import discard_unwritten, open_standard_streams

INTERRUPTED = 130
"""Exit code after Ctrl-C, as of a shell."""

GARBAGE = 100_000
"""New objects after which Python looks for unused ones; its own 700 cost a sixth of the time of a short command."""


def main() -> None:
    """Run the command that the arguments name."""
    gc.set_threshold(GARBAGE)
    open_standard_streams()
    try:
        from bay.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # said once is enough
        sys.stderr.write("error: interrupted\n")
        sys.stderr.flush()
        os._exit(INTERRUPTED)  # Python would wait for threads first: for the answer of a cloud that may never come
    if code == INTERRUPTED:  # said already
        sys.stderr.flush()
        os._exit(code)
    code = _end_output(code)
    gc.freeze()  # at its end Python would look through everything once more, which nobody needs
    sys.exit(code)


def _end_output(code: int) -> int:
    """Write what is left to be written; the exit code, which is not 0 where that was in vain."""
    unwritten = discard_unwritten(sys.stdout)
    if unwritten and not code:
        if not isinstance(unwritten, BrokenPipeError):  # who closed a pipe has seen enough
            from bay.cli.errors import print_error, unwritable_output

            print_error(unwritable_output(unwritten))
        code = 1
    return code
