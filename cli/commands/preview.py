"""`bay preview`: what a change would do, and nothing is changed."""

from typing import TYPE_CHECKING

import typer

from bay.cli import options
from bay.cli.console.output import Format

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bay.components.spec import BaySpec
    from bay.stacks.context import Session
    from bay.stacks.plan.planner import Specify
    from bay.stacks.plan.types import Plan
    from bay.stacks.state.snapshot import StateSnapshot

EXIT_CHANGES = 2
"""Exit code of a preview that would change something; 0 nothing, 1 error, 3 over quota."""


def preview(
    name: options.NameUnlessAll = None,
    model: options.Model = None,
    nodes: options.Nodes = None,
    masters: options.MasterCount = None,
    keypair: options.Keypair = None,
    assignments: options.Set = None,
    addons: options.Addons = None,
    file: options.SpecFile = None,
    models: options.Models = None,
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    refresh: options.Refresh = False,
    save: options.SavePlan = None,
    every: options.Every = False,
    commit: options.FromCommit = None,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """Show what a change would do, its dangers first, and whether it fits.

    Exit 0: nothing would change, 2: something would, 3: over quota, 1: error.

    Example: bay preview physics --nodes 10

    Example: bay preview new-bay --model swarm

    Example: bay preview physics --nodes 10 --save ten.plan && bay update physics --plan ten.plan

    Example: bay preview --all --from origin/my-branch -f markdown
    """
    from bay.cli import preview_sources
    from bay.cli.spec_request import Wish
    from bay.stacks.context import Session

    session = Session(os_cloud, state)
    if name is None or every:
        options.refuse_beside_all(name, every, model, nodes, masters, keypair, assignments, addons, file, save)
        raise typer.Exit(
            _every(session, preview_sources.shared(os_cloud, state, models, refresh, commit), commit, form, columns)
        )
    said = options.layers(
        model=model, nodes=nodes, masters=masters, keypair=keypair, assignments=assignments, file=file
    )
    wish = Wish(session, said, addons or [], models)
    files = preview_sources.files(commit)

    def specify(record: "StateSnapshot | None") -> "BaySpec":
        return wish.specify(preview_sources.before(name, record, files, session.model_folders(models)))

    allowed = files.allowed(name) if files else ()
    plan = show_plan(session, name, specify, form, columns or [], refresh=refresh, save=save, allowed=allowed)
    raise typer.Exit(0 if plan.empty else EXIT_CHANGES)


def _every(session: "Session", shared: list[str], commit: str | None, form: Format, columns: list[str] | None) -> int:
    from bay.cli import bulk_preview as every
    from bay.cli import preview_sources

    names, wrong = preview_sources.bays(session, commit)
    found = [*every.outcomes(names, shared), *wrong]
    every.show(found, form, columns or [])
    return every.worst(found)


def show_plan(
    session: "Session",
    name: str,
    specify: "Specify",
    form: Format = Format.TABLE,
    columns: list[str] | None = None,
    *,
    refresh: bool = False,
    save: "Path | None" = None,
    allowed: "Sequence[str]" = (),
) -> "Plan":
    """Print the plan of a bay, existing or not, and what it takes of the quotas; return it, or raise Quota.

    save: file that keeps the plan. allowed: kinds of loss that the bay's file lets through.
    """
    from bay.cli.console.plan_table import show
    from bay.cli.preview_sources import with_allowed
    from bay.stacks.plan import quota
    from bay.stacks.plan.planner import plan_of
    from bay.stacks.plan.save import draw_and_save

    if save:
        plan = draw_and_save(session, name, specify, save, refresh=refresh)
    else:
        plan = plan_of(session, name, specify, refresh=refresh)
    plan = with_allowed(plan, allowed)
    show(plan, form, columns or [])
    quota.refuse(name, plan.quota)
    return plan
