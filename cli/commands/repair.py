"""`bay repair`: make the cloud match the state again."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import completion, options
from bay.cli.console.formats import Format
from bay.cli.console.terminal import say

if TYPE_CHECKING:
    from bay.stacks.operations.repair_plan import RepairPlan


def repair(
    name: options.Name,
    node: Annotated[
        list[str] | None,
        typer.Option(
            "--node",
            metavar="NODE",
            help="Replace this node, whatever its condition; repeatable.",
            autocompletion=completion.nodes,
        ),
    ] = None,
    sweep: Annotated[
        bool,
        typer.Option(
            "--sweep",
            help="Delete resources tagged with the bay's id that are not in its state, and remove rules, address pairs "
            "and routes that others added to the bay's resources.",
        ),
    ] = False,
    lose_data: options.LoseData = False,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: options.DryRunForm = Format.TABLE,
    columns: options.Columns = None,
    no_wait: options.NoWaitForLast = False,
    timeout: options.Timeout = options.MINUTES,
    parallel: options.Parallel = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Create what is missing, restore what was changed, replace servers in ERROR; in batches, masters one by one.

    Example: bay repair physics

    Example: bay repair physics --node physics-node-3

    Run again after a failure or Ctrl-C, it resumes. The recorded spec counts: a repair applies no pending changes of a
    bay's file.
    """
    from bay.cli.batch_plan import before_question, print_dry_run
    from bay.cli.console.columns import REPAIR_COLUMNS
    from bay.cli.prompts import TerminalApproval
    from bay.cli.session import changing, open_bays
    from bay.components.errors import BayError
    from bay.components.text import join_names
    from bay.stacks.operations.repair import RepairRequest

    bays = open_bays(os_cloud, state, os_region_name, parallel=parallel)
    limit = timedelta(minutes=timeout or options.MINUTES)
    request = RepairRequest(frozenset(node or ()), sweep, lose_data, limit, bool(timeout) and not no_wait)
    if dry_run:
        print_dry_run(bays.repair_plan(name, request), _tell, REPAIR_COLUMNS, form, columns)
        return
    with changing(bays):
        left = bays.repair(
            name, request, approve=TerminalApproval(yes, before_question(_tell, REPAIR_COLUMNS), always_shows=True)
        )
    if left.extra:
        say(f"{len(left.extra)} extra resources stay as they are: 'bay drift {name}' names them, --sweep deletes them")
    if left.added:
        say(f"{len(left.added)} additions of others stay: 'bay drift {name}' names each, with what removes it")
    if left.differences:
        names = join_names(list(dict.fromkeys(difference.text for difference in left.differences)))
        raise BayError(f"bay {name} still differs from its state: {names}", f"'bay drift {name}' says how")
    if not (left.extra or left.added):
        say(f"bay {name} is as its state says")


def _tell(plan: "RepairPlan") -> None:
    say(f"bay {plan.bay}: {plan.drift.summary}")
