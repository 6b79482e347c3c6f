"""Many changes that differ only by the index in their names, as one line for people."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from bay.stacks.plan.types import Change

FEW = 4
"""Changes of a row that are still shown one by one."""
NUMBERED = re.compile(r"(?P<stem>.*-)(?P<index>\d+)")


def folded(changes: Sequence[Change]) -> list[Change]:
    """The changes in their order; more than FEW alike, with indices one after the other, are one of several names."""
    lines: list[Change] = []
    for _key, row in groupby(enumerate(changes), _alike):
        lines += _one_line([change for _place, change in row])
    return lines


def _alike(placed: tuple[int, Change]) -> tuple[object, ...]:
    """The same for changes in a row: all but the index is equal, which grows with the place."""
    place, change = placed
    found = NUMBERED.fullmatch(change.name)
    if found is None:
        return (change.urn, change.name, change.type, place)
    return (change.operation, change.group, change.type, change.diffs, found["stem"], int(found["index"]) - place)


def _one_line(row: Sequence[Change]) -> Iterable[Change]:
    if len(row) <= FEW:
        return row
    return [replace(row[0], name=f"{row[0].name} to {row[-1].name} ({len(row)})")]
