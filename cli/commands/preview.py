"""`bay preview`: what a change would do, and nothing is changed."""

import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from bay.cli import options
from bay.cli.output import Format, print_list, say

if TYPE_CHECKING:
    from bay.cli.plan import Change
    from bay.cli.quota import Room
    from bay.cli.record import Record
    from bay.cli.session import Session
    from bay.components.spec import BaySpec

EXIT_CHANGES = 2
"""Exit code of a preview that would change something; 0 nothing, 1 error, 3 over quota."""


def preview(
    name: options.Name,
    model: options.Model = None,
    nodes: options.Nodes = None,
    masters: options.MasterCount = None,
    keypair: options.Keypair = None,
    assignments: options.Set = None,
    addons: options.Addons = None,
    file: options.SpecFile = None,
    models: options.Models = None,
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """Show what a change would do and whether it fits; exit 0: nothing, 2: changes, 3: over quota, 1: error.

    Example: bay preview physics --nodes 10

    Example: bay preview new-bay --model swarm
    """
    from bay.cli import checkout
    from bay.cli.session import Session
    from bay.cli.wish import Wish

    session = Session(os_cloud, state)
    said = options.layers(
        model=model, nodes=nodes, masters=masters, keypair=keypair, assignments=assignments, file=file
    )
    wish = Wish(session, said, addons or [], models)

    def specify(record: "Record | None") -> "BaySpec":
        return wish.specify(checkout.intended(record) if record else None)

    found = show_plan(session, name, specify, form, columns or [])
    raise typer.Exit(EXIT_CHANGES if found else 0)


def show_plan(
    session: "Session",
    name: str,
    specify: "Callable[[Record | None], BaySpec]",
    form: Format = Format.TABLE,
    columns: list[str] | None = None,
) -> "list[Change]":
    """Print the plan of a bay, existing or not, and what it takes of the quotas; return it, or raise Quota."""
    from bay.cli import plan, quota

    found, rooms = _plan(session, name, specify)
    print_list([change.row() for change in found], plan.COLUMNS, form, columns or [])
    if form in (Format.TABLE, Format.MARKDOWN):
        quota.show(rooms, form)
    say(f"bay {name}: {plan.summary(found)}")
    quota.refuse(name, rooms)
    return found


def _plan(
    session: "Session", name: str, specify: "Callable[[Record | None], BaySpec]"
) -> "tuple[list[Change], list[Room]]":
    from bay.cli import plan, quota
    from bay.cli.failures import NoSuchBay
    from bay.cli.half_made import never_ran
    from bay.cli.lifecycle import recorded
    from bay.cli.masters import refuse_loss
    from bay.cli.session import check_cloud
    from bay.cli.workspace import opened
    from bay.components.lookup import look_up
    from bay.components.spec import check_name

    check_name(name)
    try:
        record: Record | None = recorded(session, name)
    except NoSuchBay:
        record = None
    spec = specify(record)
    cloud = session.cloud()
    check_cloud(name, record.cloud if record else {}, cloud)
    place = look_up(spec, cloud)
    rooms = quota.room(cloud, name, spec, place, record)
    if record is not None:
        half_made = never_ran(record, cloud)
        refuse_loss(record, spec, half_made)
        with opened(session.engine(name), name, salt=record.salt) as stack:
            found = plan.changes(stack, spec, place, "file" if record.managed_by == "file" else "cli")
            return plan.made_anew(found, {node.name for node in half_made}), rooms
    with tempfile.TemporaryDirectory(prefix="bay-preview-") as folder:  # a stack of its own: no trace in the state
        engine = session.engine("", state=f"file://{folder}")
        engine.environment["PULUMI_CONFIG_PASSPHRASE"] = "a preview keeps no secret"
        with opened(engine, name, new=True) as stack:
            return plan.changes(stack, spec, place, "cli"), rooms
