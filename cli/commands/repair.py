"""`bay repair`: the cloud is made again what the state says."""

from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import options
from bay.cli.console.output import Format, print_list, say, say_table

if TYPE_CHECKING:
    from bay.stacks.operations.drift import Drift
    from bay.stacks.operations.repair_plan import Mending


def repair(
    name: options.Name,
    node: Annotated[
        list[str] | None,
        typer.Option("--node", metavar="NODE", help="Replace this node, whatever it is; repeatable."),
    ] = None,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Delete what carries the bay's mark and is not in its state.")
    ] = False,
    lose_data: Annotated[
        bool, typer.Option("--lose-data", help="Make masters again though the engine's data is lost with them.")
    ] = False,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: Annotated[Format, typer.Option("-f", "--format", help="Format of what --dry-run prints.")] = Format.TABLE,
    columns: options.Columns = None,
    no_wait: Annotated[
        bool,
        typer.Option(
            "--no-wait", help="Do not wait for the engine after the last round; each other round is waited for."
        ),
    ] = False,
    timeout: options.Timeout = options.MINUTES,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """Make again what is missing, restore what was changed, replace servers in ERROR; batch by batch, masters singly.

    Example: bay repair physics

    Example: bay repair physics --node physics-node-3

    Run again after a failure or a Ctrl-C, it goes on where it was cut off. The recorded spec counts: a change of a
    bay's file that was not applied yet is not applied by a repair.
    """
    from bay.components.errors import BayError
    from bay.components.spec import check_name
    from bay.components.text import some
    from bay.stacks.context import Session
    from bay.stacks.operations.repair import Wish
    from bay.stacks.operations.repair import dry_run as look
    from bay.stacks.operations.repair import repair as mend

    check_name(name)
    session = Session(os_cloud, state)
    wait = bool(timeout) and not no_wait
    wish = Wish(frozenset(node or ()), sweep, lose_data, timeout or options.MINUTES, wait)
    if dry_run:
        look(session, name, wish, lambda drift, plan: _show(name, drift, plan, form, columns or []))
        return

    def agree(drift: "Drift", plan: "Mending") -> bool:
        return _agreed(name, drift, plan, wish.sweep, yes)

    left = mend(session, name, wish, agree, say)
    if left.differences:
        names = some(list(dict.fromkeys(difference.text for difference in left.differences)))
        raise BayError(f"bay {name} still differs from its state: {names}", f"'bay drift {name}' says how")
    say(f"bay {name} is as its state says")


def _show(name: str, drift: "Drift", plan: "Mending", form: Format, columns: list[str]) -> None:
    """What --dry-run prints."""
    from bay.stacks.operations.repair_plan import COLUMNS

    print_list(plan.rows, COLUMNS, form, columns)
    say(f"bay {name}: {drift.summary}")


def _agreed(name: str, drift: "Drift", plan: "Mending", sweep: bool, yes: bool) -> bool:
    """Show the plan and ask; False where there is nothing to do."""
    from bay.components.text import some
    from bay.stacks.operations.change import confirm
    from bay.stacks.operations.repair_plan import COLUMNS

    say(f"bay {name}: {drift.summary}")
    if drift.extra and not sweep:
        say(f"{len(drift.extra)} extra things stay as they are: 'bay drift {name}' names them, --sweep deletes them")
    if plan.empty and not (sweep and drift.extra):
        return False
    say_table(plan.rows, COLUMNS)
    deeds = [f"replace {some(plan.replaced, 6)}"] if plan.replaced else []
    ended = [mend.name for mend in plan.surroundings if mend.reason in ("delete", "replace")]
    deeds += [f"finish with deleting {some(ended, 6)}"] if ended else []
    deeds += [f"delete {len(drift.extra)} extra things"] if sweep and drift.extra else []
    if deeds:
        confirm(f"{' and '.join(deeds)} of bay {name}", yes)
    return True
