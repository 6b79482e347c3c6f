"""`bay upgrade`: another version of the engine, masters first, batch by batch."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import options
from bay.cli.console.formats import Format
from bay.cli.console.terminal import say

if TYPE_CHECKING:
    from bay.stacks.operations.upgrade_plan import UpgradePlan


def upgrade(
    name: options.Name,
    version: Annotated[
        str | None,
        typer.Option(
            "--version",
            metavar="VERSION",
            help="Version of the engine, as 1.34.2; the image that brings it is found.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="Model whose image and versions the bay gets.",
            autocompletion=options.model_names,
        ),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option("--image", metavar="IMAGE", help="Glance image that brings the version; by name or id."),
    ] = None,
    models: options.Models = None,
    max_unavailable: options.MaxUnavailable = None,
    backup_to: options.BackupTo = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: options.DryRunForm = Format.TABLE,
    columns: options.Columns = None,
    no_wait: options.NoWaitForLast = False,
    timeout: options.Timeout = options.MINUTES,
    parallel: options.Parallel = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Upgrade the engine of a bay: masters one by one, then the groups of nodes, drained first.

    Kubernetes goes minor by minor and never back; the control plane's configuration is changed first, add-ons last.

    Example: bay upgrade physics --version 1.34.2 --dry-run

    Example: bay upgrade physics --image debian-12-docker-28

    It stops at the first server that does not come back; run again, it resumes.
    """
    from bay.cli.batch_plan import backup_request, before_question, print_dry_run
    from bay.cli.console.columns import UPGRADE_COLUMNS
    from bay.cli.prompts import TerminalApproval
    from bay.cli.session import changing, open_bays
    from bay.stacks.operations.upgrade_target import UpgradeRequest

    bays = open_bays(os_cloud, state, os_region_name, parallel=parallel)
    limit = timedelta(minutes=timeout or options.MINUTES)
    folders: list[Path] = [models] if models else []
    wait = bool(timeout) and not no_wait
    target = (version or "", model or "", image or "", folders)
    request = UpgradeRequest(*target, max_unavailable or "", limit, wait, backup_request(backup_to))
    if dry_run:
        print_dry_run(bays.upgrade_plan(name, request), _tell, UPGRADE_COLUMNS, form, columns)
        return
    with changing(bays):
        done = bays.upgrade(
            name, request, approve=TerminalApproval(yes, before_question(_tell, UPGRADE_COLUMNS), always_shows=True)
        )
    say(_result(done))


def _tell(plan: "UpgradePlan") -> None:
    from bay.components.text import join_names

    say(f"bay {plan.bay}: {plan.summary}")
    if plan.removed:
        calls = join_names([call.what for call in plan.removed])
        say(f"bay {plan.bay}: {plan.rules.program} {plan.target} has no more what clients have called: {calls}")
    elif plan.deprecated is None and plan.rules.metrics:
        say(f"bay {plan.bay}: no master answers from here, so it is not known whether clients call APIs that go away")


def _result(done: "UpgradePlan") -> str:
    if done.is_empty:
        return f"bay {done.bay}: runs {done.rules.program} {done.target} already"
    return f"bay {done.bay}: upgraded to {done.rules.program} {done.target}"
