"""`bay state doctor`, `bay state move`, `bay state secrets`: the place where the bays' states are kept."""

from typing import Annotated

import typer

from bay.cli import completion, options
from bay.cli.console.columns import NARROW, STATE_COLUMNS
from bay.cli.console.formats import Format, print_list
from bay.cli.console.terminal import say
from bay.cli.parser import Commands

commands = Commands(help="Where the states of the bays are kept.")


@commands.command("doctor")
def check_state(
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Check the state itself: sizes, versions, locks, journals, copies, passphrases; exit 0: all sound, else 1.

    Example: bay state doctor

    Example: bay state doctor -f json -c bay -c check -c remedy

    Nothing is changed. A cloud is asked only whether Barbican has passphrases that are not on this machine.
    """
    from bay.cli.session import open_bays

    found = open_bays(os_cloud, state, os_region_name).inspect()
    rows = [{"bay": f.bay, "check": f.check, "ok": f.ok, "detail": f.detail, "remedy": f.remedy} for f in found]
    print_list(rows, STATE_COLUMNS, form, columns or [], narrow=NARROW[STATE_COLUMNS])
    raise typer.Exit(0 if all(finding.ok for finding in found) else 1)


@commands.command("move")
def move(
    name: options.Name,
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="Pulumi backend to move it to: file://, s3:// or postgres://.")
    ],
    state: options.State = None,
) -> None:
    """Move the state of a bay to another Pulumi backend; the bay itself is not touched.

    Example: bay state move physics --to 's3://bays?region=eu-1'

    The old copy is removed once the new one was read and found the same. Run again after Ctrl-C or a failure, it goes
    on. From then on --state URL, or BAY_STATE, finds the bay.
    """
    from bay.cli.session import changing, open_bays

    bays = open_bays(state=state)
    with changing(bays):
        where = bays.move(name, to)
    say(f"bay {name} is in {where} now; --state, or BAY_STATE, with that URL finds it")


@commands.command("secrets")
def secrets(
    name: options.Name,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="file|barbican",
            help="Keep it in a file of this machine, or in Barbican of the bay's project.",
            autocompletion=completion.passphrase_places,
        ),
    ],
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Move the passphrase of a bay's keys between a file of this machine and Barbican; keys and state stay.

    Example: bay state secrets physics --to barbican

    With it in Barbican, every login of the bay's project that may read secrets opens the bay, on any machine. The old
    copy is removed once the new one was read and opens the state. Run again after Ctrl-C or a failure, it goes on.
    """
    from bay.cli.session import changing, open_bays
    from bay.stacks.settings import BARBICAN

    bays = open_bays(os_cloud, state, os_region_name)
    with changing(bays):
        was_elsewhere = bays.move_passphrase(name, to)
    where = "in Barbican" if to == BARBICAN else "in a file of this machine"
    say(f"the passphrase of bay {name} is {where}{'' if was_elsewhere else ' already'}")
