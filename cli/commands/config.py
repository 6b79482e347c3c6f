"""`bay config`, `bay env`, `bay export`, `bay cancel`: between a bay and other tools."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from bay.cli import options
from bay.cli.console.output import say


def config(
    name: options.Name,
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Where to write; default ~/.config/bay/clients/NAME.")
    ] = None,
    state: options.State = None,
) -> None:
    """Write the client files of a bay (mode 0600) and print the export lines for the shell.

    Example: eval "$(bay config physics)" && docker node ls

    Of several masters without an address in common the files name one that answers now; when that one is lost,
    the same command names another.
    """
    from bay.components.engines import ENGINES
    from bay.components.errors import BayError
    from bay.stacks.cluster.health import first_that_answers
    from bay.stacks.context import Session
    from bay.stacks.runs import recorded
    from bay.stacks.settings import write_private

    session = Session(state=state)
    record = recorded(session, name)
    if record.spec is None or not record.completed:
        raise BayError(f"bay {name} is not complete", f"'bay show {name}' says why; 'bay create {name}' goes on")
    place = (folder or session.settings.config / "clients" / name).expanduser().absolute()
    with session.existing(name, record.salt) as stack:
        outputs = stack.outputs()
    engine, files, addresses = ENGINES[record.spec.coe], outputs["client_files"], outputs["api_addresses"]
    address = first_that_answers(record.spec, addresses, files)
    for file, content in engine.turned_to(files, address).items():
        write_private(place / file, content)
    others = [one for one in addresses if one != address]
    variables = engine.client_environment([address, *others], str(place))
    for key, value in variables.items():
        typer.echo(f"export {key}={shlex.quote(value)}")
    if not record.spec.access.api:
        say(f"the API is closed: 'bay update {name} --set access.api=[CIDR]' opens it to where you are")


def env(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Bay whose passphrase to export; else that of new stacks.")
    ] = None,
    os_cloud: options.OsCloud = None,
    state: options.State = None,
) -> None:
    """Print what plain `pulumi` needs in this shell: engine, state, passphrase, cloud.

    Example: eval "$(bay env --os-cloud sandbox)"; pulumi stack ls
    """
    from bay.cli.shell import exports
    from bay.stacks.context import Session

    for line in exports(Session(os_cloud, state), name):
        typer.echo(line)


def export(
    name: options.Name,
    state: options.State = None,
) -> None:
    """Make stacks/Pulumi.NAME.yaml in this checkout; the file manages the bay from then on.

    Example: bay export physics && pulumi preview --stack physics
    """
    from bay.components.errors import BayError
    from bay.stacks.context import Session
    from bay.stacks.files import stack_file
    from bay.stacks.runs import recorded

    session = Session(state=state)
    place = stack_file.find()
    if place is None:
        raise BayError("this folder is in no checkout of bay", "change into one: it has Pulumi.yaml and stacks/", 2)
    record = recorded(session, name)
    with session.existing(name, record.salt) as stack:
        path = stack_file.export(stack, record, place)
    say(f"{path.relative_to(place)} manages bay {name} now; 'pulumi preview --stack {name}' shows no change")


def cancel(name: options.Name, state: options.State = None) -> None:
    """Take away the lock of a run that is no more.

    Example: bay cancel physics
    """
    from bay.stacks.context import Session
    from bay.stacks.runs import recorded

    session = Session(state=state)
    record = recorded(session, name)
    with session.existing(name, record.salt) as stack:
        stack.cancel()
    say(f"bay {name} is unlocked; 'bay show {name}' says what there is")
