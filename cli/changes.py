"""A change of an existing bay: who may make it, what it would do, and the question before damage."""

import sys
from collections.abc import Callable

import typer

from bay.cli import checkout
from bay.cli.lifecycle import change, recorded
from bay.cli.output import say, some
from bay.cli.record import Record
from bay.cli.session import Session
from bay.cli.waiting import wait_for_new
from bay.components.bay import Owner
from bay.components.errors import BayError, nearest
from bay.components.spec import BaySpec
from bay.components.spec_nodes import NodeGroup

Edit = Callable[[BaySpec], BaySpec]


def apply(session: Session, name: str, edit: Edit, *, yes: bool, dry_run: bool, minutes: float) -> None:
    """Change the spec by `edit`, after the question where servers would go; nothing happens where it equals.

    minutes: to wait for the engine on new servers at most; 0: not at all.
    """
    record = recorded(session, name)
    spec = edit(must_exist(record))
    if dry_run:
        from bay.cli.commands.preview import show_plan

        show_plan(session, name, lambda _record: spec)
        return
    going = {node.name for node in record.nodes} - spec.server_names(record.name)
    if going:
        confirm(f"delete {len(going)} servers of bay {name}: {some(sorted(going), 6)}", yes)
    owner: Owner = "file" if record.managed_by == "file" else "cli"
    change(session, record, spec, owner, say)
    if minutes:
        wait_for_new(session, name, {node.id for node in record.nodes}, minutes)
    say(f"bay {name} is changed")


def confirm(deed: str, yes: bool) -> None:
    """Ask before damage; without a terminal only --yes will do."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise BayError(f"this would {deed}", "say --yes", 2)
    if not typer.confirm(f"{deed[0].upper()}{deed[1:]}?", err=True):
        raise BayError("nothing was changed")


def scaled(bay: str, spec: BaySpec, group: str, count: int | None, remove: list[str]) -> BaySpec:
    """The spec with `remove` taken out of the group first, then with `count` servers in it."""
    if group not in spec.groups:
        raise BayError(f"bay {bay} has no group {group!r}", nearest(group, list(spec.groups)), 2)
    if count is None and not remove:
        raise BayError("how many?", f"bay scale {bay} N, or --remove NODE", 2)
    changed = spec.groups[group]
    for node in remove:
        changed = _without(bay, group, changed, node)
    if count is not None:
        changed = changed.model_copy(update={"count": count})
    return spec.with_group(group, changed)


def _without(bay: str, group: str, members: NodeGroup, node: str) -> NodeGroup:
    known = {f"{bay}-{group}-{index}": index for index in members.indices}
    if node not in known:
        raise BayError(f"bay {bay} has no node {node!r} in group {group}", nearest(node, list(known)), 2)
    return members.without(known[node])


def must_exist(record: Record) -> BaySpec:
    """The spec that a bay which was begun is meant to have."""
    spec = checkout.intended(record)
    if spec is None:
        raise BayError(f"bay {record.name} was never begun", f"'bay create {record.name}' makes it")
    return spec
