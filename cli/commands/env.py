"""`bay env`: a shell in which `pulumi`, `openstack` and `bay` talk to the same things."""

import shlex
from typing import Annotated

import typer

from bay.cli import completion, options


def env(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="Bay whose passphrase to export; else that of new stacks.",
            autocompletion=completion.bays,
        ),
    ] = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Print what plain `pulumi` needs in this shell: Pulumi, state, passphrase, cloud.

    Example: eval "$(bay env --os-cloud sandbox)"; pulumi stack ls
    """
    from bay.cli.environment import withheld_variables
    from bay.cli.session import open_bays

    exported = open_bays(os_cloud, state, os_region_name).pulumi_environment(name or "")
    for variable, value in sorted(exported.items()):
        typer.echo(f"export {variable}={shlex.quote(value)}")
    for variable in withheld_variables():
        if variable not in exported:
            typer.echo(f"unset {variable}")
