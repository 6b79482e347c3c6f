"""A bay that a file of a checkout owns: `bay export` makes the file, a change is written into it."""

from pathlib import Path
from typing import Any

from bay.components.errors import BayError
from bay.components.spec import BaySpec
from bay.components.spec.merge import resolve
from bay.components.spec.paths import joined
from bay.components.yaml_file import dump, read_yaml
from bay.stacks.context import Session
from bay.stacks.program.config import ALLOW, PROJECT, config_of
from bay.stacks.stack import BayStack
from bay.stacks.state.snapshot import StateSnapshot

Values = dict[str, Any]


def find(start: Path | None = None) -> Path | None:
    """The checkout around a folder: the nearest one with a Pulumi.yaml of project `bay`."""
    here = (start or Path.cwd()).resolve()
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
    return checkout / "stacks" / f"Pulumi.{name}.yaml"


def intended(record: StateSnapshot) -> BaySpec | None:
    """The spec that a bay is meant to have: its file's in the checkout that manages it, else the state's."""
    place = find() if record.managed_by == "file" else None
    if place is None or not stack_file(place, record.name).exists():
        return record.spec
    settings = read_yaml(stack_file(place, record.name))
    prefix = f"{PROJECT}:"
    values = {key.removeprefix(prefix): value for key, value in (settings.get("config") or {}).items()}
    values.pop(ALLOW, None)
    return resolve([values])


def write(session: Session, record: StateSnapshot, spec: BaySpec) -> None:
    """Write a change into the bay's file, keeping its comments; refused where this is not its checkout."""
    checkout = find()
    if checkout is None or not stack_file(checkout, record.name).exists():
        raise BayError(
            f"bay {record.name} is managed by a file, stacks/Pulumi.{record.name}.yaml of its checkout",
            "change it there",
        )
    before = intended(record)
    assert before is not None
    engine = session.engine(record.name)
    for path, value in differences(config_of(before), config_of(spec)):
        for command in commands(record.name, path, value):
            engine.run(command, str(checkout), {})


def differences(old: Values, new: Values, above: tuple[str, ...] = ()) -> list[tuple[str, Any]]:
    """(path, new value) of every leaf that differs: ``("bay:nodes.count", 5)``; None for one that goes."""
    found: list[tuple[str, Any]] = [(joined((*above, key)), None) for key in old if key not in new]
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            found += differences(before, value, (*above, key))
        elif value != before:
            found.append((joined((*above, key)), value))
    return found


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


def export(stack: BayStack, record: StateSnapshot, checkout: Path) -> Path:
    """Make the file of a bay and record in the state that the file owns it from now on."""
    if record.spec is None:
        raise BayError(f"bay {record.name} was never begun", f"'bay create {record.name}' makes it")
    path = stack_file(checkout, record.name)
    if path.exists():
        raise BayError(f"{path} exists already", "remove it first, or change the bay in it")
    document = {"encryptionsalt": record.salt, "config": config_of(record.spec)}
    path.write_text(dump(document))
    record_owner(stack, "file")
    return path


def record_owner(stack: BayStack, owner: str) -> None:
    """Write who manages the bay into its state, so that the next plan shows no change for it."""
    deployment = stack.export()
    content: dict[str, Any] = dict(deployment.deployment or {})
    for resource in content.get("resources", []):
        for properties in (resource.get("inputs") or {}, resource.get("outputs") or {}):
            if "managed_by" in properties:
                properties["managed_by"] = owner
    deployment.deployment = content
    stack.import_(deployment)
