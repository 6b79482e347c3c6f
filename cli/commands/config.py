"""`bay config`: client files of a bay, or its context among those of the user's own client."""

import shlex
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import options
from bay.cli.console.terminal import say
from bay.components.errors import InvalidInput
from bay.components.node.lifetimes import utc

if TYPE_CHECKING:
    from bay.components.node.client_login import ClientLogin, LoginRequest
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
    lifetime: Annotated[
        int | None,
        typer.Option(
            "--lifetime", metavar="N", min=1, max=365, help="Lifetime of the client certificate in days; default 90."
        ),
    ] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Make a new certificate also where the one that is there is good.")
    ] = False,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
    project: options.Project = None,
) -> None:
    """Write the client files of a bay (mode 0600) and print the export lines for the shell.

    Example: eval "$(bay config physics)" && docker node ls

    Example: bay config physics --merge && kubectl --context physics get nodes

    Example: bay config physics --dir deploy --lifetime 7 --renew

    The client certificate is made now, and left as it is while more than a third of its life is left: run the same
    command again to renew it.

    --merge writes to KUBECONFIG or ~/.kube/config, for Swarm below DOCKER_CONFIG or ~/.docker; what else is there
    stays, the current context too.

    For several masters without a common address the files name one that answers now; if that one is lost, run the
    same command again to get another.
    """
    from bay.cli.session import open_bay
    from bay.components.node.client_login import LoginRequest
    from bay.components.private_files import write_private
    from bay.stacks.cluster.clients import one_writer

    if sum((folder is not None, merge, unset)) > 1:
        raise InvalidInput("--dir, --merge and --unset exclude each other", "use one of them")
    if unset and (renew or lifetime):
        raise InvalidInput("--unset removes the context and its certificate", "leave out --lifetime and --renew")
    asked = LoginRequest(timedelta(days=lifetime) if lifetime else None, renew)
    bays = open_bay(name, os_cloud, state, os_region_name, project=project)
    if unset:
        _remove(bays, name)
        return
    if merge:
        _merge(bays, name, asked)
        return
    target = (folder or bays.context.settings.config / "clients" / name).expanduser().absolute()
    with one_writer(bays.context.settings, str(target)):
        client = bays.client_files(name, replace(asked, present=_present(target)))
        for file, content in client.files.items():
            write_private(target / file, content)
    for key, value in client.environment(str(target)).items():
        typer.echo(f"export {key}={shlex.quote(value)}")
    _tell(name, client.login if "cert.pem" in client.files else None, is_open=client.is_open)


def _present(folder: Path) -> dict[str, str]:
    """The certificate and the key that are there; what cannot be read is created again."""
    found = {}
    for file in ("cert.pem", "key.pem"):
        with suppress(OSError, UnicodeDecodeError):
            found[file] = (folder / file).read_text(encoding="utf-8")
    return found


def _tell(name: str, login: "ClientLogin | None", *, is_open: bool) -> None:
    """login: None of an engine that gives its clients no certificate."""
    if login and login.is_new:
        say(
            f"client certificate of bay {name}: new, until {utc(login.ends)}; renewed from {utc(login.renewed_from)} on"
        )
    if not is_open:
        say(CLOSED.format(name=name))


def _merge(bays: "Bays", name: str, asked: "LoginRequest") -> None:
    put = bays.put_context(name, asked)
    say(f"context {name} is in {put.file}: {put.usage}")
    _tell(name, put.login, is_open=put.is_open)


def _remove(bays: "Bays", name: str) -> None:
    removed = bays.remove_context(name)
    say(f"context {name} is removed" if removed else f"there is no context {name} that bay put anywhere")
