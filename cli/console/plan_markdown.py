"""A plan as the comment of a merge request: the headline and the risks open, all else folded, and never too long."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from bay.cli.console import plan_text
from bay.cli.console.fold import folded
from bay.stacks.plan.types import OPERATIONS, Change, FieldChange, Group, Plan

LIMIT = 65_536
"""Characters of a comment on GitHub; GitLab takes 1,000,000 in a note."""
SPACE = LIMIT - 4_000
"""What is filled: the rest is for frames, quotas and the lines that say what was left out."""
SHARE = SPACE // 8
"""Characters of each list of sentences, and of the fields, at most: what changes in the cloud has the rest."""

_MARKUP = re.compile(r"[^\w\s.,:;/()=%+'→-]")


def markdown(plan: Plan) -> str:
    """The whole comment; at most `LIMIT` characters."""
    lines = [f"### bay {plain(plan.bay)}: {plan.summary}", "", f"{plain(plan_text.compared(plan))}.", ""]
    if place := plan_text.where(plan):
        lines += [f"{plain(place)}.", ""]
    lines += _listed("Risks", [f"- **{risk.kind}**: {plain(plan_text.risk(risk))}" for risk in plan.risks])
    lines += _listed("Impact on the cluster", [f"- {plain(sentence)}" for sentence in plan.impact])
    lines += _listed("Unchanged", [f"- {plain(note)}" for note in plan.notes])
    lines += _changes(plan, SPACE - _length(lines)) if plan.exists else _new(plan)
    quotas = [[row.resource, str(row.needed), str(row.used), str(row.limit)] for row in plan.quota]
    lines += _table("quotas", ["resource", "needed", "used", "limit"], quotas, SPACE, plan.bay)
    return "\n".join(lines).rstrip()


def _new(plan: Plan) -> Iterator[str]:
    """Of a bay that is not there yet: its spec, which is open, what its names mean, and how much is created."""
    fields = [[f.group.value, f.path, f.new or plan_text.NONE] for f in plan_text.of_new_bay(plan.fields)]
    yield from _table("spec", ["group", "field", "value"], fields, SPACE // 2, plan.bay, is_open=True)
    names = [[one.kind, one.name, one.id, one.details] for one in plan.resolved]
    yield from _table("names on this cloud", ["kind", "name", "id", "details"], names, SHARE, plan.bay)
    columns = ["group", "operation", "type", "number", "names"]
    yield from _table(f"resources: {plan.summary}", columns, plan_text.kinds(plan), SHARE, plan.bay)


def _changes(plan: Plan, space: int) -> list[str]:
    fields = plan_text.by_group(plan.fields)
    rows = [
        [f.group.value, f.path, f.old or plan_text.NONE, f.new or plan_text.NONE, plan_text.reach(f)] for f in fields
    ]
    lines = [*_table(_of_groups(fields), ["group", "field", "old", "new", "reach"], rows, SHARE, plan.bay)]
    for group in Group:
        if changes := plan.of(group):
            columns = ["operation", "type", "name", "change"]
            rows = [_row(change) for change in folded(changes)]
            lines += _table(_counted(group, changes), columns, rows, space - _length(lines), plan.bay)
    return lines


def _row(change: Change) -> list[str]:
    diffs = "; ".join(f"{path}: {old} → {new}" for path, old, new in plan_text.diffs(change))
    return [change.operation, change.type, change.name, diffs]


def _counted(group: Group, changes: Sequence[Change]) -> str:
    counted = Counter(change.operation for change in changes)
    return f"{group}: " + ", ".join(f"{counted[o]} to {o}" for o in OPERATIONS if counted[o])


def _of_groups(fields: Sequence[FieldChange]) -> str:
    counted = Counter(field.group for field in fields)
    return "fields of the spec: " + ", ".join(f"{count} of {group}" for group, count in counted.items())


def _listed(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        shown = fitting(items, SHARE)
        yield from (f"**{title}**", "", *shown)
        if len(shown) < len(items):
            yield f"- {len(items) - len(shown)} more are left out here"
        yield ""


def _table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    space: int,
    bay: str,
    *,
    is_open: bool = False,
) -> Iterator[str]:
    """A folded table with the rows that fit, and a line that says how many do not."""
    if not rows:
        return
    shown = fitting(["| " + " | ".join(plain(cell) for cell in row) + " |" for row in rows], space)
    yield from (f"<details{' open' if is_open else ''}><summary>{plain(title)}</summary>", "")
    yield from ("| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns), *shown)
    yield from ("", "</details>", "")
    if len(shown) < len(rows):
        yield from (
            f"{len(rows) - len(shown)} of {len(rows)} rows are left out here: `bay preview {bay}` shows them.",
            "",
        )


def fitting(lines: Sequence[str], space: int) -> list[str]:
    """The first of the lines, as many as there is space for."""
    fitting = []
    for line in lines:
        space -= len(line) + 1
        if space < 0:
            break
        fitting.append(line)
    return fitting


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def plain(text: str) -> str:
    """Text that stays text: what a request's author wrote makes no link, mention, image, table cell or HTML."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", " ".join(text.split()))
