"""What a change is refused for, and what it asks before it is made: from the plan, not from the spec alone."""

from collections.abc import Collection

from bay.components.disruption import KINDS
from bay.components.errors import BayError, nearest
from bay.components.text import some
from bay.stacks.plan.approval import DECIDED_HERE, Leave
from bay.stacks.plan.risks import STOPPED
from bay.stacks.plan.types import Danger, Plan

WAY_OUT = {
    "masters": "keep the masters: 'bay repair' mends those that are not well, and 'bay scale' takes nodes",
    "network": "make another bay",
    "identity": "'bay show' tells which state this is; look for the bay's own",
}
"""Kind of a danger that nothing allows -> what to do."""


def check_kinds(allow: Collection[str]) -> None:
    """BayError for a word of `--allow` that is no kind of loss."""
    for word in allow:
        if word not in KINDS:
            raise BayError(f"--allow {word}: nothing that can be allowed", nearest(word, KINDS), 2)


def refuse(plan: Plan, allow: Collection[str], answered: Collection[str] = ()) -> None:
    """BayError for the first danger that a change is refused for and that nobody asked for.

    allow: kinds that were said. answered: kinds for which the question that comes next will do.
    """
    for danger in plan.dangers:
        if danger.refused and danger.allowed_by not in (*allow, *answered):
            raise BayError(f"bay {plan.bay}: {danger.message}", way_out(danger))


def way_out(danger: Danger) -> str:
    """What to say, or to do, where a change is refused for this."""
    if danger.allowed_by is not None:
        return f"say --allow {danger.allowed_by} if that is what you want; --dry-run shows all of it"
    return WAY_OUT[danger.kind]


def deed(plan: Plan) -> str:
    """What the question before damage asks for: ``delete 2 servers of bay demo: demo-node-1, ...``, or nothing."""
    parts: list[str] = []
    names: list[str] = []
    for operation in STOPPED:
        if struck := plan.servers(operation):
            parts.append(f"{operation} {len(struck)} servers")
            names += struck
    volumes = [c.name for c in plan.changes if c.type == "Volume" and c.operation in ("delete", "replace")]
    if volumes:
        parts.append(f"delete {len(volumes)} volumes")
    return f"{' and '.join(parts)} of bay {plan.bay}: {some([*names, *volumes], 6)}" if parts else ""


def leave(plan: Plan, allow: Collection[str]) -> Leave:
    """What the run may take away, now that it was asked for."""
    losing = [danger for danger in plan.dangers if danger.kind in ("masters", "volumes") and danger.kind in allow]
    names = {name for danger in losing for name in danger.names}
    urns = [c.urn for c in plan.changes if c.name in names and c.operation == "delete" and c.type in PROTECTED]
    return Leave((*DECIDED_HERE, *(kind for kind in allow if kind != "batch")), tuple(urns))


PROTECTED = ("Instance", "Volume")
"""Types of what is protected and may go when it was asked for."""
