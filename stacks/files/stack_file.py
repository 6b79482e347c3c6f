"""A bay that a file of a checkout owns: `bay export` makes the file, a change is written into it."""

import os
import re
from pathlib import Path
from typing import Any

from bay.components.errors import BayError
from bay.components.ownership import Owner
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.components.spec.paths import differences, joined
from bay.components.spec.stored import is_current, restored
from bay.components.yaml_file import dump, mapping, read_yaml
from bay.stacks.program.config import ALLOW, PREFIX, PROJECT, PROVIDER_CONFIG, SUFFIX, config_of, read_stack_file
from bay.stacks.stack import BayStack
from bay.stacks.state.snapshot import StateSnapshot

_SALT = re.compile(r"^encryptionsalt:.*$", re.MULTILINE)


def find_checkout(start: Path) -> Path | None:
    """The checkout around a folder: the nearest one with a Pulumi.yaml of project `bay`."""
    here = start.resolve()
    for folder in (here, *here.parents):
        settings = folder / "Pulumi.yaml"
        if settings.is_file() and _project(settings) == PROJECT:
            return folder
    return None


def _project(settings: Path) -> str:
    try:
        return str(read_yaml(settings).get("name"))
    except BayError:
        return ""  # pulumi itself says what is wrong with it


def stack_file(checkout: Path, name: str) -> Path:
    """The settings file of a bay: what a reviewer sees."""
    return checkout / "stacks" / f"{PREFIX}{name}{SUFFIX}"


def intended_spec(state: StateSnapshot, checkout: Path | None) -> BaySpec | None:
    """The spec that a bay is meant to have: its file's in the checkout that manages it, else the state's."""
    file = _managing_file(state, checkout)
    if file is None:
        return state.spec
    return build_spec([restored(_values(file, state.name))])


def _values(file: Path, name: str) -> dict[str, Any]:
    """Fields of the spec as a bay's file has them."""
    settings = mapping(read_stack_file(file.parents[1], name), f"stacks/{file.name}")
    prefix = f"{PROJECT}:"
    values = {
        key.removeprefix(prefix): value
        for key, value in (settings.get("config") or {}).items()
        if key.startswith(prefix)
    }
    values.pop(ALLOW, None)
    return values


def _managing_file(state: StateSnapshot, checkout: Path | None) -> Path | None:
    if state.managed_by != "file" or checkout is None:
        return None
    file = stack_file(checkout, state.name)
    return file if os.path.lexists(file) else None  # a link that leads nowhere is no bay without a file


def require_managed_by_file(state: StateSnapshot) -> None:
    """BayError for a bay that exists and is managed by who runs commands."""
    if state.spec and state.managed_by != "file":
        raise BayError(f"bay {state.name} is managed by the bay command, not by its file", f"bay export {state.name}")


def write_spec(bay: BayStack, spec: BaySpec) -> None:
    """Write a change into the bay's file, keeping its comments; refused where the caller is not in its checkout."""
    checkout = bay.context.checkout
    file = _managing_file(bay.state, checkout)
    if checkout is None or file is None:
        raise BayError(
            f"bay {bay.name} is managed by a file, stacks/Pulumi.{bay.name}.yaml of its checkout",
            "change it there",
        )
    before = _written(bay, file)
    for path, _, value in differences(before, config_of(spec)):
        for command in commands(bay.name, path, value):
            bay.pulumi.run(command, str(checkout), {})


def _written(bay: BayStack, file: Path) -> dict[str, Any]:
    """What a bay's file says, over its model; of an earlier schema as it stands, so that all of it is written."""
    values = _values(file, bay.name)
    if is_current(values):
        return config_of(build_spec([restored(values)]))
    return {f"{PROJECT}:{field}": value for field, value in values.items()}


def commands(name: str, path: str, value: Any) -> list[list[str]]:
    """The `pulumi` commands that write one value into a stack's file; lists and mappings are set item by item."""
    replaced = value is None or isinstance(value, list | dict)
    gone = [["config", "rm", "--path", path, "--stack", name]] if replaced else []
    return [*gone, *_writes(name, path, value)]


def _writes(name: str, path: str, value: Any) -> list[list[str]]:
    if isinstance(value, dict):
        return [command for key, item in value.items() for command in _writes(name, f"{path}{_below(key)}", item)]
    if isinstance(value, list):
        return [command for i, item in enumerate(value) for command in _writes(name, f"{path}[{i}]", item)]
    if value is None:
        return []
    inside = "." in path or "[" in path
    typed = ["--type", "string"] if inside and isinstance(value, str) else []  # else the text 8 becomes a number
    return [["config", "set", "--path", path, "--stack", name, *typed, "--", str(value)]]


def _below(key: str) -> str:
    part = joined([key])
    return part if part.startswith("[") else f".{part}"


def require_checkout(bay: BayStack) -> None:
    """BayError for a bay that a file manages which is not in the caller's checkout."""
    if bay.state.managed_by == "file" and _managing_file(bay.state, bay.context.checkout) is None:
        raise BayError(
            f"bay {bay.name} is managed by a file, stacks/Pulumi.{bay.name}.yaml of its checkout",
            "run it there: that file has to follow",
        )


def write_salt(bay: BayStack) -> Path | None:
    """Have a bay's file name the salt of the state, as plain `pulumi` wants it; the file, where it did not."""
    checkout = bay.context.checkout
    file = _managing_file(bay.state, checkout)
    if checkout is None or file is None:
        return None
    text = read_stack_file(checkout, bay.name)
    changed = _SALT.sub(f"encryptionsalt: {bay.state.salt}", text)
    if changed == text:
        return None
    file.write_text(changed, encoding="utf-8")
    return file


def export(bay: BayStack, checkout: Path) -> Path:
    """Make the file of a bay and record in the state that the file owns it from now on."""
    spec = bay.state.require_spec()
    path = stack_file(checkout, bay.name)
    if os.path.lexists(path):
        raise BayError(f"{path} exists already", "remove it first, or change the bay in it")
    document = {"encryptionsalt": bay.state.salt, "config": {**config_of(spec), **PROVIDER_CONFIG}}
    path.write_text(dump(document), encoding="utf-8")
    record_owner(bay, "file")
    return path


def record_owner(bay: BayStack, owner: Owner) -> None:
    """Write who manages the bay into its state, so that the next plan shows no change for it."""
    with bay.edit() as content:
        for resource in content.get("resources", []):
            for properties in (resource.get("inputs") or {}, resource.get("outputs") or {}):
                if "managed_by" in properties:
                    properties["managed_by"] = owner
