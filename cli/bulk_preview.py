"""The plans of many bays at once, each in a process of its own: one that fails, or is large, hides no other."""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bay.cli.console import plan_text
from bay.cli.console.output import Format, print_list, say
from bay.cli.console.plan_markdown import LIMIT, fitting, markdown, plain
from bay.components.errors import BayError
from bay.stacks.plan.document import document, from_document
from bay.stacks.plan.types import VERSION, Plan
from bay.stacks.redaction import cut

AT_ONCE = 4
"""Processes: an engine keeps a core busy, and each needs some hundred MB for a bay of 1000 nodes."""
COLUMNS = (
    *("bay", "result", "added", "changed", "replaced", "removed", "dangers", "fits"),
    *("compared_with", "seconds"),
)
WORST_FIRST = (1, 3, 2, 0)
"""Exit codes of a preview: error, does not fit, changes, nothing."""
RESULTS = {0: "no changes", 2: "changes", 3: "does not fit"}

BAY = Path(sys.executable).with_name("bay")


@dataclass(frozen=True)
class Outcome:
    """How the preview of one bay ended. code: its exit code. plan: None where it failed, and error says why."""

    bay: str
    code: int
    plan: Plan | None = None
    error: str = ""

    def row(self) -> dict[str, Any]:
        """As a row of the summary; counts are of things in the cloud."""
        if self.plan is None:
            return {"bay": self.bay, "result": f"error: {self.error}"}
        counts = self.plan.counts
        return {
            "bay": self.bay,
            "result": RESULTS[self.code],
            "added": counts.get("create", 0),
            "changed": counts.get("update", 0) + counts.get("resize", 0),
            "replaced": counts.get("replace", 0) + counts.get("rebuild", 0),
            "removed": counts.get("delete", 0),
            "dangers": sorted({danger.kind for danger in self.plan.dangers}),
            "fits": not any(room.lacking for room in self.plan.quota),
            "compared_with": plan_text.compared_with(self.plan),
            "seconds": self.plan.compared.seconds,
        }


def failed(bay: str, error: BayError) -> Outcome:
    """A bay that could not even be asked for."""
    return Outcome(bay, 1, error=error.message)


def outcomes(bays: Iterable[str], options: Sequence[str]) -> list[Outcome]:
    """Preview each bay with the same options."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda bay: _previewed(bay, options), bays))


def _previewed(bay: str, options: Sequence[str]) -> Outcome:
    command = [str(BAY), "preview", bay, "--format", "json", *options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode in RESULTS and done.stdout:
        return Outcome(bay, done.returncode, from_document(json.loads(done.stdout)))
    said = [line.removeprefix("error: ") for line in done.stderr.splitlines() if line.startswith("error: ")]
    return Outcome(bay, 1, error=said[0] if said else f"its preview ended with exit code {done.returncode}")


def worst(found: Iterable[Outcome]) -> int:
    """The exit code of all together."""
    codes = {outcome.code for outcome in found}
    return next((code for code in WORST_FIRST if code in codes), 0)


def show(found: Sequence[Outcome], form: Format, columns: Sequence[str] = ()) -> None:
    """The summary; in Markdown with the plan of each bay that changes, in JSON and YAML with every plan."""
    if form is Format.MARKDOWN and not columns:
        print(comment(found))
    elif form in (Format.JSON, Format.YAML):
        print_list([_whole(outcome) for outcome in found], ("version", *COLUMNS, "error", "plan"), form, columns)
    else:
        print_list([outcome.row() for outcome in found], COLUMNS, form, columns)
        tell = print if form is Format.TABLE and not columns else say
        for note in _notes(found):
            tell(note)
    counted = [f"{count} {word}" for word, count in _counted(found).items() if count]
    say(f"{len(found)} bays: {', '.join(counted)}" if found else "there are no bays here")


def _notes(found: Iterable[Outcome]) -> list[str]:
    return [f"bay {outcome.bay}: note: {note}" for outcome in found if outcome.plan for note in outcome.plan.notes]


def _counted(found: Iterable[Outcome]) -> dict[str, int]:
    codes = [outcome.code for outcome in found]
    return {word: codes.count(code) for code, word in ({1: "failed"} | RESULTS).items()}


def _whole(outcome: Outcome) -> dict[str, Any]:
    plan = document(outcome.plan) if outcome.plan else None
    row = outcome.row()
    result = "error" if outcome.error else row["result"]
    return {"version": VERSION, **row, "result": result, "error": outcome.error or None, "plan": plan}


def comment(found: Sequence[Outcome]) -> str:
    """One comment for all: a table, then each plan that says something, as many as there is room for."""
    text = "\n".join(_summary(found))
    left = [outcome for outcome in found if outcome.plan and (not outcome.plan.empty or outcome.plan.notes)]
    while left and len(text) + len(more := f"\n\n{markdown(left[0].plan)}") < LIMIT - ROOM:  # type: ignore[arg-type]
        text += more
        left = left[1:]
    if left:
        text += f"\n\nThere is no room here for {len(left)} more: `bay preview NAME` shows them."
    return text


ROOM = 200
"""Characters for the line that says what was left out."""
TABLE = LIMIT // 2
"""Characters of the table at most: plans need room too."""
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
    left = f"{len(found) - len(lines)} of {len(found)} bays are cut here: `bay preview --all` shows them."
    return [*head, *lines, "", left]


def _line(row: dict[str, Any]) -> str:
    cells = [row.get(column, "") for column in COLUMNS]
    texts = [", ".join(cell) if isinstance(cell, list) else _word(cell) for cell in cells]
    return "| " + " | ".join(plain(cut(text, CELL)) for text in texts) + " |"


def _word(cell: object) -> str:
    return {True: "yes", False: "no"}[cell] if isinstance(cell, bool) else str(cell)
