"""`bay rebuild`: replace outdated servers, batch by batch."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import completion, options
from bay.cli.console.formats import Format
from bay.cli.console.terminal import say

if TYPE_CHECKING:
    from bay.stacks.operations.rebuild_plan import RebuildPlan


def rebuild(
    name: options.Name,
    group: Annotated[
        str | None,
        typer.Option(
            "--group",
            metavar="GROUP",
            help="Only servers of this group.",
            autocompletion=completion.groups,
        ),
    ] = None,
    node: Annotated[
        list[str] | None,
        typer.Option(
            "--node",
            metavar="NODE",
            help="Only this server; repeatable.",
            autocompletion=completion.nodes,
        ),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(
            "--image",
            metavar="IMAGE",
            help="Glance image of the bay, or of --group, from now on; by name or id. An earlier one is the way back.",
        ),
    ] = None,
    max_unavailable: options.MaxUnavailable = None,
    backup_to: options.BackupTo = None,
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
    """Replace outdated servers: drain, replace, wait until healthy, batch by batch; masters one by one.

    Outdated are servers whose image, flavor, boot data, volumes, zone or key are not what a new server would get.

    Example: bay rebuild physics --dry-run

    Example: bay rebuild physics --image debian-12-docker --max-unavailable 25%

    It stops at the first server that does not come back; run again, it resumes.
    """
    from bay.cli.batch_plan import backup_request, before_question, print_dry_run
    from bay.cli.console.columns import REPAIR_COLUMNS
    from bay.cli.prompts import TerminalApproval
    from bay.cli.session import changing, open_bays
    from bay.stacks.operations.rebuild import RebuildRequest
    from bay.stacks.operations.rebuild_plan import Selection

    bays = open_bays(os_cloud, state, os_region_name, parallel=parallel)
    limit = timedelta(minutes=timeout or options.MINUTES)
    selection = Selection(group or "", frozenset(node or ()), max_unavailable or "", lose_data)
    wait = bool(timeout) and not no_wait
    request = RebuildRequest(selection, image or "", limit, wait, backup_request(backup_to))
    if dry_run:
        print_dry_run(bays.rebuild_plan(name, request), _tell, REPAIR_COLUMNS, form, columns)
        return
    with changing(bays):
        done = bays.rebuild(
            name, request, approve=TerminalApproval(yes, before_question(_tell, REPAIR_COLUMNS), always_shows=True)
        )
    say(_result(done))


def _tell(plan: "RebuildPlan") -> None:
    say(f"bay {plan.bay}: {plan.summary}")


def _result(done: "RebuildPlan") -> str:
    from bay.components.text import join_names

    left = f"; {join_names([one.name for one in done.skipped])} stays outdated" if done.skipped else ""
    if not done.batches:
        return f"bay {done.bay}: no server is rebuilt{left}"
    count = len(done.names)
    return f"bay {done.bay}: {count} server{'s' if count > 1 else ''} rebuilt{left}"
