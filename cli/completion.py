"""What the shell offers after Tab: quick, since a person waits, and silent where anything is amiss.

Nothing here imports Pulumi or openstacksdk where a file says the same: their import alone takes most of a second.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer
import yaml
from platformdirs import user_config_path

if TYPE_CHECKING:
    from bay.stacks.settings import Settings

CLOUDS = ("clouds.yaml", "clouds.yml", "clouds.json")
"""Files that openstacksdk looks for in each of its folders; the first that is there counts."""

T = TypeVar("T")
Values = Callable[..., list[T]]


def _silent(values: Values[T]) -> Values[T]:
    @wraps(values)
    def offered(**arguments: Any) -> list[T]:
        try:
            return values(**arguments)
        except Exception:  # the command itself reports a broken state or file
            return []

    return offered


@_silent
def bays() -> list[str]:
    """From the state's folder, else as they were listed last, else from Pulumi."""
    from bay.stacks.state.stored_names import stored_names

    settings = _settings()
    found = stored_names(settings)
    if found is not None:
        return found
    if settings.names_file.exists():
        return settings.names_file.read_text(encoding="utf-8").split()
    from bay.cli.session import open_bays

    return open_bays().names()


@_silent
def projects() -> list[str]:
    """Projects beside bay's own, as far as they are in a folder."""
    from bay.stacks.settings import PROJECT

    folder = _settings().state_folder
    stacks = folder / ".pulumi" / "stacks" if folder else None
    there = stacks.iterdir() if stacks and stacks.is_dir() else ()
    return sorted(found.name for found in there if found.is_dir() and found.name != PROJECT)


@_silent
def nodes(ctx: typer.Context) -> list[str]:
    """Servers of the bay that the command line names."""
    return [str(inputs["name"]) for kind, inputs in _resources(ctx) if kind.endswith(":Instance")]


@_silent
def groups(ctx: typer.Context) -> list[str]:
    """Groups of that bay."""
    specs = [inputs["spec"] for kind, inputs in _resources(ctx) if kind == "bay:index:Bay"]
    return ["node", *(name for spec in specs for name in spec.get("node_groups") or {}), "master"]


@_silent
def group_labels(ctx: typer.Context) -> list[str]:
    """Keys of the labels of the group that the command line names."""
    return [key for group in _group(ctx) for key in group.get("labels") or {}]


@_silent
def group_taints(ctx: typer.Context) -> list[str]:
    """``KEY:EFFECT`` of its taints."""
    taints = [text for group in _group(ctx) for text in group.get("taints") or []]
    return [f"{text.partition(':')[0].partition('=')[0]}:{text.rpartition(':')[2]}" for text in taints]


@_silent
def passphrase_places() -> list[str]:
    """Where a passphrase may be kept."""
    from bay.stacks.settings import PLACES

    return list(PLACES)


@_silent
def restore_losses() -> list[str]:
    """What a restore has to be allowed to lose."""
    from bay.stacks.operations.restore_plan import LOST

    return [LOST]


@_silent
def clouds() -> list[str]:
    """Of the clouds.yaml that openstacksdk would read, and the local one."""
    return sorted({"sandbox", *_named_clouds()})


@_silent
def engines() -> list[str]:
    """Names that a spec's `coe` may have."""
    from bay.components.engines import ENGINES

    return list(ENGINES)


@_silent
def columns(ctx: typer.Context) -> list[str]:
    """Those that the command prints."""
    from bay.cli.console.columns import OF_COMMAND

    return list(OF_COMMAND.get(ctx.command_path.removeprefix("bay "), ()))


@_silent
def assignments(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """``FIELD=`` with what it means, and behind ``=`` the values that a field takes, where they are few."""
    from bay.components.engines import ENGINES
    from bay.components.spec.docs import option_fields, spec_fields

    found = [*spec_fields(), *(field for name in ENGINES for field in option_fields(name))]
    name, assigned, _ = incomplete.partition("=")
    if not assigned:
        return [(f"{field.path}=", field.description) for field in found]
    kinds = [field.kind for field in found if field.path == name]
    return [(f"{name}={value}", "") for kind in kinds[:1] for value in _values(kind)]


def _values(kind: str) -> list[str]:
    """From the text of a type: ``true or false``, or some words in backquotes."""
    if kind.startswith("true or false"):
        return ["true", "false"]
    return kind.split("`")[1::2]


def _settings() -> "Settings":
    from bay.cli.environment import settings

    return settings()


def _resources(ctx: typer.Context) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(type, inputs) of each resource of the bay that is named."""
    from bay.stacks.settings import PROJECT
    from bay.stacks.state.file_backend import read_deployment

    # An option whose value is being typed lacks it, so typer leaves the names as words.
    bay = str(ctx.params.get("name") or next((word for word in ctx.args if not word.startswith("-")), ""))
    folder = _settings().state_folder
    if not bay:
        return
    deployment: Mapping[str, Any] | None = read_deployment(folder, PROJECT, bay) if folder else None
    if deployment is None:
        from bay.cli.session import open_bays

        deployment = {"resources": open_bays().snapshot(bay).resources}
    for resource in deployment.get("resources") or []:
        yield resource["type"], resource.get("inputs") or {}


def _group(ctx: typer.Context) -> Iterator[Mapping[str, Any]]:
    """The group of that bay that is named too, as its spec has it."""
    words = [word for word in ctx.args if not word.startswith("-")]
    name = str(ctx.params.get("group") or (words[1] if len(words) > 1 else ""))
    for kind, inputs in _resources(ctx):
        if kind == "bay:index:Bay":
            spec = inputs["spec"]
            named = {"master": spec.get("masters"), "node": spec.get("nodes"), **(spec.get("node_groups") or {})}
            found = named.get(name)
            if isinstance(found, Mapping):  # a number alone is its count
                yield found


def _named_clouds() -> list[str]:
    for file in _cloud_files():
        if file.is_file():
            return _clouds_of(file)
    return []


def _cloud_files() -> Iterator[Path]:
    from bay.cli.environment import clouds_file

    if named := clouds_file():
        yield named
    folders = (Path.cwd(), user_config_path("openstack"), Path("/etc/openstack"))
    yield from (folder / name for folder in folders for name in CLOUDS)


def _clouds_of(file: Path) -> list[str]:
    text = file.read_text(encoding="utf-8")
    document = json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
    return [str(name) for name in document.get("clouds") or {}]
