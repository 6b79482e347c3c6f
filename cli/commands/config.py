"""`bay config`: client files of a bay."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from bay.cli import options
from bay.cli.console.terminal import say


def config(
    name: options.Name,
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Where to write; default ~/.config/bay/clients/NAME.")
    ] = None,
    state: options.State = None,
    project: options.Project = None,
) -> None:
    """Write the client files of a bay (mode 0600) and print the export lines for the shell.

    Example: eval "$(bay config physics)" && docker node ls

    For several masters without a common address the files name one that answers now; if that one is lost, run the
    same command again to get another.
    """
    from bay.cli.session import open_bays
    from bay.stacks.private_files import write_private

    bays = open_bays(state=state, project=project)
    client = bays.client_files(name)
    target = (folder or bays.context.settings.config / "clients" / name).expanduser().absolute()
    for file, content in client.files.items():
        write_private(target / file, content)
    for key, value in client.environment(str(target)).items():
        typer.echo(f"export {key}={shlex.quote(value)}")
    if not client.is_open:
        say(f"the API is closed: 'bay update {name} --set access.api=[CIDR]' opens it to your network")
