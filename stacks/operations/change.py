"""A change of an existing bay: who may make it, what it would do, and the question before damage."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bay.cli.console.output import say
from bay.cli.console.plan_table import on_stderr
from bay.components.bay import Owner
from bay.components.errors import BayError, nearest
from bay.components.openstack.resolved import Place
from bay.components.spec import BaySpec
from bay.components.spec.groups import NodeGroup
from bay.stacks.cluster.readiness import wait_for_new
from bay.stacks.context import Session
from bay.stacks.files import stack_file
from bay.stacks.operations.apply import change
from bay.stacks.plan import policy
from bay.stacks.plan.approval import Leave
from bay.stacks.plan.planner import Wanted, drawn
from bay.stacks.plan.types import Plan
from bay.stacks.runs import recorded
from bay.stacks.state.snapshot import StateSnapshot

if TYPE_CHECKING:
    from openstack.connection import Connection

    from bay.stacks.plan.bound import Bound

Edit = Callable[[BaySpec], BaySpec]


@dataclass(frozen=True)
class Ask:
    """How a user wants to be asked. allow: dangers that were asked for. answered: those for which the question will do.

    dry_run: only show the plan. minutes: to wait for the engine on new servers at most; 0: not at all.
    """

    yes: bool
    dry_run: bool
    minutes: float
    allow: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()


def apply(session: Session, name: str, edit: Edit, ask: Ask, bound: "Bound | None" = None) -> None:
    """Change the spec by `edit`; what is dangerous in its plan is refused or asked for before anything is changed.

    bound: by a saved plan.
    """
    policy.check_kinds(ask.allow)
    record = recorded(session, name)
    spec = edit(must_exist(record))
    if ask.dry_run:
        from bay.cli.commands.preview import show_plan

        show_plan(session, name, lambda _record: spec)
        return
    owner: Owner = "file" if record.managed_by == "file" else "cli"

    def consent(known: StateSnapshot, place: Place, cloud: "Connection") -> Leave:
        return agreed(drawn(session, Wanted(name, spec, known, lambda: (cloud, place)), quotas=False), ask)

    change(session, record, spec, owner, say, bound, consent)
    if ask.minutes:
        wait_for_new(session, name, {node.id for node in record.nodes}, ask.minutes)
    say(f"bay {name} is changed")


def carry_out(session: Session, name: str, plan: Path, ask: Ask) -> None:
    """Do what a saved plan says, and nothing else; BayError where it no longer fits."""
    from bay.stacks.plan.bound import bound_by

    with bound_by(plan, name) as bound:
        spec = bound.saved.spec
        apply(session, name, lambda _spec: spec, ask, bound)


def agreed(plan: Plan, ask: Ask) -> Leave:
    """What the change may take away, after the question; BayError where it is refused or the answer is no.

    Who answers at a terminal has seen the plan; `--yes` was said before there was one.
    """
    answers = sys.stdin.isatty() and not ask.yes
    policy.refuse(plan, ask.allow, ask.answered if answers else ())
    if deed := policy.deed(plan):
        if answers:
            on_stderr(plan)
        confirm(deed, ask.yes)
    return policy.leave(plan, ask.allow)


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


def must_exist(record: StateSnapshot) -> BaySpec:
    """The spec that a bay which was begun is meant to have."""
    spec = stack_file.intended(record)
    if spec is None:
        raise BayError(f"bay {record.name} was never begun", f"'bay create {record.name}' makes it")
    return spec
