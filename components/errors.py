"""What a person is told when something is wrong: what it is, and what to do."""

from collections.abc import Iterable


class BayError(Exception):
    """A mistake or a state of the world that the user can mend.

    message: one line, what is wrong and where; it names no command line, since not everybody has a terminal.
    hint: one line, what to do; may be empty, and may name commands.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidInput(BayError):
    """What was asked for is wrong in itself: the same request can never succeed."""


class NoModel(InvalidInput):
    """A new bay was asked for, and no model for it; perhaps another bay was meant."""


class Forbidden(BayError):
    """The cloud's policy does not allow this login a call: asking again changes nothing."""


class Unreachable(BayError):
    """The cloud does not answer at all, from here or for now: asking again may help."""


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
