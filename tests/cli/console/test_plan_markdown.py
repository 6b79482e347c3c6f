"""A plan as a merge request's comment: risks open, all else folded, never too long, and only text."""

from bay.cli.console.plan_markdown import LIMIT, markdown
from bay.stacks.approval import Risk
from bay.stacks.plan.types import Change, Diff, FieldChange, Group, Plan
from tests.fakes.plans import COMPARED, PLAN, RULE


def test_the_comment_has_headline_and_risks_open_and_all_else_folded() -> None:
    lines = markdown(PLAN).splitlines()
    assert lines[0] == "### bay `demo`: 1 to resize, 1 to create"
    assert "state of 2026-01-02 03:04:05 UTC, in 1.2 s" in lines[2]
    first_fold = lines.index("<details><summary>fields of the spec: 1 of nodes</summary>")
    risks = [line for line in lines[:first_fold] if line.startswith("- **")]
    assert risks == [
        "- **batch**: `2 of 2 at once; refused: add --allow batch if that is what you want; --dry-run shows the whole "
        "plan`",
        "- **open**: `tcp 22, open`",
    ]
    assert "| nodes | `image` | `old` | `new` | holds for servers created later |" in lines
    assert "| resize | `Instance` | `demo-node-0` | `flavorId: a → b` |" in lines
    folds = [line.removeprefix("<details><summary>").split("<")[0] for line in lines if line.startswith("<details>")]
    assert folds == ["fields of the spec: 1 of nodes", "nodes: 1 to resize", "firewall: 1 to create", "quotas"]
    assert lines.count("</details>") == len(folds)


def test_impact_and_notes_stand_below_the_risks() -> None:
    lines = [line for line in markdown(PLAN).splitlines() if line]
    titles = [line for line in lines if line.startswith("**")]
    assert titles == ["**Risks**", "**Impact on the cluster**", "**Unchanged**"]
    assert lines[lines.index("**Impact on the cluster**") + 1] == "- `pods move`"
    assert lines[lines.index("**Unchanged**") + 1] == "- `demo-node-0: created from another image`"


def test_the_comment_of_a_huge_change_fits_and_says_what_was_left_out() -> None:
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
    shown = text.count("| delete | `Instance` |")
    assert shown > 10
    assert f"{5000 - shown} of 5000 rows are left out here: `bay preview demo` shows them." in text
    assert " of 500 rows are left out here" in text
    assert text.count("<details>") == text.count("</details>")
    assert text.splitlines()[0] == "### bay `demo`: 5000 to delete, 500 to create"


def test_a_comment_of_no_change_is_short() -> None:
    assert markdown(Plan("demo", True, COMPARED)).splitlines()[0] == "### bay `demo`: no changes"


def test_an_interrupted_run_is_a_note_of_the_comment() -> None:
    note = "the previous run was interrupted while creating Instance demo-node-1"
    assert note in markdown(Plan("demo", True, COMPARED, notes=(note,)))


def test_fields_of_the_engine_stand_under_it() -> None:
    version = FieldChange("options.version", "28.5.1", "29.0.0", Group.ENGINE, True)
    text = markdown(Plan("demo", True, COMPARED, fields=(version, *PLAN.fields)))
    assert "<details><summary>fields of the spec: 1 of nodes, 1 of engine</summary>" in text
    assert "| engine | `options.version` | `28.5.1` | `29.0.0` | holds for servers created later |" in text


def test_a_reviewer_reads_the_quotas_in_the_same_document_as_the_plan() -> None:
    lines = markdown(PLAN).splitlines()
    quotas = lines.index("<details><summary>quotas</summary>")
    assert lines[quotas + 1 : quotas + 5] == [
        "",
        "| resource | needed | used | limit |",
        "| --- | --- | --- | --- |",
        "| cores | 2 | 4 | 200 |",
    ]
    assert "quotas" not in markdown(Plan("demo", True, COMPARED))
