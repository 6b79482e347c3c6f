"""A spec as a state and a file of a checkout keep it: with the number of its schema, once there is a second one.

A release in which a field of the spec gets another name, place or meaning adds a `Migration`. Bays of every earlier
release are then read by it, and a bay that was changed by a later release is refused with the release that reads it.
A field that is only added needs none: it has a default.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bay.components.errors import BayError

Values = dict[str, Any]

SCHEMA = "schema"
"""Key of the number, beside the fields of a spec; a spec without it is of schema 1."""


@dataclass(frozen=True)
class Migration:
    """From one schema to the next. release: of bay, the first one that reads what comes out. what: for people.

    apply: values of a stored spec -> those of the next schema; pure, and of any spec that the earlier release wrote.
    """

    release: str
    what: str
    apply: Callable[[Values], Values]


MIGRATIONS: Sequence[Migration] = ()
"""The first leads from schema 1 to 2. None is ever removed: tests/recorded has a state of each release."""


class NewerSchema(BayError):
    """What is stored was written by a later release of bay."""


def stored(values: Mapping[str, Any], migrations: Sequence[Migration] = MIGRATIONS) -> Values:
    """Values of a spec as they are to be kept; those of schema 1 as they are, so that no state of one changes."""
    if not migrations:
        return dict(values)
    return {**values, SCHEMA: {"number": len(migrations) + 1, "release": migrations[-1].release}}


def restored(values: Mapping[str, Any], migrations: Sequence[Migration] = MIGRATIONS) -> Values:
    """Values as this release has them, from what any earlier one has kept; NewerSchema where a later one has.

    BayError where the number is none.
    """
    kept = dict(values)
    number, release = _schema(kept.pop(SCHEMA, None))
    newest = len(migrations) + 1
    if number > newest:
        raise NewerSchema(
            f"its spec is of schema {number}, and this release of bay reads schemas up to {newest}",
            f"use bay {release or 'of the release that changed it last'}, or a later one",
        )
    for migration in migrations[number - 1 :]:
        kept = migration.apply(kept)
    return kept


def is_current(values: Mapping[str, Any], migrations: Sequence[Migration] = MIGRATIONS) -> bool:
    """Whether these values need no migration."""
    return _schema(values.get(SCHEMA))[0] == len(migrations) + 1


def _schema(said: Any) -> tuple[int, str]:
    """Number and release; a file of a checkout is written by people."""
    if said is None:
        return 1, ""
    number = said.get("number") if isinstance(said, Mapping) else said
    if isinstance(number, float) and number.is_integer():  # as a state has numbers
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise BayError(f"{SCHEMA}: {said!r} is no schema of a spec", "leave the line as 'bay export' wrote it")
    return number, str(said.get("release", "")) if isinstance(said, Mapping) else ""
