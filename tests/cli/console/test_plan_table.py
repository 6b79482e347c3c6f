"""A plan for people and for scripts: risks before the table, rows with the notes beside them, and before a question."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bay.cli.console.formats import Format
from bay.cli.console.plan_table import on_stderr, print_quota, show
from bay.stacks.plan.types import Change, FieldChange, Group, Plan, QuotaUsage
from tests.fakes.plans import COMPARED, PLAN

Captured = pytest.CaptureFixture[str]
INTERRUPTED = "the previous run was interrupted while creating Instance demo-node-1"
SUMMARY = (
    "bay demo: 1 to resize, 1 to create; compared with the state of 2026-01-02 03:04:05 UTC, in 1.2 s; "
    "--refresh compares with the cloud itself"
)


def cells(text: str) -> list[list[str]]:
    """Of every row of every table of a text, heads too."""
    drawn = (line for line in text.splitlines() if line.startswith(("│", "┃")))
    return [[cell.strip() for cell in line.replace("┃", "│").split("│")[1:-1]] for line in drawn]


def test_a_person_sees_the_risks_before_the_table(capsys: Captured) -> None:
    show(PLAN, Format.TABLE)
    shown = capsys.readouterr()
    assert shown.out.splitlines()[:2] == [
        "risk (batch): 2 of 2 at once; refused: add --allow batch if that is what you want; --dry-run shows the whole "
        "plan",
        "risk (open): tcp 22, open",
    ]
    assert "flavorId: a -> b" in shown.out
    assert shown.err.splitlines()[-1] == SUMMARY


def test_a_person_sees_fields_changes_impact_notes_and_quotas(capsys: Captured) -> None:
    show(PLAN, Format.TABLE)
    shown = capsys.readouterr()
    assert cells(shown.out) == [
        ["group", "field", "old", "new", "reach"],
        ["nodes", "image", "old", "new", "holds for servers created later"],
        ["group", "operation", "type", "name", "changes"],
        ["nodes", "resize", "Instance", "demo-node-0", "flavorId: a -> b"],
        ["firewall", "create", "SecGroupRule", "demo-node-tcp-22", ""],
    ]
    assert shown.out.splitlines()[-2:] == ["impact: pods move", "note: demo-node-0: created from another image"]
    assert cells(shown.err) == [["resource", "needed", "used", "limit"], ["cores", "2", "4", "200"]]


@pytest.mark.parametrize(
    ("form", "columns", "text"),
    [
        (Format.VALUE, [], "resize Instance demo-node-0 flavorId\ncreate SecGroupRule demo-node-tcp-22 \n"),
        (Format.CSV, ["operation", "name"], "operation,name\nresize,demo-node-0\ncreate,demo-node-tcp-22\n"),
        (Format.YAML, ["name"], "- name: demo-node-0\n- name: demo-node-tcp-22\n"),
    ],
)
def test_other_formats_are_rows(form: Format, columns: list[str], text: str, capsys: Captured) -> None:
    show(PLAN, form, columns)
    assert capsys.readouterr().out == text


@pytest.mark.parametrize("form", [Format.VALUE, Format.CSV])
def test_notes_and_risks_are_told_beside_rows_too(form: Format, capsys: Captured) -> None:
    show(PLAN, form)
    said = capsys.readouterr().err
    assert "note: demo-node-0: created from another image" in said
    assert "risk (batch): 2 of 2 at once; refused: add --allow batch" in said


@pytest.mark.parametrize("form", list(Format))
def test_an_interrupted_run_is_told_in_every_format(form: Format, capsys: Captured) -> None:
    show(Plan("demo", True, COMPARED, notes=(INTERRUPTED,)), form)
    shown = capsys.readouterr()
    assert INTERRUPTED in shown.out + shown.err


def test_fields_of_the_engine_stand_under_it(capsys: Captured) -> None:
    version = FieldChange("options.version", "28.5.1", "29.0.0", Group.ENGINE, True)
    show(Plan("demo", True, COMPARED, fields=(version, *PLAN.fields)), Format.TABLE)
    lines = capsys.readouterr().out.splitlines()
    engine = next(index for index, line in enumerate(lines) if "options.version" in line)
    assert "engine" in lines[engine]
    assert "image" in lines[engine - 1], "the fields stand in the order of the groups"


def test_before_a_question_everything_is_on_stderr(capsys: Captured) -> None:
    on_stderr(PLAN)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[:2] == ["risk (batch): 2 of 2 at once", "risk (open): tcp 22, open"]
    assert cells(shown.err)[1] == ["nodes", "resize", "Instance", "demo-node-0", "flavorId: a -> b"]
    assert shown.err.splitlines()[-1] == "impact: pods move"


@pytest.mark.parametrize("printing", [on_stderr, lambda plan: show(plan, Format.TABLE)])
def test_many_alike_are_one_line(printing: Callable[[Plan], None], capsys: Captured) -> None:
    many = tuple(Change("create", Group.NODES, "Instance", f"demo-node-{index}") for index in range(100))
    printing(replace(PLAN, changes=many))
    shown = capsys.readouterr()
    rows = [row for row in cells(shown.out + shown.err) if "Instance" in row]
    assert rows == [["nodes", "create", "Instance", "demo-node-0 to demo-node-99 (100)", ""]]


def test_quotas_are_a_table_on_stderr_and_nothing_where_there_is_nothing(capsys: Captured) -> None:
    print_quota(())
    assert capsys.readouterr() == ("", "")
    print_quota((QuotaUsage("cores", 2, 4, 5), QuotaUsage("instances", 1, 0, 10)))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert cells(shown.err)[1:] == [["cores", "2", "4", "5"], ["instances", "1", "0", "10"]]
