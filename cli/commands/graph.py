"""`bay graph`: how the networks and servers of a bay are connected, as a picture."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from bay.cli import options


class Picture(StrEnum):
    """Formats of a picture, and the graph as data."""

    MERMAID = "mermaid"
    SVG = "svg"
    JSON = "json"


def graph(
    name: options.Name,
    form: Annotated[Picture, typer.Option("-f", "--format", help="Format of the picture.")] = Picture.MERMAID,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
) -> None:
    """Draw the topology of a bay from its state: networks, router, endpoint and servers.

    Example: bay graph physics -f svg > physics.svg

    GitHub and GitLab draw the default, Mermaid, in Markdown.
    """
    from bay.cli.console.graph import mermaid, svg
    from bay.cli.session import open_bay

    found = open_bay(name, os_cloud, state, os_region_name).topology(name)
    if form is Picture.JSON:
        typer.echo(json.dumps(found.document(), indent=2))
    else:
        typer.echo(svg(found) if form is Picture.SVG else mermaid(found), nl=False)
