"""`bay delete`: the end of a bay."""

from typing import TYPE_CHECKING, Annotated, cast

import typer

from bay.cli import options
from bay.cli.console.formats import Format, print_list
from bay.cli.console.terminal import say

if TYPE_CHECKING:
    from bay.stacks.approval import Approvable
    from bay.stacks.operations.delete_plan import DeletePlan

KeepVolumes = Annotated[
    bool,
    typer.Option("--keep-volumes", help="Keep the volumes that the engine created, with their snapshots and backups."),
]
KeepFloatingIps = Annotated[
    bool, typer.Option("--keep-floating-ips", help="Keep the floating IPs in the project, detached.")
]


def delete(
    name: options.Name,
    keep_volumes: KeepVolumes = False,
    keep_floating_ips: KeepFloatingIps = False,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: options.Form = Format.TABLE,
    column: options.Columns = None,
    long: options.Long = False,
    parallel: options.Parallel = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Delete a bay, what its engine created, and everything tagged with its id; nothing is left.

    Resources beside the bay's own servers and networks are listed first; --dry-run only lists what goes, all of it, on
    stdout.
    Resources of others that block the deletion are named, and never deleted.

    Example: bay delete physics --yes
    """
    from bay.cli.console.columns import DELETE_COLUMNS, NARROW
    from bay.cli.prompts import TerminalApproval
    from bay.cli.session import changing, open_bays
    from bay.stacks.operations.retain import Keep

    bays, keep = open_bays(os_cloud, state, os_region_name, parallel=parallel), Keep(keep_volumes, keep_floating_ips)
    if dry_run:
        plan = bays.delete_plan(name, keep)
        _summary(plan)
        rows = [one.row for one in (*plan.recorded, *plan.dispositions)]
        print_list(rows, DELETE_COLUMNS, form, column or (), narrow=NARROW[DELETE_COLUMNS], long=long)
        return
    approve = TerminalApproval(yes, _show, ("delete",), always_shows=True)
    with changing(bays):
        bays.delete(name, keep, approve=approve)
    say(f"bay {name} is deleted")
    if bays.has_context(name):
        say(f"its context stays among those of your client: 'bay config {name} --unset' removes it")


def _show(approvable: "Approvable") -> None:
    plan = cast("DeletePlan", approvable)
    _summary(plan)
    for one in plan.dispositions:
        say(str(one))


def _summary(plan: "DeletePlan") -> None:
    servers = ", ".join(plan.servers[:6]) + (" ..." if len(plan.servers) > 6 else "")
    say(f"bay {plan.bay}: {len(plan.servers)} servers ({servers or 'none'}), {plan.resources} resources")
