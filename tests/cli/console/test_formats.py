"""One document on stdout in the format asked for, and nothing else."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from bay.cli.console.formats import Format, print_list, print_one
from bay.cli.console.terminal import say, say_table, tell
from bay.components.text import is_printable
from tests.fakes.messages import told

COLUMNS = ("name", "status", "nodes", "spec")
ROWS: list[dict[str, Any]] = [
    {"name": "physics", "status": "CREATE_COMPLETE", "nodes": ["10.0.0.1", "10.0.0.2"], "spec": {"count": 2}},
    {"name": "a|b", "status": None, "nodes": [], "spec": None},
]
Captured = pytest.CaptureFixture[str]


def shown(captured: Captured, printing: Callable[[], None]) -> str:
    printing()
    out, err = captured.readouterr()
    assert err == ""
    return out


def listed(captured: Captured, form: Format, *wanted: str, rows: list[dict[str, Any]] = ROWS) -> str:
    return shown(captured, lambda: print_list(rows, COLUMNS, form, wanted))


def test_json_is_one_document_with_values_as_they_are(capsys: Captured) -> None:
    assert json.loads(listed(capsys, Format.JSON)) == ROWS


def test_yaml_is_one_document_with_values_as_they_are(capsys: Captured) -> None:
    assert yaml.safe_load(listed(capsys, Format.YAML)) == ROWS


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Format.JSON, "[]\n"),
        (Format.YAML, "[]\n"),
        (Format.VALUE, ""),
        (Format.CSV, "name,status,nodes,spec\n"),
    ],
)
def test_an_empty_list_is_still_a_document(form: Format, text: str, capsys: Captured) -> None:
    assert listed(capsys, form, rows=[]) == text


def test_csv_can_be_read_back(capsys: Captured) -> None:
    rows = list(csv.reader(io.StringIO(listed(capsys, Format.CSV))))
    assert rows == [
        ["name", "status", "nodes", "spec"],
        ["physics", "CREATE_COMPLETE", "10.0.0.1, 10.0.0.2", '{"count": 2}'],
        ["a|b", "", "", ""],
    ]


def test_values_are_for_shell_scripts(capsys: Captured) -> None:
    assert listed(capsys, Format.VALUE, "name", "status") == "physics CREATE_COMPLETE\na|b \n"


def test_columns_come_in_the_order_asked_for(capsys: Captured) -> None:
    assert listed(capsys, Format.VALUE, "status", "name").splitlines()[0] == "CREATE_COMPLETE physics"
    assert json.loads(listed(capsys, Format.JSON, "name")) == [{"name": "physics"}, {"name": "a|b"}]


def test_an_unknown_column_is_named_with_the_nearest() -> None:
    assert told(lambda: print_list(ROWS, COLUMNS, Format.JSON, ["stauts"])) == (
        "-c stauts: no such column",
        "nearest: status",
        2,
    )


def test_a_row_of_a_markdown_table_is_one_line_whatever_a_cell_holds(capsys: Captured) -> None:
    rows = [{"name": "a|b", "status": "x" * 600}, {"name": "two\nlines", "status": None}]
    assert listed(capsys, Format.MARKDOWN, "name", "status", rows=rows).splitlines() == [
        "| name | status |",
        "| --- | --- |",
        "| `a\\|b` | " + "x" * 600 + " |",
        "| two<br>lines |  |",
    ]


def test_nested_fields_stay_in_one_markdown_cell(capsys: Captured) -> None:
    thing = {"name": "physics", "spec": {"nodes": {"count": 2}}}
    text = shown(capsys, lambda: print_one(thing, Format.MARKDOWN))
    assert text.splitlines()[2:] == ["| name | physics |", "| spec | `nodes:`<br>&nbsp;&nbsp;`count: 2` |"]


def test_a_table_is_not_folded_where_it_goes_to_a_file(capsys: Captured) -> None:
    rows = [{"name": "x" * 200, "status": "y" * 200}]
    assert "x" * 200 in listed(capsys, Format.TABLE, "name", "status", rows=rows)


def test_square_brackets_in_a_table_are_text(capsys: Captured) -> None:
    assert "[red]x[/red]" in listed(capsys, Format.TABLE, "name", rows=[{"name": "[red]x[/red]"}])


def one(captured: Captured, form: Format, *wanted: str) -> str:
    return shown(captured, lambda: print_one(ROWS[0], form, wanted))


def test_one_thing_in_each_format(capsys: Captured) -> None:
    assert json.loads(one(capsys, Format.JSON)) == ROWS[0]
    assert yaml.safe_load(one(capsys, Format.YAML)) == ROWS[0]
    assert one(capsys, Format.VALUE, "name", "nodes") == "physics\n10.0.0.1, 10.0.0.2\n"
    assert one(capsys, Format.CSV, "name", "status") == "name,status\nphysics,CREATE_COMPLETE\n"
    assert "count: 2" in one(capsys, Format.TABLE, "spec")
    assert told(lambda: print_one(ROWS[0], Format.VALUE, ["node"]))[1].startswith("nearest: nodes")


EVIL = "v\x1b[31mred\x9b2J\u202etxt\x07"


@pytest.mark.parametrize("form", Format)
def test_what_others_wrote_acts_on_no_terminal_in_any_format(capsys: Captured, form: Format) -> None:
    rows = [{"name": EVIL, "nested": {EVIL: [EVIL]}, "several": [EVIL, "x"], "lines": f"{EVIL}\n{EVIL}"}]
    print_list(rows, tuple(rows[0]), form)
    print_one(rows[0], form)
    text = capsys.readouterr().out
    assert is_printable(text)
    assert "\\x1b[31mred" in text or "\\u001b[31mred" in text or "\\e[31mred" in text, "it is shown"


def test_nor_do_lines_on_stderr(capsys: Captured) -> None:
    say(EVIL)
    say_table([{"name": EVIL}], ["name"])
    tell(EVIL)
    captured = capsys.readouterr()
    assert is_printable(captured.err)
    assert is_printable(captured.out)
