"""`bay create`, `bay update`, `bay scale`, `bay delete`: the commands that change a bay."""

from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import options
from bay.cli.output import say

if TYPE_CHECKING:
    from bay.cli.record import Record
    from bay.components.spec import BaySpec


def create(
    name: options.Name,
    model: options.Model = None,
    nodes: options.Nodes = None,
    masters: options.MasterCount = None,
    keypair: options.Keypair = None,
    assignments: options.Set = None,
    addons: options.Addons = None,
    file: options.SpecFile = None,
    models: options.Models = None,
    dry_run: options.DryRun = False,
    no_wait: options.NoWait = False,
    timeout: options.Timeout = options.MINUTES,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """Make a bay and wait until its engine runs.

    Example: bay create physics --model swarm --nodes 5 --set access.api=[192.0.2.0/24]

    Run again after a failure or a Ctrl-C, it goes on where it was cut off.
    """
    from bay.cli.commands.preview import show_plan
    from bay.cli.lifecycle import create as make
    from bay.cli.session import Session
    from bay.cli.waiting import wait_for_new
    from bay.cli.wish import Wish

    session = Session(os_cloud, state)
    said = options.layers(
        model=model, nodes=nodes, masters=masters, keypair=keypair, assignments=assignments, file=file
    )
    wish = Wish(session, said, addons or [], models)

    def specify(record: "Record | None") -> "BaySpec":
        return wish.specify(record.spec if record else None)

    if dry_run:
        show_plan(session, name, specify)
        return
    make(session, name, specify, say)
    if not no_wait:
        wait_for_new(session, name, (), timeout)
    say(f"bay {name} is made; 'bay show {name}' shows it, 'bay config {name}' writes its client files")


def wait(
    name: options.Name,
    timeout: options.Timeout = options.MINUTES,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """Wait until the engine runs on every server of a bay.

    Example: bay create physics --model swarm --no-wait && bay wait physics
    """
    from bay.cli.session import Session
    from bay.cli.waiting import wait_for_new

    wait_for_new(Session(os_cloud, state), name, (), timeout)
    say(f"bay {name} is ready")


def update(
    name: options.Name,
    nodes: options.Nodes = None,
    masters: options.MasterCount = None,
    assignments: options.Set = None,
    addons: options.Addons = None,
    file: options.SpecFile = None,
    models: options.Models = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    no_wait: options.NoWait = False,
    timeout: options.Timeout = options.MINUTES,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """Change fields of a bay's spec.

    Example: bay update physics --set access.api=[192.0.2.0/24]
    """
    from bay.cli.changes import apply
    from bay.cli.session import Session
    from bay.cli.wish import Wish

    session = Session(os_cloud, state)
    said = options.layers(nodes=nodes, masters=masters, assignments=assignments, file=file)
    edit = Wish(session, said, addons or [], models).specify
    apply(session, name, edit, yes=yes, dry_run=dry_run, minutes=0 if no_wait else timeout)


def scale(
    name: options.Name,
    count: Annotated[int | None, typer.Argument(metavar="[N]", help="Number of servers the group shall have.")] = None,
    group: Annotated[str, typer.Option("--group", metavar="GROUP", help="Group to scale: node or master.")] = "node",
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="NODE", help="Node to remove; repeatable.")
    ] = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    no_wait: options.NoWait = False,
    timeout: options.Timeout = options.MINUTES,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """Give a bay more or fewer nodes; nodes removed by name move no other.

    Example: bay scale physics 10

    Example: bay scale physics --remove physics-node-3
    """
    from bay.cli.changes import apply, scaled
    from bay.cli.session import Session

    apply(
        Session(os_cloud, state),
        name,
        lambda spec: scaled(name, spec, group, count, remove or []),
        yes=yes,
        dry_run=dry_run,
        minutes=0 if no_wait else timeout,
    )


def delete(
    name: options.Name,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """Delete a bay and everything that carries its mark; nothing is left.

    Example: bay delete physics --yes
    """
    from bay.cli.changes import confirm
    from bay.cli.lifecycle import delete as end
    from bay.cli.lifecycle import recorded
    from bay.cli.session import Session

    session = Session(os_cloud, state)
    record = recorded(session, name)
    servers = ", ".join(node.name for node in record.nodes[:6]) + (" ..." if len(record.nodes) > 6 else "")
    say(f"bay {name}: {len(record.nodes)} servers ({servers or 'none'}), {len(record.ids)} resources")
    if dry_run:
        return
    confirm(f"delete bay {name} and all its data", yes)
    end(session, name, say)
    say(f"bay {name} is deleted")
