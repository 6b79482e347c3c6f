"""`bay backup`: what the engine of a bay keeps on its masters, in a file that only the bay's own state opens."""

from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import completion, options
from bay.cli.console.formats import Format, print_one
from bay.cli.console.terminal import say

if TYPE_CHECKING:
    from bay.stacks.operations.backup import BackupResult


def backup(
    name: options.Name,
    to: Annotated[
        str, typer.Option("--to", metavar="DIR", help="Folder that the file goes to; created if it is missing.")
    ],
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep",
            metavar="N",
            min=1,
            help="Delete all but the N newest backups of the bay there, once this one is written.",
        ),
    ] = None,
    node: Annotated[
        str | None,
        typer.Option(
            "--node",
            metavar="MASTER",
            help="Master that it is taken from; default: the first one that serves.",
            autocompletion=completion.nodes,
        ),
    ] = None,
    user: options.SshUser = None,
    key: options.SshKey = None,
    form: Annotated[
        Format | None, typer.Option("-f", "--format", help="Print the file and what it is of in this format.")
    ] = None,
    columns: options.Columns = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Save what the engine keeps on a bay's masters: etcd, Swarm's Raft directory, or what ZooKeeper holds.

    Example: bay backup physics --to /backups --keep 7

    The file is encrypted with the bay's own keys: only the bay's state opens it, so keep a copy of that, too. It is
    taken over SSH from a master that serves, which goes on serving. What users keep on volumes is not in it.
    """
    from bay.cli.session import changing, open_bays
    from bay.stacks.cluster.backup_folder import folder_named
    from bay.stacks.operations.backup import BackupRequest

    bays = open_bays(os_cloud, state, os_region_name)
    request = BackupRequest(folder_named(to), keep, node or "", user, key)
    with changing(bays):
        result = bays.backup(name, request)
    if form:
        print_one(result.row, form, columns or [])
    say(_result(result))


def _result(result: "BackupResult") -> str:
    count = len(result.removed)
    gone = f"; {count} older one{'s' if count > 1 else ''} deleted" if count else ""
    size = f"{result.size / 1024:.0f} KiB"
    return f"bay {result.header.bay}: {result.file} ({size}, from {result.header.master}){gone}"
