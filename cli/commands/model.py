"""`bay model list`, `show`, `fields`, `from-magnum`: named sets of defaults, and their fields."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bay.cli import completion, options
from bay.cli.console.columns import FIELD_COLUMNS, LONG_MODEL_COLUMNS, MODEL_COLUMNS
from bay.cli.console.formats import Format, print_list, print_one
from bay.cli.console.terminal import say
from bay.cli.parser import Commands
from bay.components.errors import InvalidInput

if TYPE_CHECKING:
    from bay.components.spec.models import Model

commands = Commands(help="Models: named sets of defaults for bays.")


@commands.command("list")
def list_models(
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    folder: options.Models = None,
    every: Annotated[bool, typer.Option("--all", help="Also hidden models; with the columns of --long.")] = False,
    long: Annotated[bool, typer.Option("--long", help="Also who may use it, and what it extends.")] = False,
    addons: Annotated[bool, typer.Option("--addons", help="List the add-ons instead of the models.")] = False,
) -> None:
    """List the models: built in, the user's own, and those of --models.

    Example: bay model list

    Example: bay model list --addons
    """
    from bay.components.spec.models import model_files

    folders = _folders(folder)
    if addons:
        print_list(_addons(folders), ("name", "about"), form, columns or [])
        return
    found = [model for name in sorted(model_files(folders)) if (model := _readable(name, folders)) is not None]
    rows = [_row(model, folders) for model in found if every or not model.hidden]
    print_list(rows, LONG_MODEL_COLUMNS if every or long else MODEL_COLUMNS, form, columns or [])


@commands.command("show")
def show_model(
    name: Annotated[
        str, typer.Argument(metavar="MODEL", help="Name of the model.", autocompletion=lambda: options.model_names())
    ],
    form: options.Form = Format.YAML,
    columns: options.Columns = None,
    addons: options.Addons = None,
    folder: options.Models = None,
) -> None:
    """Show every field of a model, also the defaults that it does not change.

    Example: bay model show swarm > my-bay.yaml
    """
    from bay.components.spec.merge import build_spec

    spec = build_spec([{"model": name}], _folders(folder), addons or [])
    print_one(spec.model_dump(mode="json"), form, columns or [])


@commands.command("fields")
def list_fields(
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    coe: Annotated[
        str | None,
        typer.Option(
            "--coe",
            metavar="ENGINE",
            help="Options of this engine only; default: of all.",
            autocompletion=completion.engines,
        ),
    ] = None,
) -> None:
    """List every field that a model or --set may set: its type, default and meaning.

    Example: bay model fields -c field -c default

    Example: bay model fields -f csv > fields.csv
    """
    from bay.components.engines import ENGINES
    from bay.components.errors import nearest
    from bay.components.spec.docs import option_fields, spec_fields

    if coe is not None and coe not in ENGINES:
        raise InvalidInput(f"there is no engine {coe!r}", nearest(coe, list(ENGINES)))
    found = [*spec_fields(), *(field for name in ENGINES if coe in (None, name) for field in option_fields(name))]
    print_list([field.row() for field in found], FIELD_COLUMNS, form, columns or [])


@commands.command("from-magnum")
def from_magnum(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", allow_dash=True, help="JSON of a cluster template; - reads it.")
    ],
) -> None:
    """Convert a cluster template of Magnum to a model, with remarks on what has no counterpart.

    Example: bay model from-magnum template.json > ~/.config/bay/models/physics.yaml

    The file is what 'openstack coe cluster template show -f json TEMPLATE' prints, or the answer of Magnum's API.
    docs/magnum.md is the whole table.
    """
    import json

    from bay.components.magnum.template import convert

    text = options.text_of(file)
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidInput(
            f"{file}: not JSON: {error}", "create it with: openstack coe cluster template show -f json"
        ) from None
    typer.echo(convert(document).text(), nl=False)


def _folders(named: Path | None) -> list[Path]:
    from bay.cli.environment import settings

    return [folder for folder in (settings().models, named) if folder]


def _readable(name: str, folders: list[Path]) -> "Model | None":
    """A model; one whose file is wrong hides no other."""
    from bay.components.errors import BayError
    from bay.components.spec.models import read_model

    try:
        return read_model(name, folders)
    except BayError as error:
        say(f"model {name} is left out: {error.message}")
        return None


def _row(model: "Model", folders: list[Path]) -> dict[str, Any]:
    from bay.components.errors import BayError
    from bay.components.spec.merge import build_spec

    row: dict[str, Any] = {
        "name": model.name,
        "public": not model.restrictions,
        "hidden": model.hidden,
        "extends": [layer.path.stem for layer in model.layers[:-1]],
        "projects": sorted({project for projects in model.restrictions for project in projects}),
        "about": model.about,
    }
    try:
        spec = build_spec([{"model": model.name}], folders)
    except BayError as error:  # it may be meant for others to extend, or for --set to fill in
        say(f"model {model.name} is incomplete: {error.message}")
        return row
    return {**row, "coe": spec.coe, "masters": spec.masters.count, "nodes": spec.nodes.count}


def _addons(folders: list[Path]) -> list[dict[str, Any]]:
    from bay.components.spec.models import addon_files, read_addon

    return [{"name": name, "about": read_addon(name, folders).about} for name in sorted(addon_files(folders))]
