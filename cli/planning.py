"""Plans at the terminal: shown by `preview` and --dry-run, and before the question of a change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bay.cli.console.formats import Format
from bay.cli.console.plan_table import on_stderr, show
from bay.cli.console.terminal import say
from bay.cli.prompts import TerminalApproval
from bay.cli.session import changing
from bay.components.text import join_names
from bay.stacks.approval import Approvable, Approval, Risk
from bay.stacks.errors import QuotaExceeded
from bay.stacks.plan import quota
from bay.stacks.plan.policy import require_kinds
from bay.stacks.plan.types import Plan

if TYPE_CHECKING:
    from bay.stacks.bays import Bays
    from bay.stacks.plan.planner import SpecSource


@dataclass(frozen=True)
class Change:
    """How a user wants a bay changed. allow, answers: see `TerminalApproval`. wait: None for not at all.

    form, columns: of the plan that a dry run prints.
    """

    yes: bool
    allow: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    dry_run: bool = False
    wait: timedelta | None = None
    plan: Path | None = None
    form: Format = Format.TABLE
    columns: tuple[str, ...] = ()


def change(bays: "Bays", name: str, specify: "SpecSource", asked: Change) -> None:
    """Change the spec; what is risky in its plan is refused or asked for before anything is changed."""
    require_kinds(asked.allow)
    if asked.dry_run:
        print_plan(bays, name, specify, asked.form, asked.columns)
        return
    terminal = TerminalApproval(asked.yes, _show, asked.allow, asked.answers)
    plans: list[Plan] = []

    def approve(plan: Approvable) -> Approval:
        plans.append(cast(Plan, plan))
        return terminal(plan)

    with changing(bays):
        bays.update(name, specify, approve=approve, plan=asked.plan, wait=asked.wait)
    if not all(plan.empty for plan in plans):  # of none the operation itself says so
        say(f"bay {name} is changed")


def _show(plan: Approvable) -> None:
    on_stderr(cast(Plan, plan))


def print_plan(
    bays: "Bays",
    name: str,
    specify: "SpecSource",
    form: Format = Format.TABLE,
    columns: Sequence[str] = (),
    *,
    refresh: bool = False,
    save: Path | None = None,
    from_file: bool = False,
    allowed: Sequence[str] = (),
) -> Plan:
    """Print the plan of a bay, existing or not, and what it takes of the quotas; return it, or raise QuotaExceeded.

    save: file that keeps the plan. allowed: kinds of disruption that the bay's file lets through.
    """
    plan = with_allowed(bays.preview(name, specify, refresh=refresh, save=save, from_file=from_file), allowed)
    show(plan, form, columns)
    try:
        quota.require(name, plan.quota)
    except QuotaExceeded as error:  # without the rows: they stand in the plan
        raise QuotaExceeded(error.message, error.hint) from None
    return plan


def with_allowed(plan: Plan, kinds: Sequence[str]) -> Plan:
    """The plan with what the bay's file allows named before all else: who merges the file lets that through."""
    if not kinds:
        return plan
    message = (
        f"its file lets {join_names(kinds)} go under 'pulumi up' (bay:allow); it is meant for one run, so remove it "
        "after that"
    )
    return replace(plan, risks=(Risk("allowed", message, tuple(kinds)), *plan.risks))
