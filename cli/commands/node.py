"""`bay node list`: the servers of a bay."""

from bay.cli import options
from bay.cli.console.formats import Format, print_list
from bay.cli.parser import Commands

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
    """List the servers of a bay with Nova's status of each, and what the engine says of it.

    Example: bay node list physics -f value -c floating_ip

    Example: bay node list physics --long
    """
    from bay.cli.console.columns import NARROW, NODE_COLUMNS
    from bay.cli.console.rows import node_rows
    from bay.cli.session import open_bays

    rows = node_rows(open_bays(os_cloud, state, os_region_name).servers(name))
    print_list(rows, NODE_COLUMNS, form, columns or [], narrow=NARROW[NODE_COLUMNS], long=long)
