"""`bay ssh`: a shell on a server of a bay, or a command there."""

import os
import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import options
from bay.cli.console.formats import Format, print_one
from bay.cli.console.terminal import say
from bay.cli.parser import words_behind_dashes
from bay.components.errors import BayError

if TYPE_CHECKING:
    from bay.stacks.cluster.ssh import SshTarget


def ssh(
    context: typer.Context,
    name: options.Name,
    node: options.NodeUnlessFirst = None,
    user: options.SshUser = None,
    key: options.SshKey = None,
    form: Annotated[
        Format | None, typer.Option("-f", "--format", help="Print how to connect in this format, and do not connect.")
    ] = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Log in to a server of a bay by SSH, the first master if none is named; -- COMMAND runs a command there.

    Example: bay ssh physics node-0 -- uptime

    The server's floating IP is used, else its own address. What proves a master is the key that the bay made for it;
    any other server's is noted at the first login.
    """
    from bay.cli.session import open_bays

    target = open_bays(os_cloud, state, os_region_name).ssh_target(name, node, user, key)
    command = target.command(words_behind_dashes(context))
    if form:
        print_one(_row(target, command), form)
        return
    say(f"{target.server}: {target.user}@{target.address} with {_key(target)}")
    try:
        os.execvp(command[0], command)
    except FileNotFoundError:
        raise BayError(
            "there is no ssh on this machine", f"install OpenSSH's client, then: {shlex.join(command)}"
        ) from None


def _row(target: "SshTarget", command: list[str]) -> dict[str, str | None]:
    return {
        "server": target.server,
        "address": target.address,
        "user": target.user,
        "keypair": target.keypair,
        "key": str(target.key) if target.key else None,
        "command": shlex.join(command),
    }


def _key(target: "SshTarget") -> str:
    if target.key:
        return f"the key {target.key}" + (f" (keypair {target.keypair})" if target.keypair else "")
    return f"keypair {target.keypair}, whose private key is not in ~/.ssh: -i FILE names it, or your agent has it"
