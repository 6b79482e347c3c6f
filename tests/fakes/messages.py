"""What a user is told when something is wrong."""

from collections.abc import Callable

import pytest

from bay.cli.errors import exit_code
from bay.components.errors import BayError


def told(doing: Callable[[], object]) -> tuple[str, str, int]:
    """(message, hint, exit code) of the error that `doing` ends with; both texts are one line."""
    with pytest.raises(BayError) as caught:
        doing()
    error = caught.value
    assert "\n" not in error.message + error.hint
    return error.message, error.hint, exit_code(error)
