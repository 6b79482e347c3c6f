"""`bay update`: another spec for a bay that exists."""

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
    parallel: options.Parallel = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Change fields of a bay's spec.

    Fields that shape a server (image, flavor, boot data, ...) hold for new ones; 'bay rebuild' reaches the others.

    Refused if it would remove masters, volumes or more than a batch of nodes, unless --allow names them.

    Example: bay update physics --set 'access.api=[192.0.2.0/24]'

    Example: bay preview physics --nodes 10 --save ten.plan && bay update physics --plan ten.plan
    """
    from bay.cli.planning import Change, change
    from bay.cli.session import open_bays

    if plan:
        options.refuse_beside_plan(nodes, masters, assignments, addons, file)
    bays = open_bays(os_cloud, state, os_region_name, parallel=parallel)
    said = options.layers(nodes=nodes, masters=masters, assignments=assignments, file=file)
    specify = options.planned(plan, name) or bays.spec(*said, addons=addons or (), models=[models] if models else ())
    wait = options.waiting(no_wait, timeout)
    change(bays, name, specify, Change(yes, tuple(allow or ()), dry_run=dry_run, wait=wait, plan=plan))
