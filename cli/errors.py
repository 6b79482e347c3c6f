"""How an error ends a command: two lines, what is wrong and what to do, and an exit code by its family."""

import errno
from pathlib import Path

from bay.cli.console.terminal import say
from bay.cli.streams import OUTPUT
from bay.components.errors import BayError, InvalidInput
from bay.stacks.errors import Interrupted, NotReady, QuotaExceeded

ERROR, USAGE, OVER_QUOTA = 1, 2, 3
INTERRUPTED = 130
"""Exit code after Ctrl-C, as of a shell."""

CODES: tuple[tuple[type[BayError], int], ...] = (
    (InvalidInput, USAGE),
    (QuotaExceeded, OVER_QUOTA),
    (Interrupted, INTERRUPTED),
)
COMPARING = ("preview", "drift")
"""Commands whose exit code 2 says that something differs: a script must not take a wrong option for that."""


NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


def exit_code(error: BayError, command: str = "") -> int:
    """Of an error that ends a command."""
    code = next((code for family, code in CODES if isinstance(error, family)), ERROR)
    return ERROR if code == USAGE and command in COMPARING else code


def print_error(error: BayError, log: Path | None = None) -> None:
    """What a person sees of it; log: the file that has what led to it."""
    if isinstance(error, NotReady) and error.console:
        say(f"the console log of {error.server} ends:")
        for line in error.console:
            say(f"  | {line}")
    if isinstance(error, QuotaExceeded) and error.rows:
        from bay.cli.console.plan_table import print_quota

        print_quota(error.rows)
    if log:
        say(f"the log of this run: {log}")
    say(f"error: {error.message}")
    if error.hint:
        say(f"       {error.hint}")


def unwritable_output(error: OSError) -> BayError:
    """Of a standard output that takes no more."""
    return BayError(f"{OUTPUT}: {error.strerror}", "free some space where the output goes, or send it elsewhere")


class Mistake(BayError):
    """One of bay's own: of no user, cloud, file, sandbox or toolchain."""


def unexpected(error: Exception) -> BayError:
    """An error that nobody expected, in words; Mistake where nothing outside of bay explains it."""
    if hasattr(error, "message") and hasattr(error, "hint"):  # of the sandbox or the toolchain, which know no BayError
        return BayError(error.message, error.hint)
    if isinstance(error, OSError) and error.filename == OUTPUT:
        return unwritable_output(error)
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return BayError(
            f"{error.filename or 'a file'}: {error.strerror}",
            "free some space where the state (--state), the data (XDG_DATA_HOME) and temporary files (TMPDIR) are",
        )
    if isinstance(error, OSError) and error.filename:
        return BayError(
            f"{error.filename}: {error.strerror}", "make it writable and see that there is space, then try again"
        )
    return Mistake(
        f"{type(error).__name__}: {error}",
        "this is a mistake in bay: run it again with 'bay --debug ...' and report what it prints",
    )
