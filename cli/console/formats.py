"""One document on stdout, in the format asked for; everything else goes to stderr."""

import csv
import io
import json
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from rich.box import ROUNDED
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from bay.cli.console.code_span import cell
from bay.cli.console.terminal import say, tell
from bay.components.errors import InvalidInput, nearest
from bay.components.text import join_names, printable
from bay.components.yaml_file import dump


class Format(StrEnum):
    """Formats of the OpenStack client, and Markdown for merge requests."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    VALUE = "value"
    CSV = "csv"
    MARKDOWN = "markdown"


Row = Mapping[str, Any]

REMEDY = "remedy"
UNFOLDED = 500
"""Characters of a line of a table in a file or pipe."""


def print_list(
    rows: Sequence[Row],
    columns: Sequence[str],
    form: Format,
    wanted: Sequence[str] = (),
    *,
    narrow: Sequence[str] = (),
    long: bool = False,
) -> None:
    """A list, one row a thing; an empty list is ``[]`` in JSON and an empty table for people.

    narrow: columns that a table leaves out where it would be wider than the terminal, the first first; a remedy is
    then a line below it. Such a table has ids only if it is `long`; a long one has all columns, as wide as they are.
    """
    chosen = _choose(columns, wanted)
    left_out: list[str] = []
    if form is Format.TABLE and narrow and not (wanted or long):
        chosen, left_out = _fitting(rows, [column for column in chosen if column != "id"], narrow)
    picked = [{column: row.get(column) for column in chosen} for row in rows]
    if form in (Format.JSON, Format.YAML):
        _print_document(picked, form)
    elif form is Format.VALUE:
        _write("".join(" ".join(text_of(v) for v in row.values()) + "\n" for row in picked))
    elif form is Format.CSV:
        _write(_csv(picked, chosen))
    else:
        _print_rows(chosen, [[text_of(v) for v in row.values()] for row in picked], form, folds=not long)
        _tell_left_out(rows, left_out)


def print_one(thing: Row, form: Format, wanted: Sequence[str] = ()) -> None:
    """One thing: its fields, one a line."""
    picked = {column: thing[column] for column in _choose(list(thing), wanted)}
    if form in (Format.JSON, Format.YAML):
        _print_document(picked, form)
    elif form is Format.VALUE:
        _write("".join(text_of(value) + "\n" for value in picked.values()))
    elif form is Format.CSV:
        _write(_csv([picked], list(picked)))
    else:
        _print_rows(["field", "value"], [[key, _readable(value)] for key, value in picked.items()], form)


def _fitting(rows: Sequence[Row], columns: list[str], narrow: Sequence[str]) -> tuple[list[str], list[str]]:
    """The columns that there is space for, and those that there is none for."""
    width, unlimited = _console().width, Console(width=10 * UNFOLDED)
    left_out: list[str] = []
    for column in narrow:
        table = table_of(columns, [[text_of(row.get(name)) for name in columns] for row in rows])
        if Measurement.get(unlimited, unlimited.options, table).maximum <= width:
            break
        columns = [one for one in columns if one != column]
        left_out.append(column)
    return columns, left_out


def _tell_left_out(rows: Sequence[Row], left_out: Sequence[str]) -> None:
    """A remedy is a command to be copied: as a line of its own it stays in one piece."""
    if REMEDY in left_out:
        for row in rows:
            if row.get(REMEDY):
                tell(f"{text_of(row.get('name') or row.get('bay'))}: {text_of(row[REMEDY])}")
    if others := [column for column in left_out if column != REMEDY]:
        say(f"too narrow here for {join_names(others)}: --long shows every column")


def _choose(columns: Sequence[str], wanted: Sequence[str]) -> list[str]:
    for column in wanted:
        if column not in columns:
            raise InvalidInput(f"-c {column}: no such column", nearest(column, list(columns)))
    return list(wanted or columns)


def _print_document(value: Any, form: Format) -> None:
    if form is Format.JSON:
        _write(json.dumps(value, indent=2, default=str) + "\n")
    else:
        _write(dump(json.loads(json.dumps(value, default=str))))


def _print_rows(columns: Sequence[str], rows: Sequence[Sequence[str]], form: Format, *, folds: bool = True) -> None:
    if form is Format.MARKDOWN:
        _write(_markdown(columns, rows))
    else:
        _console(folds).print(table_of(columns, rows))


def _console(folds: bool = True) -> Console:
    """As wide as the terminal, or as COLUMNS says; where the output goes elsewhere, nothing is folded."""
    width = shutil.get_terminal_size((UNFOLDED, 24)).columns if folds else UNFOLDED
    return Console(highlight=False, markup=False, width=width, no_color=not sys.stdout.isatty())


def table_of(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=ROUNDED)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of GitHub's and GitLab's Markdown: one line a row, whatever a cell holds."""
    spans = [["<br>".join(map(_cell, text.split("\n"))) for text in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in (columns, *spans)]
    return "\n".join([lines[0], "|" + " --- |" * len(columns), *lines[1:]]) + "\n"


def _cell(text: str) -> str:
    """A word of bay's own or a number as it is, and what others may have written as code."""
    indent = len(text) - len(text.lstrip(" "))
    return text if _OWN_WORDS.fullmatch(text) else "&nbsp;" * indent + cell(text)


_OWN_WORDS = re.compile(r"(?![0-9a-fA-F]{7})[A-Za-z_]*|\d{1,6}")
"""No number of a commit, which a forge makes a link of."""


def _csv(rows: Sequence[Row], columns: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([text_of(row[column]) for column in columns] for row in rows)
    return text.getvalue()


def _readable(value: Any) -> str:
    """Nested values as YAML, one field a line; rows a line each."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return "\n".join(
            ", ".join(f"{key} {text_of(item[key])}" for key in item if item[key] is not None) for item in value
        )
    if isinstance(value, dict):
        return dump(json.loads(json.dumps(value, default=str))).rstrip()
    return text_of(value)


def text_of(value: Any) -> str:
    """A value as a terminal may have it."""
    if value is None:
        return ""
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return printable(", ".join(value))
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=str)
    return printable(str(value))


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
