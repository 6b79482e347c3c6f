"""`bay doctor`: what is there, what is missing, and the command that provides it."""

import sys
from typing import Annotated

import typer

from bay.cli import options
from bay.cli.console.columns import CHECK_COLUMNS, NARROW
from bay.cli.console.formats import Format, print_list
from bay.cli.console.terminal import say


def doctor(
    build: Annotated[
        bool, typer.Option("--build", help="Build Pulumi and its OpenStack plugin if they are missing.")
    ] = False,
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Check what this machine has and lacks, a line each; exit 0 if nothing is missing, else 1.

    Example: bay doctor --build
    """
    from bay import toolchain
    from bay.cli.doctor import checks
    from bay.cli.session import open_bays

    context = open_bays(os_cloud, state, os_region_name).context
    if build:
        toolchain.ensure(context.settings.cache, context.settings.path, say, toolchain.status_line(sys.stderr))
    found = checks(context)
    rows = [{"name": c.name, "ok": c.ok, "detail": c.detail, "remedy": c.remedy} for c in found]
    print_list(rows, CHECK_COLUMNS, form, columns or [], narrow=NARROW[CHECK_COLUMNS])
    raise typer.Exit(0 if all(check.ok for check in found) else 1)
