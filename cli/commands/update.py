"""`bay update` and `bay scale`: a bay that exists is made what its spec then says."""

from typing import Annotated

import typer

from bay.cli import options


def update(
    name: options.Name,
    nodes: options.Nodes = None,
    masters: options.MasterCount = None,
    assignments: options.Set = None,
    addons: options.Addons = None,
    file: options.SpecFile = None,
    models: options.Models = None,
    plan: options.SavedPlan = None,
    allow: options.Allow = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    no_wait: options.NoWait = False,
    timeout: options.Timeout = options.MINUTES,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """Change fields of a bay's spec.

    Refused where masters, volumes or more than a batch of nodes would go, unless --allow says so.

    Example: bay update physics --set access.api=[192.0.2.0/24]

    Example: bay preview physics --nodes 10 --save ten.plan && bay update physics --plan ten.plan
    """
    from bay.cli.spec_request import Wish
    from bay.stacks.context import Session
    from bay.stacks.operations.change import Ask, apply, carry_out

    session = Session(os_cloud, state)
    ask = Ask(yes, dry_run, 0 if no_wait else timeout, tuple(allow or ()))
    if plan:
        options.refuse_beside_plan(nodes, masters, assignments, addons, file)
        carry_out(session, name, plan, ask)
        return
    said = options.layers(nodes=nodes, masters=masters, assignments=assignments, file=file)
    edit = Wish(session, said, addons or [], models).specify
    apply(session, name, edit, ask)


def scale(
    name: options.Name,
    count: Annotated[int | None, typer.Argument(metavar="[N]", help="Number of servers the group shall have.")] = None,
    group: Annotated[str, typer.Option("--group", metavar="GROUP", help="Group to scale: node or master.")] = "node",
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="NODE", help="Node to remove; repeatable.")
    ] = None,
    allow: options.Allow = None,
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
    from bay.stacks.context import Session
    from bay.stacks.operations.change import Ask, apply, scaled

    apply(
        Session(os_cloud, state),
        name,
        lambda spec: scaled(name, spec, group, count, remove or []),
        # Who says how many nodes there shall be has asked for those to go; only the typing may have been wrong.
        Ask(yes, dry_run, 0 if no_wait else timeout, tuple(allow or ()), answered=("batch",)),
    )
