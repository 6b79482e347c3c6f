"""Parts of a plan in words, the same for a terminal and for a merge request."""

from collections.abc import Sequence

from bay.components.text import join_names
from bay.stacks.approval import Risk, way_out
from bay.stacks.plan.types import Change, FieldChange, Group, Plan

NONE = "-"


def where(plan: Plan) -> str:
    """``cloud https://cloud:5000, region RegionOne, project physics (1a2b)``; empty where it is not known."""
    at = plan.location
    if at is None:
        return ""
    region = f", region {at.region}" if at.region else ""
    return f"cloud {at.auth_url}{region}, project {at.project_name or 'without a name'} ({at.project_id})"


def kinds(plan: Plan) -> list[tuple[str, str, str, str, str]]:
    """(group, operation, type, number, names) of a new bay's resources, one row a kind."""
    rows: list[tuple[str, str, str, str, str]] = []
    for (group, operation, kind), names in plan.kinds.items():
        rows.append((group.value, operation, kind, str(len(names)), join_names(names, 3)))
    return rows


def compared(plan: Plan) -> str:
    """``compared with the state of 2026-11-22 22:35:00 UTC, in 1.2 s``."""
    seconds = f"in {plan.compared.seconds:.1f} s"
    if not plan.exists:
        return f"a new bay, planned {seconds}"
    time = f"{plan.compared.changed_at:%Y-%m-%d %H:%M:%S} UTC" if plan.compared.changed_at else "an unknown time"
    if plan.compared.with_cloud:
        return f"compared with the cloud as it is now (the state is of {time}), {seconds}"
    return f"compared with the state of {time}, {seconds}; --refresh compares with the cloud itself"


def compared_with(plan: Plan) -> str:
    """``state of 2026-11-22 22:35:00 UTC``: the same for a cell of a table."""
    if plan.compared.with_cloud:
        return "the cloud as it is now"
    if not plan.exists:
        return "nothing: a new bay"
    time = plan.compared.changed_at
    return f"state of {time:%Y-%m-%d %H:%M:%S} UTC" if time else "state of an unknown time"


def risk(what: Risk) -> str:
    """Its message, and what a change needs to do it all the same."""
    if not what.refused:
        return what.message
    return f"{what.message}; refused: {way_out(what)}"


def diffs(change: Change) -> list[tuple[str, str, str]]:
    """(path, old, new) of each property."""
    return [(diff.path, diff.old or NONE, diff.new or NONE) for diff in change.diffs]


def by_group(fields: Sequence[FieldChange]) -> list[FieldChange]:
    """The fields in the order in which the groups of changes stand."""
    order = list(Group)
    return sorted(fields, key=lambda field: order.index(field.group))


def of_new_bay(fields: Sequence[FieldChange]) -> list[FieldChange]:
    """The same with what runs as root on the servers before all else: no reader, and no limit, may miss it."""
    return sorted(by_group(fields), key=lambda field: not field.path.startswith("snippets."))


def reach(field: FieldChange) -> str:
    """Whether a field of the spec reaches servers that are there."""
    return "holds for servers created later" if field.later else ""
