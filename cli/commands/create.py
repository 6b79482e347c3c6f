"""`bay create`: a new bay; and `bay wait`."""

from typing import TYPE_CHECKING

from bay.cli import options
from bay.cli.console.output import say

if TYPE_CHECKING:
    from bay.components.spec import BaySpec
    from bay.stacks.context import Session
    from bay.stacks.state.snapshot import StateSnapshot


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
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """Make a bay and wait until its engine runs.

    Example: bay create physics --model swarm --nodes 5 --set access.api=[192.0.2.0/24]

    Run again after a failure or a Ctrl-C, it goes on where it was cut off.
    """
    from bay.cli.commands.preview import show_plan
    from bay.cli.spec_request import Wish
    from bay.stacks.context import Session
    from bay.stacks.operations.apply import create as make
    from bay.stacks.plan.bound import bound_by

    session = Session(os_cloud, state)
    if plan:
        options.refuse_beside_plan(model, nodes, masters, keypair, assignments, addons, file)
        with bound_by(plan, name) as bound:
            if dry_run:
                show_plan(session, name, bound.specify)
                return
            make(session, name, bound.specify, say, bound)
        _finish(session, name, 0 if no_wait else timeout)
        return
    said = options.layers(
        model=model, nodes=nodes, masters=masters, keypair=keypair, assignments=assignments, file=file
    )
    wish = Wish(session, said, addons or [], models)

    def specify(record: "StateSnapshot | None") -> "BaySpec":
        return wish.specify(record.spec if record else None)

    if dry_run:
        show_plan(session, name, specify)
        return
    make(session, name, specify, say)
    _finish(session, name, 0 if no_wait else timeout)


def _finish(session: "Session", name: str, minutes: float) -> None:
    from bay.stacks.cluster.readiness import wait_for_new

    if minutes:
        wait_for_new(session, name, (), minutes)
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
    from bay.stacks.cluster.readiness import wait_for_new
    from bay.stacks.context import Session

    wait_for_new(Session(os_cloud, state), name, (), timeout)
    say(f"bay {name} is ready")
