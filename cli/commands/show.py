"""`bay list`, `bay show`, `bay node list`: the commands that only read."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bay.cli import options
from bay.cli.console.output import Format, print_list, print_one, say

if TYPE_CHECKING:
    from pathlib import Path

    from bay.stacks.automation.process import Engine
    from bay.stacks.context import Session
    from bay.stacks.state.snapshot import StateSnapshot

node_commands = typer.Typer(no_args_is_help=True, help="The servers of a bay.")


def list_bays(
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    usage: Annotated[
        bool, typer.Option("--usage", help="Show servers, cores, RAM and volumes of each bay, asked of the cloud.")
    ] = False,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """List the bays that the state holds.

    Example: bay list -f json

    Example: bay list --usage
    """
    from bay.cli.console.rows import LIST_COLUMNS
    from bay.stacks.context import Session
    from bay.stacks.stack import stack_names

    session = Session(os_cloud, state)
    engine = session.engine("")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda name: _row_or_reason(session, name), stack_names(engine)))
    for _, row in found:
        row |= {role: len(row[role]) for role in ("masters", "nodes") if role in row}
    if usage:
        _print_usage(session, found, form, columns or [])
    else:
        print_list([row for _, row in found], LIST_COLUMNS, form, columns or [])


def _print_usage(
    session: "Session", found: "list[tuple[StateSnapshot | None, dict[str, Any]]]", form: Format, columns: list[str]
) -> None:
    """With the sum as last row where people read; who reads JSON or CSV adds up by themselves."""
    from bay.stacks.cloud import usage

    rows = usage.add(session, found)
    if form in (Format.TABLE, Format.MARKDOWN):
        rows += usage.sums(rows)
    print_list(rows, usage.COLUMNS, form, columns)


def show(
    name: options.Name,
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    state: options.State = None,
    origin: Annotated[
        bool,
        typer.Option("--origin", help="Show where each value of the spec comes from: default, model, add-on or bay."),
    ] = False,
    models: options.Models = None,
) -> None:
    """Show a bay: status, health, API address, nodes and spec; from the state, and the health from the engine itself.

    Example: bay show physics -f json -c api_address

    Example: bay show physics -f yaml --origin

    --origin compares the recorded spec with the model's files and the defaults of today, since the state holds only
    the merged spec: what the bay was told counts as the model's where both say the same.
    """
    from bay.components.spec import check_name
    from bay.stacks.context import Session

    check_name(name)
    if origin:
        _show_origins(Session(state=state), name, models, form, columns or [])
        return
    print_one(_row(Session(state=state), name, asking=True)[1], form, columns or [])


@node_commands.command("list")
def list_nodes(
    name: options.Name,
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """List the servers of a bay with Nova's status of each, and what the engine says of it.

    Example: bay node list physics -f value -c address
    """
    from bay.cli.console.rows import NODE_COLUMNS, node_rows
    from bay.components.errors import BayError
    from bay.components.spec import check_name
    from bay.stacks.cloud.servers import server_statuses
    from bay.stacks.cluster.health import of_bay
    from bay.stacks.context import Session, check_cloud

    session = Session(os_cloud, state)
    check_name(name)
    with session.existing(name) as stack:
        record = stack.record()
        health = of_bay(stack, record)
    statuses = None
    try:
        cloud = session.cloud()
        check_cloud(name, record.cloud, cloud)
        statuses = server_statuses(cloud, record)
    except BayError as error:
        say(f"the status of the servers is not known: {error.message}")
    print_list(node_rows(record, statuses, health), NODE_COLUMNS, form, columns or [])


def _show_origins(session: "Session", name: str, models: "Path | None", form: Format, columns: list[str]) -> None:
    from bay.components.spec.models import model_files
    from bay.components.spec.provenance import origins
    from bay.stacks.operations.change import must_exist
    from bay.stacks.runs import recorded

    record = recorded(session, name)
    spec, folders = must_exist(record), session.model_folders(models)
    if spec.model not in model_files(folders):
        say(f"there is no model {spec.model!r} here: its values count as the bay's; --models names its folder")
    own = f"stacks/Pulumi.{name}.yaml" if record.managed_by == "file" else "bay"
    rows = [{"field": one.field, "value": one.value, "origin": one.origin} for one in origins(spec, folders, own)]
    print_list(rows, ("field", "value", "origin"), form, columns)


def _row_or_reason(session: "Session", name: str) -> "tuple[StateSnapshot | None, dict[str, Any]]":
    """The row of a bay; one that cannot be read, since another version made it, hides no other."""
    from bay.components.errors import BayError

    try:
        return _row(session, name)
    except BayError as error:
        say(f"{error.message}: {error.hint}")
        return None, {"name": name, "status": "UNKNOWN"}


def _row(session: "Session", name: str, asking: bool = False) -> "tuple[StateSnapshot, dict[str, Any]]":
    """What the state says of a bay; asking: and the engine of its health."""
    from bay.cli.console.rows import bay_row
    from bay.stacks.cluster.health import NOT_ASKED, of_bay
    from bay.stacks.stack import opened

    engine: Engine = session.engine(name)
    with opened(engine, name) as stack, ThreadPoolExecutor(1) as pool:
        last = pool.submit(stack.last_run)
        record = stack.record()
        health = of_bay(stack, record) if asking else NOT_ASKED
        return record, bay_row(session, record, last.result(), health)
