"""`bay node list`: the servers of a bay."""

from typing import TYPE_CHECKING

from bay.cli import options
from bay.cli.console.formats import Format, print_list
from bay.cli.console.terminal import say
from bay.cli.parser import Commands

if TYPE_CHECKING:
    from collections.abc import Callable

    from bay.stacks.operations.outdated import Reasons

commands = Commands(help="The servers of a bay.")


@commands.command("list")
def list_nodes(
    name: options.Name,
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    long: options.Long = False,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """List the servers of a bay with Nova's status of each and what the engine says of it.

    Example: bay node list physics -f value -c floating_ip

    Example: bay node list physics --long

    --long, or -c outdated, also compares each server with what a new one would be (image, flavor, boot-data, ...),
    which takes seconds; 'bay rebuild' replaces those that differ.
    """
    from bay.cli.console.columns import LONG_NODE_COLUMNS, NARROW, NODE_COLUMNS, OUTDATED
    from bay.cli.console.rows import node_rows
    from bay.cli.session import open_bays
    from bay.stacks.background import run_in_background

    bays = open_bays(os_cloud, state, os_region_name)
    asked = long or OUTDATED in (columns or ())
    compared = run_in_background(lambda: bays.outdated(name)) if asked else None
    servers = bays.servers(name)
    rows = node_rows(servers, _outdated(compared) if compared else None)
    shown = LONG_NODE_COLUMNS if asked else NODE_COLUMNS
    print_list(rows, shown, form, columns or [], narrow=NARROW[NODE_COLUMNS], long=long)


def _outdated(compared: "Callable[[], Reasons]") -> "Reasons | None":
    """None where the comparison fails: the rest of the list is worth having."""
    from bay.components.errors import BayError
    from bay.stacks.errors import Interrupted

    try:
        return compared()
    except Interrupted:
        raise
    except BayError as error:
        say(f"which servers are outdated is not known: {error.message}")
        return None
