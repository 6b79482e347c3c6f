"""A plan on stdout, in the format asked for: risks first."""

from collections.abc import Sequence
from typing import Any

from bay.cli.console import plan_text
from bay.cli.console.fold import folded
from bay.cli.console.formats import Format, print_list, print_one
from bay.cli.console.plan_markdown import markdown
from bay.cli.console.terminal import say, say_table, tell
from bay.stacks.plan.document import document
from bay.stacks.plan.types import COLUMNS, Change, FieldChange, Plan, QuotaUsage

FOR_PEOPLE = ("group", "operation", "type", "name", "changes")
"""Columns of the table."""
FIELDS = ("group", "field", "old", "new", "reach")
SPEC = ("group", "field", "value")
"""Of a new bay."""
RESOLVED = ("kind", "name", "id", "details")
KINDS = ("group", "operation", "type", "number", "names")
QUOTA = ("resource", "needed", "used", "limit")


def show(plan: Plan, form: Format, columns: Sequence[str] = ()) -> None:
    """For people as tables; Markdown, JSON and YAML are one document; other formats, and chosen columns, are rows."""
    if form is Format.MARKDOWN and not columns:
        print(markdown(plan))
    elif form in (Format.JSON, Format.YAML) and not columns:
        print_one(document(plan), form)
    elif form is Format.TABLE and not columns:
        _for_people(plan)
    else:
        print_list([change.row() for change in plan.changes], COLUMNS, form, columns)
        _beside_rows(plan)
    say(f"bay {plan.bay}: {plan.summary}; {plan_text.compared(plan)}")


def _for_people(plan: Plan) -> None:
    for risk in plan.risks:
        tell(f"risk ({risk.kind}): {plan_text.risk(risk)}")
    if place := plan_text.where(plan):
        tell(place)
    if plan.exists:
        _changes(plan)
    else:
        _new(plan)
    for sentence in plan.impact:
        tell(f"impact: {sentence}")
    for note in plan.notes:
        tell(f"note: {note}")
    print_quota(plan.quota)


def _changes(plan: Plan) -> None:
    if plan.fields:
        print_list([_field(field) for field in plan_text.by_group(plan.fields)], FIELDS, Format.TABLE)
    if plan.changes:
        print_list([_row(change) for change in folded(plan.changes)], FOR_PEOPLE, Format.TABLE)


def _new(plan: Plan) -> None:
    """Of a bay that is not there yet: its spec, what its names mean, and how much of what is created."""
    fields = [{**_field(field), "value": field.new} for field in plan_text.of_new_bay(plan.fields)]
    print_list(fields, SPEC, Format.TABLE)
    print_list([name.row() for name in plan.resolved], RESOLVED, Format.TABLE)
    print_list([dict(zip(KINDS, row, strict=True)) for row in plan_text.kinds(plan)], KINDS, Format.TABLE)


def _beside_rows(plan: Plan) -> None:
    """What rows have no place for."""
    for risk in plan.risks:
        say(f"risk ({risk.kind}): {plan_text.risk(risk)}")
    for note in plan.notes:
        say(f"note: {note}")


def on_stderr(plan: Plan) -> None:
    """The same in short, before a question."""
    for risk in plan.risks:
        say(f"risk ({risk.kind}): {risk.message}")
    say_table([_row(change) for change in folded(plan.changes)], FOR_PEOPLE)
    for sentence in plan.impact:
        say(f"impact: {sentence}")


def print_quota(rows: Sequence[QuotaUsage]) -> None:
    """What a change takes of the quotas, as a table on stderr; nothing where there is nothing."""
    if rows:
        say_table([row.row() for row in rows], QUOTA)


def _row(change: Change) -> dict[str, Any]:
    changes = "\n".join(f"{path}: {old} -> {new}" for path, old, new in plan_text.diffs(change))
    return {
        "group": change.group.value,
        "operation": change.operation,
        "type": change.type,
        "name": change.name,
        "changes": changes,
    }


def _field(field: FieldChange) -> dict[str, Any]:
    return {
        "group": field.group.value,
        "field": field.path,
        "old": field.old or plan_text.NONE,
        "new": field.new or plan_text.NONE,
        "reach": plan_text.reach(field),
    }
