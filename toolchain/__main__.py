"""`python -m bay.toolchain`: have a Pulumi that bay can use, building it if need be."""

import os
import sys
from pathlib import Path

from bay.toolchain import ToolchainError, ensure


def main() -> int:
    """Exit code 0 once it is there; else one line of what is wrong and one of what to do."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bay"
    try:
        toolchain = ensure(cache, os.environ.get("PATH", ""), lambda line: print(line, file=sys.stderr, flush=True))
    except ToolchainError as error:
        print(f"error: {error.message}\n       {error.hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; what is compiled is kept, the same command goes on from there", file=sys.stderr)
        return 130
    print(toolchain.root / "bin" / "pulumi")
    return 0


if __name__ == "__main__":
    sys.exit(main())
