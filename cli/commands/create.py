"""`bay create`: a new bay."""

from bay.cli import options
from bay.cli.console.terminal import say


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
    plan: options.SavedPlan = None,
    dry_run: options.DryRun = False,
    no_wait: options.NoWait = False,
    timeout: options.Timeout = options.MINUTES,
    parallel: options.Parallel = None,
    secrets: options.Secrets = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Create a bay and wait until its engine runs.

    Example: bay create physics --model swarm --nodes 5 --set 'access.api=[192.0.2.0/24]'

    Example: bay create physics --model swarm --secrets barbican

    Run again after a failure or Ctrl-C, it resumes.
    """
    from bay.cli.planning import print_plan
    from bay.cli.session import changing, open_bays

    if plan:
        options.refuse_beside_plan(model, nodes, masters, keypair, assignments, addons, file)
    bays = open_bays(os_cloud, state, os_region_name, parallel=parallel, secrets=secrets)
    said = options.layers(
        model=model, nodes=nodes, masters=masters, keypair=keypair, assignments=assignments, file=file
    )
    specify = bays.spec(*said, addons=addons or (), models=[models] if models else ())
    if dry_run:
        print_plan(bays, name, options.planned(plan, name) or specify)
        return
    with changing(bays):
        bays.create(name, specify, plan=plan, wait=options.waiting(no_wait, timeout))
    say(f"bay {name} is created; 'bay show {name}' shows it, 'bay config {name}' writes its client files")
