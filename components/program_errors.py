"""A user's mistake in a program of their own ends `pulumi up` with its message, and no traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from pulumi import RunError

from bay.components.errors import BayError


class ProgramError(BayError, RunError):
    """A BayError that Pulumi prints as it is: message, and what to do."""

    def __str__(self) -> str:
        return "; ".join(filter(None, (self.message, self.hint)))


@contextmanager
def program_errors() -> Iterator[None]:
    """BayError -> ProgramError, of which Pulumi shows the text alone."""
    try:
        yield
    except ProgramError:
        raise
    except BayError as error:
        raise ProgramError(error.message, error.hint) from None
