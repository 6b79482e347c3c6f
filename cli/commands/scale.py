"""`bay scale`: more or fewer servers."""

from typing import Annotated

import typer

from bay.cli import completion, options


def scale(
    name: options.Name,
    count: Annotated[int | None, typer.Argument(metavar="[N]", help="New number of servers in the group.")] = None,
    group: Annotated[
        str,
        typer.Option(
            "--group", metavar="GROUP", help="Group to scale: node or master.", autocompletion=completion.groups
        ),
    ] = "node",
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", metavar="NODE", help="Node to remove; repeatable.", autocompletion=completion.nodes),
    ] = None,
    allow: options.Allow = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    no_wait: options.NoWait = False,
    timeout: options.Timeout = options.MINUTES,
    parallel: options.Parallel = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Change the number of nodes; removing nodes by name leaves all others as they are.

    Masters (1, 3, 5 or 7) join and leave one by one, each healthy, or out of the quorum, before the next.

    Example: bay scale physics 10

    Example: bay scale physics 3 --group master

    Example: bay scale physics --remove physics-node-3
    """
    from bay.cli.planning import Change, change
    from bay.cli.session import open_bays
    from bay.stacks.operations.apply import scaled

    # Whoever gives a number has asked for the removal; only the number may be a typo.
    answers = ("batch", "masters", "volumes") if group == "master" else ("batch",)
    asked = Change(yes, tuple(allow or ()), answers, dry_run=dry_run, wait=options.waiting(no_wait, timeout))
    change(
        open_bays(os_cloud, state, os_region_name, parallel=parallel),
        name,
        scaled(name, group, count, remove or []),
        asked,
    )
