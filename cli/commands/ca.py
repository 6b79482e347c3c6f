"""`bay ca show`, `bay ca sign`: the certificate authority of a bay."""

from pathlib import Path
from typing import Annotated

import typer

from bay.cli import options
from bay.cli.console.terminal import say
from bay.cli.parser import Commands
from bay.components.errors import InvalidInput

commands = Commands(help="The certificate authority of a bay.")


@commands.command("show")
def show_authority(
    name: options.Name,
    kind: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="Which one: bay, or another one of the engine, such as etcd.")
    ] = "bay",
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Print the certificate of a bay's authority, PEM; it is not secret.

    Example: bay ca show physics > ca.pem
    """
    from bay.cli.session import open_bay

    typer.echo(open_bay(name, os_cloud, state, os_region_name).authority(name, kind).certificate, nl=False)


@commands.command("sign")
def sign_request(
    name: options.Name,
    request: Annotated[
        Path, typer.Argument(metavar="CSR", allow_dash=True, help="File of the certificate request, PEM; - reads it.")
    ],
    days: Annotated[
        int | None,
        typer.Option("--days", metavar="N", min=1, max=3650, help="Lifetime in days; default 1825, five years."),
    ] = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Sign a certificate request as a client of a bay and print the certificate, PEM.

    Example: bay ca sign physics ada.csr --days 90 > ada.pem

    Subject and key are the request's; whatever else it asks for, the certificate is for a client and nothing more. It
    cannot be revoked, except by renewing the bay's keys, so keep its lifetime short.
    """
    from datetime import UTC, datetime, timedelta

    from bay.cli.session import open_bay
    from bay.components.engines import ENGINES
    from bay.components.node.certificates import LEAF_LIFETIME, read_request, signed_request

    try:
        asked = read_request(options.text_of(request))
    except ValueError as error:
        raise InvalidInput(f"{request}: {error}", "openssl req -new -key KEY -subj /CN=NAME creates one") from None
    bays = open_bay(name, os_cloud, state, os_region_name)
    engine = ENGINES[bays.snapshot(name).require_spec().coe]
    now = datetime.now(UTC).replace(microsecond=0)
    lifetime = LEAF_LIFETIME if days is None else timedelta(days=days)
    typer.echo(signed_request(bays.authority(name), asked, now, lifetime), nl=False)
    say(f"a certificate for {asked.subject.rfc4514_string()} as a client of bay {name}: it {engine.certificate_power}")
