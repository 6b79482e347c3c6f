"""`bay list`: the bays that the state holds."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import options
from bay.cli.console.formats import Format, print_list
from bay.cli.console.terminal import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bay.stacks.bays import Bays, Description
    from bay.stacks.cloud.usage import Usage

AT_ONCE = 4
"""Bays read at the same time."""


def list_bays(
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    long: options.Long = False,
    usage: Annotated[
        bool, typer.Option("--usage", help="Show servers, cores, RAM and volumes of each bay, asked of the cloud.")
    ] = False,
    outdated: Annotated[
        bool,
        typer.Option("--outdated", help="List only bays with servers of an image that has a newer one of its name."),
    ] = False,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
    project: options.Project = None,
) -> None:
    """List the bays that the state holds; with --os-cloud those of its cloud and project.

    Example: bay list -f json

    Example: bay list --usage

    Example: bay list -c name -f value

    Example: bay list --outdated -f value -c name
    """
    from bay.cli.console.columns import LIST_COLUMNS, NARROW, OUTDATED_COLUMNS, USAGE_COLUMNS
    from bay.cli.console.rows import list_row, outdated_rows, sums, with_usage
    from bay.cli.session import open_bays

    bays = open_bays(os_cloud, state, os_region_name, project=project)
    if set(columns or []) == {"name"} and os_cloud is None and not (usage or outdated):
        print_list([{"name": name} for name in bays.names()], ("name",), form, columns or [])
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda name: (name, _describe(bays, name)), bays.names()))
    if os_cloud is not None:
        ours = {state.name for state in bays.of_login(one.state for _, one in found if one)}
        found = [(name, described) for name, described in found if described is None or name in ours]
    _warn([described for _, described in found if described])
    rows = [list_row(described) if described else {"name": name, "status": "UNKNOWN"} for name, described in found]
    if outdated:
        newer = bays.newer_images(described.state for _, described in found if described)
        print_list(outdated_rows(rows, newer), OUTDATED_COLUMNS, form, columns or [])
        return
    if not usage:
        print_list(rows, LIST_COLUMNS, form, columns or [], narrow=NARROW[LIST_COLUMNS], long=long)
        return
    rows = with_usage(rows, _usage(bays, [described for _, described in found if described]))
    if form in (Format.TABLE, Format.MARKDOWN):  # who reads JSON or CSV adds up by themselves
        rows += sums(rows)
    print_list(rows, USAGE_COLUMNS, form, columns or [], narrow=NARROW[USAGE_COLUMNS], long=long)


def _describe(bays: "Bays", name: str) -> "Description | None":
    """None for a bay that cannot be read, since another version made it: why is said, and it hides no other."""
    from bay.components.errors import BayError

    try:
        return bays.describe(name)
    except BayError as error:
        say(f"{error.message}: {error.hint}")
        return None


def _warn(found: "list[Description]") -> None:
    """A line for each bay with certificates that end soon, or have ended."""
    from datetime import UTC, datetime

    from bay.stacks.state.expiry import expiry_warning

    now = datetime.now(UTC)
    for described in found:
        if text := expiry_warning(described.state, now):
            say(f"warning: {text}")


def _usage(bays: "Bays", found: "list[Description]") -> "Mapping[str, Usage]":
    from bay.components.errors import BayError

    try:
        return bays.usage(described.state for described in found)
    except BayError as error:
        say(f"what the bays use is not known: {error.message}")
        return {}
