"""What --debug shows is a log, whoever wrote the words in it."""

import logging

import pytest

from bay.cli.console.log import Formatter


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("state postgres://bay:secret@host/db", "state postgres://bay:***@host/db"),
        ("a volume called v\x1b[31mred", "a volume called v\\x1b[31mred"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_a_line_holds_no_password_and_acts_on_no_terminal(message: str, shown: str) -> None:
    record = logging.LogRecord("bay", logging.DEBUG, "x.py", 1, "%s", (message,), None)
    assert Formatter("%(message)s").format(record) == shown
