"""The reference of every field, from the types themselves: for docs/spec.md and `bay model fields`."""

import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bay.components.engines import ENGINES
from bay.components.spec import BaySpec
from bay.components.spec.models import About, AboutAddon

CHECKED = {"_cidr": "CIDR", "_ipv4_cidr": "CIDR of IPv4", "_address": "IP address"}
"""Validator of `spec_types` -> what it takes."""

PLAIN = {str: "text", int: "number", bool: "true or false", float: "number", object: "anything"}

INTRODUCTION = """# The spec of a bay

Every field, its type and its default. A spec is the YAML of `--file`, of a model and of `bay:` keys in a stack's file;
`--set FIELD=VALUE` sets one field, where a key with a dot in it is quoted: `--set 'nodes.labels["example.org/gpu"]=a'`.
`nodes: 5` is short for `nodes: {count: 5}`, and `engine_volume: 50` for `engine_volume: {size: 50}`. `null`
removes what a model set: the field gets its default again, an entry of a mapping is removed. Of model, add-ons, file
and options the later one wins, field by field; a list is replaced as a whole.

This page is generated from the code (`make golden`); `bay model fields` prints the same.
"""


@dataclass(frozen=True)
class Field:
    """One field. coe: the engine whose option it is, empty for a field of every bay. default: text, for people."""

    path: str
    coe: str
    kind: str
    default: str
    description: str

    def row(self) -> dict[str, str]:
        """Its columns."""
        return {
            "field": self.path,
            "coe": self.coe,
            "type": self.kind,
            "default": self.default,
            "description": self.description,
        }


def spec_fields() -> list[Field]:
    """Every field of a spec, without the options of engines."""
    return list(_fields(BaySpec))


def option_fields(coe: str) -> list[Field]:
    """The options of an engine."""
    return list(_fields(ENGINES[coe].options, "options.", coe))


def page() -> str:
    """The text of docs/spec.md."""
    sections: dict[str, list[Field]] = {}
    for field in spec_fields():
        head, dot, _ = field.path.partition(".")
        sections.setdefault(head if dot else "", []).append(field)
    parts = [INTRODUCTION, _section("Fields of every bay", sections.pop(""))]
    parts += [
        _section(f"`{name}`", fields, BaySpec.model_fields[name].description) for name, fields in sections.items()
    ]
    for coe in ENGINES:
        parts.append(_section(f"`options` of {ENGINES[coe].title} (`coe: {coe}`)", option_fields(coe)))
    parts.append(_section("A model's file, beside fields of the spec", list(_fields(About)), MODELS))
    parts.append(_section("An add-on's file, beside fields of the spec", list(_fields(AboutAddon)), ADDONS))
    return "\n".join(parts)


MODELS = (
    "A model is a file `NAME.yaml` in `~/.config/bay/models`, or in the folder of `--models`. It may omit what its\n"
    "user must set. `projects` is a courtesy to users, not a protection: whoever can read the file can copy it."
)
ADDONS = (
    "An add-on is a file `addons/NAME.yaml` beside the models (docs/addons.md); it may not set model, coe or addons."
)


def _section(title: str, fields: list[Field], text: str | None = None) -> str:
    if not fields:
        return f"## {title}\n\nNone.\n"
    lines = ["| field | type | default | meaning |", "| --- | --- | --- | --- |"]
    lines += [f"| `{f.path}` | {f.kind} | {_code(f.default)} | {_cell(f.description)} |" for f in fields]
    return f"## {title}\n\n" + (f"{text}\n\n" if text else "") + "\n".join(lines) + "\n"


def _code(default: str) -> str:
    return default if default in ("required", "empty") else f"`{default}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _fields(model: type[BaseModel], above: str = "", coe: str = "") -> Iterator[Field]:
    for name, field in model.model_fields.items():
        inner, place = _nested(field.annotation)
        optional = type(None) in get_args(field.annotation)
        if inner is None or optional:
            kind = "mapping" if inner else _kind(_annotation(field))
            yield Field(f"{above}{name}", coe, kind + (", or empty" if optional else ""), _default(field), _text(field))
        if inner is not None:
            yield from _fields(inner, f"{above}{name}.{place}", coe)


def _text(field: FieldInfo) -> str:
    return field.description or ""


def _nested(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """The model inside an annotation, and how an entry of it is called: ``NAME.`` in a mapping."""
    plain = _plain(annotation)
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        return plain, ""
    if get_origin(plain) is dict:
        inner, _ = _nested(get_args(plain)[1])
        return inner, "NAME."
    return None, ""


def _plain(annotation: Any) -> Any:
    """Without what is checked beside the type, and without None."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _plain(next(a for a in get_args(annotation) if a is not type(None)))
    return annotation


def _annotation(field: FieldInfo) -> Any:
    """With what is checked beside the type, which pydantic takes off."""
    annotation = field.annotation
    return Annotated[annotation, *field.metadata] if field.metadata else annotation


def _kind(annotation: Any) -> str:
    """The type of a value, in words."""
    if get_origin(annotation) is Annotated:
        return _checked(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return " or ".join(_kind(a) for a in get_args(annotation) if a is not type(None))
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if get_origin(annotation) in (tuple, list):
        return f"list of {_kind(arguments[0])}"
    if get_origin(annotation) in (dict, Mapping):
        return f"mapping of {_kind(arguments[0])} to {_kind(arguments[1])}"
    return PLAIN.get(annotation, "anything")


def _checked(annotation: Any) -> str:
    kind, *checks = get_args(annotation)
    for check in checks:
        if isinstance(check, AfterValidator) and check.func.__name__ in CHECKED:
            return CHECKED[check.func.__name__]
    every = [one for check in checks for one in (check.metadata if isinstance(check, FieldInfo) else [check])]
    low = next((str(one.ge) for one in every if isinstance(one, Ge)), None)
    high = next((str(one.le) for one in every if isinstance(one, Le)), None)
    limits = " to ".join(filter(None, (low, high)))
    return _kind(kind) + (f", {limits}" if limits and high else f", {low} or more" if low else "")


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "required"
    if value is None or value == "":
        return "empty"
    return value if isinstance(value, str) else json.dumps(value)
