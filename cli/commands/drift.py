"""`bay drift`: what differs between the state and the cloud; nothing is changed."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import options
from bay.cli.console.output import Format, print_list, say

if TYPE_CHECKING:
    from bay.stacks.context import Session
    from bay.stacks.operations.drift import Drift

EXIT_DRIFT = 2
"""Exit code where something differs; 0 nothing, 1 error."""

AT_ONCE = 2
"""Bays compared at the same time: each runs an engine of its own, which uses a core."""


def drift(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Name of the bay.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Compare every bay of the state.")] = False,
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """Show what differs between a bay's state and the cloud; exit 0: nothing, 2: something, 1: error.

    Example: bay drift physics

    Example: bay drift --all -f json

    Reads only: cloud, state and files stay as they are. 'bay repair' mends what is found.
    """
    from bay.stacks.context import Session
    from bay.stacks.operations.drift import COLUMNS

    session = Session(os_cloud, state)
    if every:
        _refuse_a_name(name)
    found = _of_all(session) if every else [_of_one(session, _named(name))]
    known = [drift for drift in found if drift is not None]
    print_list([row for drift in known for row in drift.rows], COLUMNS, form, columns or [])
    if len(known) < len(found):
        raise typer.Exit(1)
    raise typer.Exit(EXIT_DRIFT if any(drift.rows for drift in known) else 0)


def _refuse_a_name(name: str | None) -> None:
    from bay.components.errors import BayError

    if name is not None:
        raise BayError("--all takes no name beside it", "bay drift NAME for one bay", 2)


def _named(name: str | None) -> str:
    from bay.components.errors import BayError
    from bay.components.spec import check_name

    if name is None:
        raise BayError("which bay?", "bay drift NAME, or bay drift --all", 2)
    check_name(name)
    return name


def _of_one(session: "Session", name: str) -> "Drift":
    from bay.stacks.operations.drift import compare

    drift = compare(session, name)
    say(f"bay {name}: {drift.summary}")
    return drift


def _of_all(session: "Session") -> "list[Drift | None]":
    """None for a bay that cannot be compared: why is said, and it hides no other."""
    from bay.components.errors import BayError
    from bay.stacks.stack import stack_names

    def of_one(name: str) -> "Drift | None":
        try:
            return _of_one(session, name)
        except BayError as error:
            say(f"bay {name}: {error.message}: {error.hint}")
            return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(of_one, stack_names(session.engine(""))))
