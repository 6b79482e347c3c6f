"""`bay model list`, `bay model show`: named sets of defaults."""

from typing import Annotated

import typer

from bay.cli import options
from bay.cli.output import Format, print_list, print_one

commands = typer.Typer(no_args_is_help=True, help="Models: named sets of defaults for bays.")


@commands.command("list")
def list_models(
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    folder: options.Models = None,
) -> None:
    """List the models: built in, the user's own, and those of --models.

    Example: bay model list
    """
    from bay.cli.settings import here
    from bay.components.layers import models, resolve

    folders = [place for place in (here().models, folder) if place]
    rows = []
    for name, path in sorted(models(folders).items()):
        spec = resolve([{"model": name}], folders)
        about = path.read_text().partition("\n")[0].lstrip("# ")
        rows.append(
            {"name": name, "coe": spec.coe, "masters": spec.masters.count, "nodes": spec.nodes.count, "about": about}
        )
    print_list(rows, ("name", "coe", "masters", "nodes", "about"), form, columns or [])


@commands.command("show")
def show_model(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="Name of the model.")],
    form: options.Form = Format.YAML,
    columns: options.Columns = None,
    folder: options.Models = None,
) -> None:
    """Show every field of a model, also the defaults it leaves alone.

    Example: bay model show swarm > my-bay.yaml
    """
    from bay.cli.settings import here
    from bay.components.layers import resolve

    folders = [place for place in (here().models, folder) if place]
    print_one(resolve([{"model": name}], folders).model_dump(mode="json"), form, columns or [])
