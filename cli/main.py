"""Entry of `bay`: Ctrl-C is answered from here on, while the rest is still imported."""

import sys

INTERRUPTED = 130
"""Exit code after Ctrl-C, as of a shell."""


def main() -> None:
    """Run the command that the arguments name."""
    try:
        from bay.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
        sys.stderr.write("error: interrupted\n")
    sys.exit(code)
