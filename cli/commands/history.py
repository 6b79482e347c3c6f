"""`bay history`: what changed a bay, and when."""

from typing import Annotated

import typer

from bay.cli import options
from bay.cli.console.formats import Format, print_list


def history(
    name: options.Name,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="Number of runs, the newest ones.", show_default=True)
    ] = 20,
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    long: options.Long = False,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Show the runs that changed a bay, the newest first: when, how each ended, and numbers of resources.

    Example: bay history physics -f json

    It is Pulumi's own history of the stack, so runs of plain 'pulumi' are in it too.
    """
    from bay.cli.console.columns import HISTORY_COLUMNS, NARROW
    from bay.cli.session import open_bay

    rows = [run.row() for run in open_bay(name, os_cloud, state, os_region_name).history(name, limit)]
    print_list(rows, HISTORY_COLUMNS, form, columns or [], narrow=NARROW[HISTORY_COLUMNS], long=long)
