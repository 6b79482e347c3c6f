"""`bay logs`: the console log of a server."""

from typing import Annotated

import typer

from bay.cli import options
from bay.cli.console.formats import Format, print_one


def logs(
    name: options.Name,
    node: options.Node,
    lines: Annotated[
        int | None,
        typer.Option("--lines", metavar="N", min=1, help="The last lines only; default: all that Nova keeps."),
    ] = None,
    form: options.Form = Format.VALUE,
    columns: options.Columns = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Print the console log of a server: its boot, and how far its engine is.

    Example: bay logs physics node-0 --lines 50
    """
    from bay.cli.session import open_bays

    log = open_bays(os_cloud, state, os_region_name).console_log(name, node, lines)
    if form is Format.VALUE and not columns:
        typer.echo("".join(f"{line}\n" for line in log.lines), nl=False)
        return
    print_one({"name": log.server, "id": log.id, "log": "\n".join(log.lines)}, form, columns or [])
