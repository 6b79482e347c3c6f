"""Many changes that differ only by the index in their names, as one line for people."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from bay.components.text import join_names
from bay.stacks.plan.types import Change, Diff

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
    diffs = tuple(diff for diff in change.diffs if not _goes(change, diff))
    return (change.operation, change.group, change.type, diffs, found["stem"], int(found["index"]) - place)


def _goes(change: Change, diff: Diff) -> bool:
    """Whether it is an address that goes with its resource: each has another."""
    return change.operation == "delete" and diff.new is None


def _one_line(row: Sequence[Change]) -> Iterable[Change]:
    if len(row) <= FEW:
        return row
    diffs = tuple(
        replace(diff, old=join_names([d.old for one in row for d in one.diffs if d.path == diff.path and d.old], 20))
        if _goes(row[0], diff)
        else diff
        for diff in row[0].diffs
    )
    return [replace(row[0], name=f"{row[0].name} to {row[-1].name} ({len(row)})", diffs=diffs)]
