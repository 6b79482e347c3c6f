"""The plans of all bays in one table, one comment and one exit code."""

import json
from datetime import UTC, datetime

import pytest
import yaml

from bay.cli.bulk_preview import COLUMNS, Outcome, comment, show, worst
from bay.cli.console.output import Format
from bay.cli.console.plan_markdown import LIMIT
from bay.cli.console.plan_table import show as show_one
from bay.stacks.approval import Risk
from bay.stacks.plan.document import document, from_document
from bay.stacks.plan.types import VERSION, Change, Compared, Group, Plan, QuotaUsage

COMPARED = Compared(False, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), 1.0)
LARGE = tuple(Change("create", Group.NODES, "Instance", f"physics-node-{2 * index}") for index in range(5000))


def plan(*changes: Change, dangers: tuple[Risk, ...] = (), used: int = 0) -> Plan:
    room = QuotaUsage("instances", 1, used, 10)
    return Plan("physics", True, COMPARED, changes=changes, risks=dangers, quota=(room,))


def change(operation: str) -> Change:
    return Change(operation, Group.NODES, "Instance", f"physics-node-{operation}")  # type: ignore[arg-type]


def test_a_row_counts_by_what_happens_and_says_whether_it_fits() -> None:
    each = [change(word) for word in ("create", "update", "resize", "replace", "rebuild", "delete")]
    batch = Risk("batch", "many go", refused=True, allowed_by="batch")
    row = Outcome("physics", 2, plan(*each, dangers=(batch, batch))).row()
    assert [row[column] for column in COLUMNS] == [
        *("physics", "changes", 1, 2, 2, 1, ["batch"], True),
        *("state of 2026-01-02 03:04:05 UTC", 1.0),
    ]
    assert Outcome("physics", 3, plan(change("create"), used=10)).row()["fits"] is False


@pytest.mark.parametrize(
    ("codes", "code"), [((), 0), ((0, 0), 0), ((0, 2), 2), ((2, 3, 0), 3), ((3, 1, 2), 1), ((1, 0), 1)]
)
def test_the_exit_code_is_the_worst_of_all(codes: tuple[int, ...], code: int) -> None:
    assert worst(Outcome("physics", one) for one in codes) == code


def test_a_comment_has_a_row_a_bay_and_the_plans_of_those_that_change() -> None:
    text = comment(
        [
            Outcome("physics", 2, plan(change("create"))),
            Outcome("quiet", 0, plan()),
            Outcome("broken", 1, error="there is no image 'x' | <img>"),
        ]
    )
    lines = text.splitlines()
    then = "state of 2026-01-02 03:04:05 UTC | 1.0"
    assert lines[0] == (
        "| bay | result | added | changed | replaced | removed | dangers | fits | compared with | seconds |"
    )
    assert lines[2] == f"| physics | changes | 1 | 0 | 0 | 0 |  | yes | {then} |"
    assert lines[3] == f"| quiet | no changes | 0 | 0 | 0 | 0 |  | yes | {then} |"
    assert lines[4].startswith("| broken | error: there is no image 'x' &#124; &#60;img&#62;")
    assert text.count("### bay") == 1


def test_a_comment_of_many_changes_stays_short_enough_for_a_forge() -> None:
    text = comment([Outcome(f"bay-{index}", 2, plan(*LARGE)) for index in range(3)])
    assert len(text) <= LIMIT
    assert text.endswith("There is no room here for 2 more: `bay preview NAME` shows them.") or text.endswith(
        "There is no room here for 3 more: `bay preview NAME` shows them."
    )


def test_a_plan_that_went_through_json_is_the_same() -> None:
    one = plan(change("create"), dangers=(Risk("batch", "many go", ("a",)),))
    assert from_document(document(one)) == one


@pytest.mark.parametrize(
    ("compared", "exists", "words"),
    [
        (Compared(True, COMPARED.changed_at, 1.0), True, "the cloud as it is now"),
        (Compared(False, None, 1.0), True, "state of an unknown time"),
        (Compared(False, None, 1.0), False, "nothing: a new bay"),
    ],
)
def test_a_row_says_with_what_the_bay_was_compared(compared: Compared, exists: bool, words: str) -> None:
    assert Outcome("physics", 0, Plan("physics", exists, compared)).row()["compared_with"] == words


def test_a_comment_of_very_many_bays_is_cut_and_keeps_those_that_matter() -> None:
    quiet = [Outcome(f"quiet-{index}", 0, plan()) for index in range(3000)]
    text = comment([*quiet, Outcome("broken", 1, error="no such image"), Outcome("moved", 2, plan(change("create")))])
    assert len(text) <= LIMIT
    assert text.splitlines()[2].startswith("| broken | error: no such image |")
    assert text.splitlines()[3].startswith("| moved | changes |")
    assert "of 3002 bays are cut here: `bay preview --all` shows them." in text
    assert "### bay physics" in text, "there is room for a plan"


def test_a_comment_of_long_errors_is_cut() -> None:
    text = comment([Outcome(f"broken-{index}", 1, error="<" * 100_000) for index in range(1000)])
    assert len(text) <= LIMIT
    assert text.splitlines()[2].startswith("| broken-0 | error: &#60;")
    assert text.count("| broken-") > 10


def test_a_run_that_was_cut_off_is_told_of_each_bay_though_nothing_changes(capsys: pytest.CaptureFixture[str]) -> None:
    noted = Outcome("physics", 0, Plan("physics", True, COMPARED, notes=("the last run was cut off while x",)))
    assert "the last run was cut off while x" in comment([noted])
    show([noted], Format.TABLE)
    assert "bay physics: note: the last run was cut off while x" in capsys.readouterr().out.splitlines()
    show([noted], Format.CSV)
    assert "bay physics: note: the last run was cut off while x" in capsys.readouterr().err.splitlines()


def test_documents_of_one_bay_and_of_all_are_of_the_same_kind(capsys: pytest.CaptureFixture[str]) -> None:
    one = plan(change("create"))
    show_one(one, Format.YAML)
    alone = yaml.safe_load(capsys.readouterr().out)
    show([Outcome("physics", 2, one)], Format.YAML)
    assert yaml.safe_load(capsys.readouterr().out)[0]["plan"] == alone == json.loads(json.dumps(document(one)))


def test_the_document_of_all_says_its_version_of_a_bay_that_failed_too(capsys: pytest.CaptureFixture[str]) -> None:
    show([Outcome("physics", 2, plan()), Outcome("broken", 1, error="x")], Format.JSON)
    assert [row["version"] for row in json.loads(capsys.readouterr().out)] == [VERSION, VERSION]
