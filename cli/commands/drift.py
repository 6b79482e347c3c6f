"""`bay drift`: differences between the state and the cloud; read-only."""

from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import options
from bay.cli.console.formats import Format, print_list
from bay.cli.console.terminal import say

if TYPE_CHECKING:
    from bay.components.errors import BayError
    from bay.stacks.bays import Bays
    from bay.stacks.operations.drift import Drift

EXIT_DRIFT = 2
"""Exit code where something differs; 0 nothing, 1 error."""


def drift(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Name of the bay.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Compare every bay of the state.")] = False,
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    long: options.Long = False,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
    project: options.Project = None,
) -> None:
    """Report differences between a bay's state and the cloud; exit 0: none, 2: some, 1: error.

    Example: bay drift physics

    Example: bay drift --all -f json

    Read-only: cloud, state and files stay as they are. 'bay repair' repairs what is found.
    """
    from bay.cli.console.columns import DRIFT_COLUMNS, NARROW
    from bay.cli.session import open_bays

    options.refuse_beside_all(name, every, command="drift")
    bays = open_bays(os_cloud, state, os_region_name, project=project)
    found = [_of_one(bays, name)] if name is not None else _of_all(bays)
    known = [drift for drift in found if drift is not None]
    rows = [difference.row(drift.state.name) for drift in known for difference in drift.all_differences]
    print_list(rows, DRIFT_COLUMNS, form, columns or [], narrow=NARROW[DRIFT_COLUMNS], long=long)
    if len(known) < len(found):
        raise typer.Exit(1)
    raise typer.Exit(EXIT_DRIFT if rows else 0)


def _of_one(bays: "Bays", name: str) -> "Drift":
    drift = bays.drift(name)
    say(f"bay {name}: {drift.summary}")
    return drift


def _of_all(bays: "Bays") -> "list[Drift | None]":
    """None for a bay that cannot be compared: why is said, and it hides no other."""
    from bay.cli.bulk import ask_all

    def failed(name: str, error: "BayError") -> None:
        say(f"bay {name}: {error.message}: {error.hint}")

    return ask_all(bays, bays.names(), _of_one, failed)
