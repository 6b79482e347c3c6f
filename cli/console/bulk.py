"""The plans of many bays: a row for each, and in a comment as many plans as there is space for."""

from collections.abc import Iterable, Sequence
from typing import Any

from bay.cli.bulk_preview import RESULTS, WORST_FIRST, Outcome
from bay.cli.console.code_span import cell
from bay.cli.console.formats import Format, print_list
from bay.cli.console.plan_markdown import LIMIT, fitting, markdown
from bay.cli.console.terminal import say, tell
from bay.stacks.plan.document import document
from bay.stacks.plan.types import VERSION, Plan
from bay.stacks.redaction import cut

COLUMNS = (
    *("bay", "result", "added", "changed", "replaced", "removed", "risks", "fits"),
    *("compared_with", "seconds"),
)


def show(found: Sequence[Outcome], form: Format, columns: Sequence[str] = ()) -> None:
    """The summary; in Markdown with the plan of each bay that changes, in JSON and YAML with every plan."""
    if form is Format.MARKDOWN and not columns:
        print(comment(found))
    elif form in (Format.JSON, Format.YAML):
        print_list([_whole(outcome) for outcome in found], ("version", *COLUMNS, "error", "plan"), form, columns)
    else:
        print_list([outcome.row() for outcome in found], COLUMNS, form, columns)
        show_note = tell if form is Format.TABLE and not columns else say
        for note in _notes(found):
            show_note(note)
    counted = [f"{count} {word}" for word, count in _counted(found).items() if count]
    say(f"{len(found)} bays: {', '.join(counted)}" if found else "there are no bays here")


def _notes(found: Iterable[Outcome]) -> list[str]:
    """What a row has no place for, and no change is the reason of."""
    plans = [outcome.plan for outcome in found if outcome.plan]
    notes = [f"bay {plan.bay}: note: {note}" for plan in plans for note in plan.notes]
    return notes + [f"warning: {risk.message}" for plan in plans for risk in plan.risks if risk.kind == "certificates"]


def _counted(found: Iterable[Outcome]) -> dict[str, int]:
    codes = [outcome.code for outcome in found]
    return {word: codes.count(code) for code, word in ({1: "failed"} | RESULTS).items()}


def _whole(outcome: Outcome) -> dict[str, Any]:
    plan = document(outcome.plan) if outcome.plan else None
    row = outcome.row()
    result = "error" if outcome.error else row["result"]
    return {"version": VERSION, **row, "result": result, "error": outcome.error or None, "plan": plan}


def comment(found: Sequence[Outcome]) -> str:
    """One comment for all: a table, then each plan that says something, as many as there is space for."""
    text = "\n".join(_summary(found))
    left = [outcome for outcome in found if _says_something(outcome.plan)]
    while left and len(text) + len(more := f"\n\n{markdown(left[0].plan)}") < LIMIT - SPACE:  # type: ignore[arg-type]
        text += more
        left = left[1:]
    if left:
        text += f"\n\nThere is no space here for {len(left)} more: `bay preview NAME` shows them."
    return text


def _says_something(plan: Plan | None) -> bool:
    return plan is not None and bool(not plan.empty or plan.notes or plan.risks)


SPACE = 200
"""Characters for the line that says what was left out."""
TABLE = LIMIT // 2
"""Characters of the table at most: plans need space too."""
CELL = 300
"""Characters of a cell at most: an error may quote a whole document."""


def _summary(found: Sequence[Outcome]) -> list[str]:
    """The lines of the table; where not all fit, those of the bays that matter most."""
    head = ["| " + " | ".join(COLUMNS).replace("_", " ") + " |", "|" + " --- |" * len(COLUMNS)]
    lines = fitting([_line(outcome.row()) for outcome in found], TABLE)
    if len(lines) == len(found):
        return [*head, *lines]
    worst_first = sorted(found, key=lambda outcome: WORST_FIRST.index(outcome.code))
    lines = fitting([_line(outcome.row()) for outcome in worst_first], TABLE)
    left = f"{len(found) - len(lines)} of {len(found)} bays are left out here: `bay preview --all` shows them."
    return [*head, *lines, "", left]


def _line(row: dict[str, Any]) -> str:
    values = [row.get(column, "") for column in COLUMNS]
    texts = [", ".join(value) if isinstance(value, list) else _word(value) for value in values]
    others = {"bay"} if row["result"] in RESULTS.values() else {"bay", "result"}  # an error quotes a file
    cells = [cell(cut(text, CELL)) if name in others else text for name, text in zip(COLUMNS, texts, strict=True)]
    return "| " + " | ".join(cells) + " |"


def _word(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
