"""`bay sandbox image`: what the sandbox's servers boot from."""

from typing import Annotated

import typer

from bay.cli import options
from bay.cli.console.columns import IMAGE_COLUMNS
from bay.cli.console.formats import Format, print_list
from bay.cli.console.terminal import say
from bay.cli.parser import Commands

commands = Commands(help="Images that the sandbox's servers boot from.")


@commands.command()
def build(
    engine: Annotated[str, typer.Argument(help="Engine of the servers; 'bay sandbox image list' has all.")],
    apt_sources: Annotated[
        list[str] | None,
        typer.Option("--apt-source", metavar="LINE", help="A line of sources.list: a repository of your site."),
    ] = None,
) -> None:
    """Build the node image for an engine, once; as root, in minutes.

    It is built from Debian packages and Go modules. An interrupted build resumes where it was.

    Example: bay sandbox image build swarm
    """
    import bay.sandbox.images
    from bay.cli.environment import settings

    here = settings()
    folder = bay.sandbox.images.build(here.cache / "sandbox", engine, here.path, say, apt_sources or ())
    say(f"ready: {folder}")


@commands.command("list")
def list_images(form: options.Form = Format.TABLE, columns: options.Columns = None) -> None:
    """List the node images: ready, outdated (built by another version of bay) or absent.

    Example: bay sandbox image list
    """
    from bay.cli.environment import settings
    from bay.sandbox.images import stock

    rows = [
        {"image": i.name, "engines": list(i.engines), "state": i.state, "size_mib": i.size, "folder": str(i.folder)}
        for i in stock(settings().cache / "sandbox")
    ]
    print_list(rows, IMAGE_COLUMNS, form, columns or [])
