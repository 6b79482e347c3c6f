"""Lines and tables for the person at the terminal: on stderr, as they are, and without passwords."""

import pytest

from bay.cli.console.terminal import say, say_table

Captured = pytest.CaptureFixture[str]


def test_what_is_said_to_the_person_goes_to_stderr(capsys: Captured) -> None:
    say("bay [demo] is created")
    assert capsys.readouterr() == ("", "bay [demo] is created\n")


def test_a_password_in_an_url_is_not_said(capsys: Captured) -> None:
    say("cannot reach postgres://bay:hidden@host/db or https://host:8080/x@y")
    assert capsys.readouterr().err == "cannot reach postgres://bay:***@host/db or https://host:8080/x@y\n"


def test_a_table_stands_beside_the_document_and_shows_brackets_and_what_is_absent(capsys: Captured) -> None:
    say_table([{"name": "[demo]", "nodes": ["a", "b"]}, {"name": "other"}], ("name", "nodes"))
    shown = capsys.readouterr()
    assert shown.out == ""
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.err.splitlines() if "│" in line]
    assert cells == [["name", "nodes"], ["[demo]", "a, b"], ["other", ""]]
