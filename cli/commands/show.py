"""`bay show`: all about one bay."""

from typing import TYPE_CHECKING, Annotated

import typer

from bay.cli import options
from bay.cli.console.columns import ORIGIN_COLUMNS
from bay.cli.console.formats import Format, print_list, print_one
from bay.cli.console.terminal import say

if TYPE_CHECKING:
    from pathlib import Path

    from bay.stacks.bays import Bays


def show(
    name: options.Name,
    form: options.Form = Format.TABLE,
    columns: options.Columns = None,
    os_cloud: options.OsCloud = None,
    os_region_name: options.OsRegionName = None,
    state: options.State = None,
    project: options.Project = None,
    origin: Annotated[
        bool,
        typer.Option("--origin", help="Show where each value of the spec comes from: default, model, add-on or bay."),
    ] = False,
    models: options.Models = None,
) -> None:
    """Show a bay: status, health, API address, nodes and spec; from the state, and the health from the engine itself.

    Example: bay show physics -f json -c api_address

    Example: bay show physics -f yaml --origin

    --origin compares the recorded spec with today's model files and defaults, since the state holds only the merged
    spec: a value set for the bay counts as the model's if both are the same.
    """
    from bay.cli.console.rows import bay_row
    from bay.cli.session import open_bay

    bays = open_bay(name, os_cloud, state, os_region_name, project=project)
    if origin:
        _show_origins(bays, name, models, form, columns or [])
        return
    print_one(bay_row(bays.describe(name, ask_health=True)), form, columns or [])


def _show_origins(bays: "Bays", name: str, models: "Path | None", form: Format, columns: list[str]) -> None:
    from bay.cli.session import model_folders
    from bay.components.spec.models import model_files
    from bay.components.spec.provenance import origins
    from bay.stacks.files.stack_file import intended_spec

    state, folders = bays.snapshot(name), model_folders(bays, models)
    spec = intended_spec(state, bays.context.checkout) or state.require_spec()
    if spec.model not in model_files(folders):
        say(f"there is no model {spec.model!r} here: its values count as the bay's; --models names its folder")
    own = f"stacks/Pulumi.{name}.yaml" if state.managed_by == "file" else "bay"
    rows = [{"field": one.field, "value": one.value, "origin": one.origin} for one in origins(spec, folders, own)]
    print_list(rows, ORIGIN_COLUMNS, form, columns)
