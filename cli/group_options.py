"""Options of `bay group create` and `set`, and how they become fields of a group."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from bay.cli import completion
from bay.components.errors import InvalidInput

Count = Annotated[int | None, typer.Option("--count", metavar="N", help="Number of servers in the group.")]
Min = Annotated[int | None, typer.Option("--min", metavar="N", help="Fewest servers that a scaling may leave.")]
Max = Annotated[int | None, typer.Option("--max", metavar="N", help="Most servers that a scaling may ask for.")]
Flavor = Annotated[str | None, typer.Option("--flavor", metavar="FLAVOR", help="Nova flavor, by name or id.")]
Image = Annotated[
    str | None, typer.Option("--image", metavar="IMAGE", help="Glance image of this group, by name or id.")
]
Zone = Annotated[
    list[str] | None,
    typer.Option("--zone", metavar="ZONE", help="Availability zone; several are used in turn; repeatable."),
]
Label = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="KEY=VALUE", help="Label that the engine gives the nodes; repeatable."),
]
RemoveLabel = Annotated[
    list[str] | None,
    typer.Option(
        "--remove-label",
        metavar="KEY",
        help="Label that goes; repeatable.",
        autocompletion=completion.group_labels,
    ),
]
Taint = Annotated[
    list[str] | None,
    typer.Option(
        "--taint", metavar="KEY[=VALUE]:EFFECT", help="Taint of the nodes, where the engine knows such; repeatable."
    ),
]
RemoveTaint = Annotated[
    list[str] | None,
    typer.Option(
        "--remove-taint",
        metavar="KEY[:EFFECT]",
        help="Taint that goes; repeatable.",
        autocompletion=completion.group_taints,
    ),
]
BootVolume = Annotated[
    str | None,
    typer.Option("--boot-volume", metavar="GIB[:TYPE]", help="Volume that servers boot from, and its Cinder type."),
]
EngineVolume = Annotated[
    str | None,
    typer.Option("--engine-volume", metavar="GIB[:TYPE]", help="Volume of each server for containers and images."),
]
UNSETTABLE = ("max", "image", "zones", "labels", "taints", "boot_volume", "engine_volume")
"""Fields that may be empty."""
Unset = Annotated[
    list[str] | None,
    typer.Option(
        "--unset",
        metavar="FIELD",
        help=f"Empty a field again: {', '.join(UNSETTABLE)}; repeatable.",
        autocompletion=lambda: list(UNSETTABLE),
    ),
]


def fields_of(
    *,
    labels: list[str] | None = None,
    remove_labels: list[str] | None = None,
    boot_volume: str | None = None,
    engine_volume: str | None = None,
    unset: list[str] | None = None,
    **plain: Any,
) -> dict[str, Any]:
    """Fields of a group, as the spec has them; None where one is to be empty. InvalidInput for a wrong form."""
    fields = {name: value for name, value in plain.items() if value is not None}
    volumes = {"boot_volume": boot_volume, "engine_volume": engine_volume}
    fields |= {name: _volume(name, text) for name, text in volumes.items() if text is not None}
    if changed := _labels(labels or (), remove_labels or ()):
        fields["labels"] = changed
    for name in unset or ():
        field = _unsettable(name)
        if field in fields:
            raise InvalidInput(f"--unset {name}: a value of {name} is given, too", "say one of the two")
        fields[field] = None
    return fields


def _labels(given: Iterable[str], removed: Iterable[str]) -> dict[str, str | None]:
    labels: dict[str, str | None] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise InvalidInput(f"--label {text}: is not KEY=VALUE", "for example --label example.org/disk=ssd")
        labels[key] = value
    for key in removed:
        if key in labels:
            raise InvalidInput(f"--remove-label {key}: a value of {key} is given, too", "say one of the two")
        labels[key] = None
    return labels


def _volume(field: str, text: str) -> dict[str, Any]:
    """``50`` or ``50:ssd``, or what the spec's own check refuses."""
    size, _, kind = text.partition(":")
    if not size.isascii() or not size.isdecimal():
        option = field.replace("_", "-")
        raise InvalidInput(f"--{option} {text}: is no size in GiB", f"for example --{option} 50, or 50:TYPE")
    return {"size": int(size), "type": kind or None}


def _unsettable(name: str) -> str:
    field = name.replace("-", "_")
    if field not in UNSETTABLE:
        raise InvalidInput(f"--unset {name}: is no field that may be empty", ", ".join(UNSETTABLE))
    return field
