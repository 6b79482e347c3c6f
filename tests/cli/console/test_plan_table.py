"""A plan as a merge request's comment, as JSON with its schema, and as tables."""

import json
import os
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from bay.cli.console.output import Format
from bay.cli.console.plan_markdown import LIMIT, markdown
from bay.cli.console.plan_table import show
from bay.stacks.approval import Risk
from bay.stacks.plan.document import document, schema
from bay.stacks.plan.types import Change, Compared, Diff, FieldChange, Group, Plan, QuotaUsage
from tests.paths import DOCS

COMPARED = Compared(False, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), 1.25)
RESIZE = Change("resize", Group.NODES, "Instance", "demo-node-0", (Diff("flavorId", "a", "b"),), "urn:1")
RULE = Change("create", Group.FIREWALL, "SecGroupRule", "demo-node-tcp-22", (), "urn:2")
PLAN = Plan(
    "demo",
    True,
    COMPARED,
    changes=(RESIZE, RULE),
    fields=(FieldChange("image", "old", "new", Group.NODES, True),),
    risks=(Risk("batch", "2 of 2 at once", ("demo-node-0",), True, "batch"), Risk("open", "tcp 22, open")),
    impact=("pods move",),
    notes=("demo-node-0: made from another image",),
    quota=(QuotaUsage("cores", 2, 4, 200),),
)


def test_the_comment_has_headline_and_dangers_open_and_all_else_folded() -> None:
    lines = markdown(PLAN).splitlines()
    assert lines[0] == "### bay demo: 1 to resize, 1 to create"
    assert "state of 2026-01-02 03:04:05 UTC, in 1.2 s" in lines[2]
    first_fold = lines.index("<details><summary>fields of the spec: 1 of nodes</summary>")
    dangers = [line for line in lines[:first_fold] if line.startswith("- **")]
    assert dangers == [
        "- **batch**: 2 of 2 at once; refused: say --allow batch if that is what you want; --dry-run shows all of it",
        "- **open**: tcp 22, open",
    ]
    assert "| nodes | image | old | new | holds for servers made later |" in lines
    assert "| resize | Instance | demo-node-0 | flavorId: a → b |" in lines
    folds = [line.removeprefix("<details><summary>").split("<")[0] for line in lines if line.startswith("<details>")]
    assert folds == ["fields of the spec: 1 of nodes", "nodes: 1 to resize", "firewall: 1 to create", "quotas"]
    assert lines.count("</details>") == len(folds)


def test_the_comment_of_a_huge_change_fits_and_says_what_was_cut() -> None:
    nodes = tuple(
        Change("delete", Group.NODES, "Instance", f"demo-node-{2 * i}", (Diff("flavorId", "<a>" * 20, "|" * 50),))
        for i in range(5000)
    )
    many = Plan(
        "demo",
        True,
        COMPARED,
        changes=(*nodes, *[RULE] * 500),
        fields=tuple(FieldChange(f"f{i}", "|" * 100, "|" * 100, Group.OTHER, True) for i in range(300)),
        risks=tuple(Risk("open", "|" * 200) for _ in range(300)),
        impact=("|" * 200,) * 30,
        notes=("|" * 200,) * 30,
    )
    text = markdown(many)
    assert len(text) <= LIMIT
    shown = text.count("| delete | Instance |")
    assert shown > 10
    assert f"{5000 - shown} of 5000 rows are cut here: `bay preview demo` shows them." in text
    assert " of 500 rows are cut here" in text
    assert text.count("<details>") == text.count("</details>")
    assert text.splitlines()[0] == "### bay demo: 5000 to delete, 500 to create"


@pytest.mark.parametrize(
    "evil", ["a|b", "<img src=x>", "[x](http://e)", "@all", "`x`", "two\nlines", "</details>", "**x**"]
)
def test_what_a_requests_author_wrote_stays_text(evil: str) -> None:
    plan = Plan("demo", True, COMPARED, fields=(FieldChange("image", "old", evil, Group.NODES, True),))
    row = next(line for line in markdown(plan).splitlines() if line.startswith("| nodes"))
    assert row.count("|") == 6
    assert not set("<>[]@`*") & set(row)


def test_a_comment_of_no_change_is_short() -> None:
    assert markdown(Plan("demo", True, COMPARED)).splitlines()[0] == "### bay demo: no changes"


def test_the_document_has_a_version_and_is_what_its_schema_says() -> None:
    values = json.loads(json.dumps(document(PLAN)))
    described = schema()
    assert values["version"] == 1
    assert values["counts"] == {"resize": 1, "create": 1}
    assert values["compared"] == {"with_cloud": False, "changed_at": "2026-01-02T03:04:05Z", "seconds": 1.25}
    assert values["changes"][0]["diffs"] == [{"path": "flavorId", "old": "a", "new": "b"}]
    assert values["quota"] == [{"resource": "cores", "needed": 2, "used": 4, "limit": 200}]
    assert set(values) == set(described["properties"]) == set(described["required"])
    own = {key: value for key, value in values.items() if key not in ("empty", "counts", "summary")}
    assert TypeAdapter(Plan).validate_python(own) == PLAN


def keys(value: Any) -> set[str]:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (set(value) if isinstance(value, dict) else set()) | {key for item in below for key in keys(item)}


def test_the_page_names_every_field_of_the_document() -> None:
    page = (DOCS / "preview.md").read_text()
    counted = set(document(PLAN)["counts"])
    missing = {key for key in keys(document(PLAN)) - counted if f"`{key}`" not in page}
    assert missing == set()


def test_a_person_sees_the_dangers_before_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    show(PLAN, Format.TABLE)
    shown = capsys.readouterr()
    assert shown.out.splitlines()[0].startswith("danger (batch): 2 of 2 at once; refused: say --allow batch")
    assert "flavorId: a -> b" in shown.out
    assert shown.err.splitlines()[-1] == (
        "bay demo: 1 to resize, 1 to create; compared with the state of 2026-01-02 03:04:05 UTC, in 1.2 s; "
        "--refresh compares with the cloud itself"
    )


@pytest.mark.parametrize(
    ("form", "columns", "text"),
    [
        (Format.VALUE, [], "resize Instance demo-node-0 flavorId\ncreate SecGroupRule demo-node-tcp-22 \n"),
        (Format.CSV, ["operation", "name"], "operation,name\nresize,demo-node-0\ncreate,demo-node-tcp-22\n"),
        (Format.YAML, ["name"], "- name: demo-node-0\n- name: demo-node-tcp-22\n"),
    ],
)
def test_other_formats_are_rows(
    form: Format, columns: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show(PLAN, form, columns)
    assert capsys.readouterr().out == text


@pytest.mark.parametrize(
    ("plan", "summary", "empty"),
    [
        (Plan("demo", True, COMPARED), "no changes", True),
        (Plan("demo", True, COMPARED, fields=PLAN.fields), "no changes in the cloud, only in the spec", False),
        (PLAN, "1 to resize, 1 to create", False),
    ],
)
def test_the_summary_counts_the_worst_first(plan: Plan, summary: str, empty: bool) -> None:
    assert (plan.summary, plan.empty) == (summary, empty)


def test_a_run_that_was_cut_off_is_a_note_of_the_plan() -> None:
    from bay.stacks.plan.planner import _cut_off
    from bay.stacks.state.snapshot import StateSnapshot

    (note,) = _cut_off(StateSnapshot("demo", interrupted_operations=("making Instance demo-node-1",)))
    assert note == "the last run was cut off while making Instance demo-node-1"
    plan = Plan("demo", True, COMPARED, notes=(note,))
    assert note in markdown(plan)
    assert document(plan)["notes"] == [note]
    assert _cut_off(StateSnapshot("demo")) == _cut_off(None) == []


@pytest.mark.parametrize("form", [Format.VALUE, Format.CSV])
def test_notes_and_dangers_are_told_beside_rows_too(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    show(PLAN, form)
    said = capsys.readouterr().err
    assert "note: demo-node-0: made from another image" in said
    assert "danger (batch): 2 of 2 at once" in said


def test_fields_of_the_engine_stand_under_it(capsys: pytest.CaptureFixture[str]) -> None:
    version = FieldChange("options.version", "28.5.1", "29.0.0", Group.ENGINE, True)
    plan = Plan("demo", True, COMPARED, fields=(version, *PLAN.fields))
    text = markdown(plan)
    assert "<details><summary>fields of the spec: 1 of nodes, 1 of engine</summary>" in text
    assert "| engine | options.version | 28.5.1 | 29.0.0 | holds for servers made later |" in text
    show(plan, Format.TABLE)
    lines = capsys.readouterr().out.splitlines()
    engine = next(index for index, line in enumerate(lines) if "options.version" in line)
    assert "engine" in lines[engine]
    assert "image" in lines[engine - 1], "the fields stand in the order of the groups"


def test_the_published_schema_is_that_of_the_document() -> None:
    golden = DOCS / "preview.schema.json"
    text = json.dumps(schema(), indent=2) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text(), "UPDATE_GOLDEN=1 pytest writes it anew"
    assert golden.name in golden.with_name("preview.md").read_text()
