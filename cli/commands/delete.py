"""`bay delete`: the end of a bay."""

from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import options
from bay.cli.console.output import Format, print_list, say

if TYPE_CHECKING:
    from bay.stacks.operations.delete_plan import Fate
    from bay.stacks.state.snapshot import StateSnapshot

KeepVolumes = Annotated[
    bool,
    typer.Option("--keep-volumes", help="Keep the volumes that the engine made, with their snapshots and backups."),
]
KeepFloatingIps = Annotated[
    bool, typer.Option("--keep-floating-ips", help="Keep the floating IPs in the project, on no port.")
]


def delete(
    name: options.Name,
    keep_volumes: KeepVolumes = False,
    keep_floating_ips: KeepFloatingIps = False,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: options.Form = Format.TABLE,
    column: options.Columns = None,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """Delete a bay, what its engine made, and everything that carries its mark; nothing is left.

    What is not among the bay's own servers and networks is listed first; with --dry-run on stdout, and nothing is done.
    Things of others that are in the way are named, and never deleted.

    Example: bay delete physics --yes
    """
    from bay.stacks.context import Session, check_cloud
    from bay.stacks.operations.change import confirm
    from bay.stacks.operations.delete import delete as end
    from bay.stacks.operations.delete_plan import COLUMNS, refuse, survey
    from bay.stacks.operations.protection import refuse_protected
    from bay.stacks.operations.retain import Keep
    from bay.stacks.runs import recorded

    session, keep = Session(os_cloud, state), Keep(keep_volumes, keep_floating_ips)
    record = recorded(session, name)
    refuse_protected(record)
    cloud = session.cloud()
    check_cloud(name, record.cloud, cloud)
    servers = ", ".join(node.name for node in record.nodes[:6]) + (" ..." if len(record.nodes) > 6 else "")
    say(f"bay {name}: {len(record.nodes)} servers ({servers or 'none'}), {len(record.ids)} resources")
    fates = survey(cloud, record, keep)
    if dry_run:
        print_list([fate.row for fate in fates], COLUMNS, form, column or ())
        return
    for fate in fates:
        say(str(fate))
    refuse(name, fates)
    confirm(f"delete bay {name} and all its data{_more(record, fates)}", yes)
    end(session, name, say, keep)
    say(f"bay {name} is deleted")


def _more(record: "StateSnapshot", fates: "list[Fate]") -> str:
    """``, and 1 load balancer, 2 volumes of the list, but keep 1 floating IP``, as far as there is any."""
    from collections import Counter

    from bay.stacks.operations.delete_plan import Action

    def counted(action: Action) -> str:
        kinds = Counter(fate.kind for fate in fates if fate.action == action)
        return ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items())

    going, kept = counted(Action.DELETE), counted(Action.KEEP)
    return f"{f', and {going} of the list' if going else ''}{f', but keep {kept}' if kept else ''}"
