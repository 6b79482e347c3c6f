"""`bay rotate`: new secrets in the place of old ones, which then open nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import options
from bay.cli.console.formats import Format
from bay.cli.console.terminal import say
from bay.cli.parser import Commands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bay.stacks.bays import Bays
    from bay.stacks.operations.rotation import RotateRequest, Rotation

commands = Commands(help="New secrets of a bay in the place of old ones, which then open nothing.")

Form = Annotated[
    Format | None, typer.Option("-f", "--format", help="Format of the steps: planned, or what came of it.")
]


@commands.command("passphrase")
def rotate_passphrase(
    name: options.Name,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="FILE",
            help="File with the new passphrase, where the old one is your own (PULUMI_CONFIG_PASSPHRASE_FILE).",
        ),
    ] = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: Form = None,
    columns: options.Columns = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Encrypt a bay's secrets in its state with a new passphrase, and remove every copy that the old one opens.

    Example: bay rotate passphrase physics

    Example: bay rotate passphrase physics --dry-run

    No server and nothing in the cloud changes. Interrupted at any moment, the bay is usable, and the same command
    goes on.
    """
    from bay.cli.session import open_bays
    from bay.stacks.operations.rotation import RotateRequest

    bays = open_bays(os_cloud, state, os_region_name)
    _rotate(bays, name, RotateRequest("passphrase", to), yes=yes, dry_run=dry_run, form=form, columns=columns or [])


@commands.command("cloud-credential")
def rotate_cloud_credential(
    name: options.Name,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: Form = None,
    columns: options.Columns = None,
    timeout: options.Timeout = options.MINUTES,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Have the masters of a Kubernetes bay ask the cloud with a new application credential, and delete the old one.

    Example: bay rotate cloud-credential physics

    Example: bay rotate cloud-credential physics --dry-run

    The cloud controller and Cinder's controller are restarted; servers are not, and pods of users run on. The engine's
    API has to answer from here (access.api). Interrupted, the same command goes on.
    """
    from datetime import timedelta

    from bay.cli.session import open_bays
    from bay.stacks.operations.rotation import RotateRequest

    bays = open_bays(os_cloud, state, os_region_name)
    request = RotateRequest("cloud-credential", timeout=timedelta(minutes=timeout or options.MINUTES))
    _rotate(bays, name, request, yes=yes, dry_run=dry_run, form=form, columns=columns or [])


def _rotate(
    bays: "Bays",
    name: str,
    request: "RotateRequest",
    *,
    yes: bool,
    dry_run: bool,
    form: Format | None,
    columns: "Sequence[str]",
) -> None:
    from bay.cli.batch_plan import before_question, print_dry_run
    from bay.cli.console.columns import ROTATE_COLUMNS
    from bay.cli.console.formats import print_list
    from bay.cli.prompts import TerminalApproval
    from bay.cli.session import changing

    if dry_run:
        print_dry_run(bays.rotate_plan(name, request), _tell, ROTATE_COLUMNS, form or Format.TABLE, columns)
        return
    with changing(bays):
        done = bays.rotate(
            name, request, approve=TerminalApproval(yes, before_question(_tell, ROTATE_COLUMNS), always_shows=True)
        )
    if form:
        print_list(done.rows, ROTATE_COLUMNS, form, columns)
    say(_result(done))


def _tell(plan: "Rotation") -> None:
    say(f"bay {plan.bay}: {plan.disruption or 'nothing is left to do'}")


def _result(done: "Rotation") -> str:
    if done.proven:
        return f"bay {done.bay}: {done.proven}"
    reasons = "; ".join(f"{step.name}: {step.detail}" for step in done.steps if step.status == "unknown")
    return f"bay {done.bay}: rotated; that the old one is useless was not proven ({reasons})"
