"""The one exception that a person sees: what is wrong, and what to do."""

from collections.abc import Iterable


class BayError(Exception):
    """A mistake or a state of the world that the user can mend.

    message: one line, what is wrong and where.
    hint: one line, what to do; may be empty.
    exit_code: 1 error, 2 usage, 3 does not fit the quota.
    """

    def __init__(self, message: str, hint: str = "", exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


def nearest(word: str, known: Iterable[str | None], limit: int = 3) -> str:
    """``nearest("m1.smal", [...])`` -> ``nearest: m1.small``; all of a short list where nothing is near."""
    import difflib

    names = sorted({name for name in known if name})  # images and networks may have no name
    close = difflib.get_close_matches(word, names, n=limit, cutoff=0.5)
    if close:
        return "nearest: " + ", ".join(close)
    if not names:
        return "there is none"
    return "there is: " + ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
