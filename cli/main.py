"""Entry of `bay`: Ctrl-C is answered from here on, while the rest is still imported."""

import signal
import sys

INTERRUPTED = 130
"""Exit code after Ctrl-C, as of a shell."""


def main() -> None:
    """Run the command that the arguments name."""
    try:
        from bay.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # said once is enough
        code = INTERRUPTED
        sys.stderr.write("error: interrupted\n")
    sys.exit(code)
