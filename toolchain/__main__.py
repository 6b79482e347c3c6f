"""`python -m bay.toolchain`: have a Pulumi that bay can use, building it if need be."""

import os
import signal
import sys
from pathlib import Path

from bay.toolchain import ToolchainError, ensure, status_line


def main() -> int:
    """Exit code 0 once it is there; else one line of what is wrong and one of what to do."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # end the compiler, as Ctrl-C does
        signal.signal(number, signal.default_int_handler)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bay"
    try:
        toolchain = ensure(cache, os.environ.get("PATH", ""), _say, status_line(sys.stderr))
    except ToolchainError as error:
        print(f"error: {error.message}\n       {error.hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; what is compiled is kept, the same command goes on from there", file=sys.stderr)
        return 130
    print(toolchain.root / "bin" / "pulumi")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
