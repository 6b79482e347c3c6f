"""`bay group`: the groups of servers of a bay that is there."""

from typing import TYPE_CHECKING, Annotated, cast

import typer

from bay.cli import completion, options
from bay.cli.console.formats import Format, print_list
from bay.cli.console.terminal import say
from bay.cli.group_options import (
    BootVolume,
    Count,
    EngineVolume,
    Flavor,
    Image,
    Label,
    Max,
    Min,
    RemoveLabel,
    RemoveTaint,
    Taint,
    Unset,
    Zone,
    fields_of,
)
from bay.cli.parser import Commands

if TYPE_CHECKING:
    from bay.stacks.approval import Approvable

commands = Commands(help="The groups of servers of a bay: list, create, set, delete.")

Group = Annotated[str, typer.Argument(metavar="GROUP", help="Name of the group.", autocompletion=completion.groups)]
NewGroup = Annotated[
    str, typer.Argument(metavar="GROUP", help="Name of the new group: at most 15 lower-case letters and digits.")
]


@commands.command("list")
def list_groups(
    name: options.Name,
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    long: options.Long = False,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """List the groups of a bay: masters, nodes and those of names of their own.

    Example: bay group list physics

    Example: bay group list physics -f json -c name -c labels

    --long, or -c outdated, also counts the servers that are not what a new one would be, which takes seconds; 'bay
    rebuild' replaces them.
    """
    from bay.cli.console.columns import GROUP_COLUMNS, LONG_GROUP_COLUMNS, NARROW, OUTDATED
    from bay.cli.session import open_bays

    asked = long or OUTDATED in (columns or ())
    rows = open_bays(os_cloud, state, os_region_name).groups(name, ask_outdated=asked)
    if form not in (Format.JSON, Format.YAML):
        rows = [{**row, "labels": [f"{key}={value}" for key, value in row["labels"].items()]} for row in rows]
    brief = form is Format.TABLE and not (asked or columns)
    shown = GROUP_COLUMNS if brief else (*LONG_GROUP_COLUMNS, *([OUTDATED] if asked else []))
    print_list(rows, shown, form, columns or [], narrow=NARROW[GROUP_COLUMNS], long=long)


@commands.command("create")
def create_group(
    name: options.Name,
    group: NewGroup,
    count: Count = None,
    min_: Min = None,
    max_: Max = None,
    flavor: Flavor = None,
    image: Image = None,
    zone: Zone = None,
    label: Label = None,
    taint: Taint = None,
    boot_volume: BootVolume = None,
    engine_volume: EngineVolume = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: options.DryRunForm = Format.TABLE,
    columns: options.Columns = None,
    no_wait: options.NoWait = False,
    timeout: options.Timeout = options.MINUTES,
    parallel: options.Parallel = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Create a group of nodes with its servers: one server, and the flavor of the bay's nodes, unless said.

    Example: bay group create physics gpu --flavor g1.large --count 3 --label example.org/gpu=a100

    Example: bay group create physics batch --count 2 --min 1 --max 10 --dry-run
    """
    from bay.cli.planning import Change, change
    from bay.cli.session import open_bays

    fields = fields_of(
        count=count,
        min=min_,
        max=max_,
        flavor=flavor,
        image=image,
        zones=zone,
        labels=label,
        taints=taint,
        boot_volume=boot_volume,
        engine_volume=engine_volume,
    )
    asked = Change(
        yes, dry_run=dry_run, wait=options.waiting(no_wait, timeout), form=form, columns=tuple(columns or ())
    )
    bays = open_bays(os_cloud, state, os_region_name, parallel=parallel)
    change(bays, name, bays.new_group(name, group, fields), asked)


@commands.command("set")
def set_group(
    name: options.Name,
    group: Group,
    count: Count = None,
    min_: Min = None,
    max_: Max = None,
    flavor: Flavor = None,
    image: Image = None,
    zone: Zone = None,
    label: Label = None,
    remove_label: RemoveLabel = None,
    taint: Taint = None,
    remove_taint: RemoveTaint = None,
    boot_volume: BootVolume = None,
    engine_volume: EngineVolume = None,
    unset: Unset = None,
    allow: options.Allow = None,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: options.DryRunForm = Format.TABLE,
    columns: options.Columns = None,
    no_wait: options.NoWait = False,
    timeout: options.Timeout = options.MINUTES,
    parallel: options.Parallel = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Change fields of a group. --count scales it; what is not named stays.

    Flavor, image, zones and volumes hold for servers created later; 'bay rebuild' reaches those that are there.

    Example: bay group set physics gpu --count 5 --max 8

    Example: bay group set physics node --label example.org/disk=ssd --remove-label example.org/old

    Example: bay group set physics gpu --flavor g1.xlarge --unset image && bay rebuild physics --group gpu
    """
    from bay.cli.planning import Change, change
    from bay.cli.session import open_bays
    from bay.stacks.operations.groups import GroupEdit, with_changed_group

    fields = fields_of(
        count=count,
        min=min_,
        max=max_,
        flavor=flavor,
        image=image,
        zones=zone,
        labels=label,
        remove_labels=remove_label,
        boot_volume=boot_volume,
        engine_volume=engine_volume,
        unset=unset,
    )
    edit = GroupEdit(fields, tuple(taint or ()), tuple(remove_taint or ()))
    # Whoever gives a number has asked for the removal, as of `bay scale`; only the number may be a typo.
    asked = Change(
        yes,
        tuple(allow or ()),
        ("batch",),
        dry_run=dry_run,
        wait=options.waiting(no_wait, timeout),
        form=form,
        columns=tuple(columns or ()),
    )
    bays = open_bays(os_cloud, state, os_region_name, parallel=parallel)
    change(bays, name, with_changed_group(name, group, edit), asked)


@commands.command("delete")
def delete_group(
    name: options.Name,
    group: Group,
    yes: options.Yes = False,
    dry_run: options.DryRun = False,
    form: options.DryRunForm = Format.TABLE,
    columns: options.Columns = None,
    parallel: options.Parallel = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Delete a group with all its servers: they are drained, and leave the engine before they go.

    Refused for masters, for the group 'node', which every bay has, and for the last group with nodes.

    Example: bay group delete physics gpu --dry-run
    """
    from bay.cli.console.plan_table import on_stderr, show
    from bay.cli.prompts import TerminalApproval
    from bay.cli.session import changing, open_bays
    from bay.stacks.plan.types import Plan

    def show_plan(plan: "Approvable") -> None:
        on_stderr(cast(Plan, plan))

    bays = open_bays(os_cloud, state, os_region_name, parallel=parallel)
    if dry_run:
        show(bays.group_delete_plan(name, group), form, columns or [])
        return
    with changing(bays):
        bays.delete_group(name, group, approve=TerminalApproval(yes, show_plan, ("delete",)))
    say(f"bay {name}: group {group} is deleted")
