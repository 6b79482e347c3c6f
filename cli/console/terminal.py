"""Lines for the person at the terminal, on stderr: progress, hints and errors."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from bay.components.text import printable, without_passwords

errors = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A line, without the passwords of URLs in it, and without what others wrote to act on a terminal."""
    errors.print(printable(without_passwords(text)), markup=False)


def tell(text: str) -> None:
    """The same on stdout: a line of a document for people."""
    print(printable(without_passwords(text)))


def say_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """A table, beside the document on stdout."""
    from bay.cli.console.formats import table_of, text_of

    errors.print(table_of(columns, [[text_of(row.get(column)) for column in columns] for row in rows]))
