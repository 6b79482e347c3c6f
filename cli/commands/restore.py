"""`bay restore`: a bay as it was backed up, also where all of its masters are gone."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import completion, options
from bay.cli.console.formats import Format
from bay.cli.console.terminal import say

if TYPE_CHECKING:
    from bay.stacks.operations.restore_plan import RestorePlan


def restore(
    name: options.Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that 'bay backup' wrote of this bay.")],
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            metavar="masters",
            help="Also where masters serve: what was changed since the backup is lost.",
            autocompletion=completion.restore_losses,
        ),
    ] = None,
    user: options.SshUser = None,
    key: options.SshKey = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: options.DryRunForm = Format.TABLE,
    columns: options.Columns = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait until the masters are ready.")] = False,
    timeout: options.Timeout = options.MINUTES,
    parallel: options.Parallel = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Create the masters of a bay that are missing, and have them go on with what was backed up.

    Example: bay restore physics /backups/physics-20260102T030405Z.bay-backup --dry-run

    Nodes stay as they are, and what runs on them runs on: they find the masters at the addresses that they know. A file
    that is damaged, or of another bay, is refused before anything changes. Run again, it does what is left.
    """
    from bay.cli.batch_plan import before_question, print_dry_run
    from bay.cli.console.columns import REPAIR_COLUMNS
    from bay.cli.prompts import TerminalApproval
    from bay.cli.session import changing, open_bays
    from bay.components.errors import InvalidInput
    from bay.stacks.operations.restore import RestoreRequest
    from bay.stacks.operations.restore_plan import LOST

    bays = open_bays(os_cloud, state, os_region_name, parallel=parallel)
    limit = timedelta(minutes=timeout or options.MINUTES)
    request = RestoreRequest(file, user, key, limit, bool(timeout) and not no_wait)
    if wrong := set(allow or ()) - {LOST}:
        raise InvalidInput(
            f"--allow {min(wrong)}: a restore loses nothing of that kind", f"--allow {LOST} is all there is"
        )
    if dry_run:
        print_dry_run(bays.restore_plan(name, request), _tell, REPAIR_COLUMNS, form, columns)
        return
    with changing(bays):
        done = bays.restore(
            name,
            request,
            approve=TerminalApproval(
                yes, before_question(_tell, REPAIR_COLUMNS), tuple(allow or ()), always_shows=True
            ),
        )
    say(f"bay {name} goes on with the {done.summary}; 'bay show {name}' asks the engine")


def _tell(plan: "RestorePlan") -> None:
    say(f"bay {plan.bay}: {plan.summary}")
