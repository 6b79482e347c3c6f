"""`bay config`: client files of a bay, or its context among those of the user's own client."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import options
from bay.cli.console.terminal import say
from bay.components.errors import InvalidInput

if TYPE_CHECKING:
    from bay.stacks.bays import Bays

CLOSED = "the API is closed: 'bay update {name} --set access.api=[CIDR]' opens it to your network"


def config(
    name: options.Name,
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Where to write; default ~/.config/bay/clients/NAME.")
    ] = None,
    merge: Annotated[
        bool,
        typer.Option("--merge", help="Add a context of the bay's name to those of the engine's own client."),
    ] = False,
    unset: Annotated[
        bool, typer.Option("--unset", help="Remove that context again, also of a bay that is deleted.")
    ] = False,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
    project: options.Project = None,
) -> None:
    """Write the client files of a bay (mode 0600) and print the export lines for the shell.

    Example: eval "$(bay config physics)" && docker node ls

    Example: bay config physics --merge && kubectl --context physics get nodes

    --merge writes to KUBECONFIG or ~/.kube/config, for Swarm below DOCKER_CONFIG or ~/.docker; what else is there
    stays, the current context too.

    For several masters without a common address the files name one that answers now; if that one is lost, run the
    same command again to get another.
    """
    from bay.cli.session import open_bay
    from bay.stacks.private_files import write_private

    if sum((folder is not None, merge, unset)) > 1:
        raise InvalidInput("--dir, --merge and --unset exclude each other", "use one of them")
    bays = open_bay(name, os_cloud, state, os_region_name, project=project)
    if unset:
        _remove(bays, name)
        return
    if merge:
        _merge(bays, name)
        return
    client = bays.client_files(name)
    target = (folder or bays.context.settings.config / "clients" / name).expanduser().absolute()
    for file, content in client.files.items():
        write_private(target / file, content)
    for key, value in client.environment(str(target)).items():
        typer.echo(f"export {key}={shlex.quote(value)}")
    if not client.is_open:
        say(CLOSED.format(name=name))


def _merge(bays: "Bays", name: str) -> None:
    put = bays.put_context(name)
    say(f"context {name} is in {put.file}: {put.usage}")
    if not put.is_open:
        say(CLOSED.format(name=name))


def _remove(bays: "Bays", name: str) -> None:
    removed = bays.remove_context(name)
    say(f"context {name} is removed" if removed else f"there is no context {name} that bay put anywhere")
