"""A plan on stdout, in the format asked for: dangers first."""

from collections.abc import Sequence
from typing import Any

from bay.cli import quota
from bay.cli.output import Format, print_list, print_one, say, say_table
from bay.cli.plans import words
from bay.cli.plans.document import document
from bay.cli.plans.folding import folded
from bay.cli.plans.markdown import markdown
from bay.cli.plans.model import COLUMNS, Change, Field, Plan

FOR_PEOPLE = ("group", "operation", "type", "name", "changes")
"""Columns of the table."""
FIELDS = ("group", "field", "old", "new", "reach")


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
    say(f"bay {plan.bay}: {plan.summary}; {words.compared(plan)}")


def _for_people(plan: Plan) -> None:
    for danger in plan.dangers:
        print(f"danger ({danger.kind}): {words.danger(danger)}")
    if plan.fields:
        print_list([_field(field) for field in words.by_group(plan.fields)], FIELDS, Format.TABLE)
    if plan.changes:
        print_list([_row(change) for change in folded(plan.changes)], FOR_PEOPLE, Format.TABLE)
    for sentence in plan.feels:
        print(f"the engine feels: {sentence}")
    for note in plan.notes:
        print(f"note: {note}")
    quota.show(plan.quota)


def _beside_rows(plan: Plan) -> None:
    """What rows have no place for."""
    for danger in plan.dangers:
        say(f"danger ({danger.kind}): {words.danger(danger)}")
    for note in plan.notes:
        say(f"note: {note}")


def on_stderr(plan: Plan) -> None:
    """The same in short, before a question."""
    for danger in plan.dangers:
        say(f"danger ({danger.kind}): {danger.message}")
    say_table([_row(change) for change in folded(plan.changes)], FOR_PEOPLE)
    for sentence in plan.feels:
        say(f"the engine feels: {sentence}")


def _row(change: Change) -> dict[str, Any]:
    changes = "\n".join(f"{path}: {old} -> {new}" for path, old, new in words.diffs(change))
    return {
        "group": change.group.value,
        "operation": change.operation,
        "type": change.type,
        "name": change.name,
        "changes": changes,
    }


def _field(field: Field) -> dict[str, Any]:
    return {
        "group": field.group.value,
        "field": field.path,
        "old": field.old or words.NONE,
        "new": field.new or words.NONE,
        "reach": words.reach(field),
    }
