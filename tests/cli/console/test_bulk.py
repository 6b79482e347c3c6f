"""The plans of all bays in one table, one comment and one list of documents."""

import json

import pytest
import yaml

from bay.cli.bulk_preview import Outcome
from bay.cli.console.bulk import COLUMNS, comment, show
from bay.cli.console.formats import Format
from bay.cli.console.plan_markdown import LIMIT
from bay.cli.console.plan_table import show as show_one
from bay.stacks.approval import Risk
from bay.stacks.plan.document import document
from bay.stacks.plan.types import VERSION, Change, Group, Plan, QuotaUsage
from tests.fakes.plans import COMPARED

Captured = pytest.CaptureFixture[str]
LARGE = tuple(Change("create", Group.NODES, "Instance", f"physics-node-{2 * index}") for index in range(5000))
INTERRUPTED = "the previous run was interrupted while creating Instance physics-node-1"


def plan(*changes: Change, risks: tuple[Risk, ...] = ()) -> Plan:
    quota = (QuotaUsage("instances", 1, 0, 10),)
    return Plan("physics", True, COMPARED, changes=changes, risks=risks, quota=quota)


def change(operation: str) -> Change:
    return Change(operation, Group.NODES, "Instance", f"physics-node-{operation}")  # type: ignore[arg-type]


def test_a_row_has_every_column() -> None:
    batch = Risk("batch", "many go", refused=True, allowed_by="batch")
    row = Outcome("physics", 2, plan(change("create"), risks=(batch,))).row()
    assert [row[column] for column in COLUMNS] == [
        *("physics", "changes", 1, 0, 0, 0, ["batch"], True),
        *("state of 2026-01-02 03:04:05 UTC", 1.25),
    ]


def test_a_comment_has_a_row_a_bay_and_the_plans_of_those_that_change() -> None:
    text = comment(
        [
            Outcome("physics", 2, plan(change("create"), risks=(Risk("open", "tcp 22, open"), Risk("batch", "many")))),
            Outcome("quiet", 0, plan()),
            Outcome("broken", 1, error="there is no image 'x' | <img>"),
        ]
    )
    lines = text.splitlines()
    then = "state of 2026-01-02 03:04:05 UTC | 1.25"
    assert (
        lines[0] == "| bay | result | added | changed | replaced | removed | risks | fits | compared with | seconds |"
    )
    assert lines[2] == f"| `physics` | changes | 1 | 0 | 0 | 0 | batch, open | yes | {then} |"
    assert lines[3] == f"| `quiet` | no changes | 0 | 0 | 0 | 0 |  | yes | {then} |"
    assert lines[4].startswith("| `broken` | `error: there is no image 'x' \\| <img>` |")
    assert text.count("### bay") == 1


def test_a_comment_of_many_changes_stays_short_enough_for_a_forge() -> None:
    text = comment([Outcome(f"bay-{index}", 2, plan(*LARGE)) for index in range(3)])
    assert len(text) <= LIMIT
    assert text.endswith("There is no space here for 2 more: `bay preview NAME` shows them.") or text.endswith(
        "There is no space here for 3 more: `bay preview NAME` shows them."
    )


def test_a_comment_of_very_many_bays_is_cut_and_keeps_those_that_matter() -> None:
    quiet = [Outcome(f"quiet-{index}", 0, plan()) for index in range(3000)]
    text = comment([*quiet, Outcome("broken", 1, error="no such image"), Outcome("moved", 2, plan(change("create")))])
    assert len(text) <= LIMIT
    assert text.splitlines()[2].startswith("| `broken` | `error: no such image` |")
    assert text.splitlines()[3].startswith("| `moved` | changes |")
    assert "of 3002 bays are left out here: `bay preview --all` shows them." in text
    assert "### bay `physics`" in text, "there is space for a plan"


def test_a_comment_of_long_errors_is_cut() -> None:
    text = comment([Outcome(f"broken-{index}", 1, error="<" * 100_000) for index in range(1000)])
    assert len(text) <= LIMIT
    assert text.splitlines()[2].startswith("| `broken-0` | `error: <")
    assert text.count("| `broken-") > 10


def test_an_interrupted_run_is_told_of_each_bay_though_nothing_changes(capsys: Captured) -> None:
    noted = Outcome("physics", 0, Plan("physics", True, COMPARED, notes=(INTERRUPTED,)))
    assert INTERRUPTED in comment([noted])
    show([noted], Format.TABLE)
    assert f"bay physics: note: {INTERRUPTED}" in capsys.readouterr().out.splitlines()
    show([noted], Format.CSV)
    assert f"bay physics: note: {INTERRUPTED}" in capsys.readouterr().err.splitlines()


def test_documents_of_one_bay_and_of_all_are_of_the_same_kind(capsys: Captured) -> None:
    one = plan(change("create"))
    show_one(one, Format.YAML)
    alone = yaml.safe_load(capsys.readouterr().out)
    show([Outcome("physics", 2, one)], Format.YAML)
    assert yaml.safe_load(capsys.readouterr().out)[0]["plan"] == alone == json.loads(json.dumps(document(one)))


def test_the_document_of_all_says_its_version_of_a_bay_that_failed_too(capsys: Captured) -> None:
    show([Outcome("physics", 2, plan()), Outcome("broken", 1, error="x")], Format.JSON)
    assert [row["version"] for row in json.loads(capsys.readouterr().out)] == [VERSION, VERSION]


@pytest.mark.parametrize(
    ("codes", "line"),
    [
        ((), "there are no bays here"),
        ((0,), "1 bays: 1 no changes"),
        ((1, 2, 2, 3, 0), "5 bays: 1 failed, 1 no changes, 2 changes, 1 does not fit"),
    ],
)
def test_a_person_is_told_how_many_bays_change(codes: tuple[int, ...], line: str, capsys: Captured) -> None:
    show([Outcome("x", code, None if code == 1 else plan(), "y" if code == 1 else "") for code in codes], Format.CSV)
    assert capsys.readouterr().err.splitlines()[-1] == line


def test_certificates_that_end_are_told_of_each_bay_though_nothing_changes(capsys: Captured) -> None:
    risk = Risk("certificates", "certificates of bay physics: client ended at 2031-11-21T16:59:09Z")
    ending = Outcome("physics", 0, Plan("physics", True, COMPARED, risks=(risk,)))
    show([ending], Format.TABLE)
    assert capsys.readouterr().out.count(f"warning: {risk.message}\n") == 1
    assert f"- **certificates**: `{risk.message}`" in comment([ending]).splitlines()
