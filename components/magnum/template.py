"""Magnum's words and ours: the table, and a cluster template turned into a model by it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bay.components.engines import ENGINES
from bay.components.errors import BayError, InvalidInput
from bay.components.spec import parse
from bay.components.spec.docs import option_fields, spec_fields
from bay.components.spec.merge import merge
from bay.components.spec.paths import nested
from bay.components.yaml_file import dump, load

TABLE = Path(__file__).with_name("table.yaml")
KINDS = ("template", "label", "cluster", "operation")
NOTHING = (None, "", "-", "None")
"""How clients show an attribute that is not set."""

Values = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One row of the table, see magnum.yaml. kind: one of `KINDS`. fields: of the spec. coe: empty for every engine."""

    kind: str
    name: str
    coe: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    file: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    unset: str = ""
    strip: str = ""
    by_hand: str = ""
    instead: str = ""
    quiet: bool = False

    def is_for(self, coe: str) -> bool:
        """Whether the row is one of this engine's."""
        return not self.coe or coe in self.coe


@dataclass(frozen=True)
class Converted:
    """A model made of a template. about: first line. file: what the file says of the model. remarks: what is left."""

    about: str
    file: Values
    values: Values
    remarks: tuple[str, ...] = ()

    def text(self) -> str:
        """The model's file."""
        body = dump({**self.file, **self.values})
        lines = ["", "Not taken over:", *(f"- {remark}" for remark in self.remarks)] if self.remarks else []
        return f"# {self.about}\n{body}" + "".join(f"# {line}".rstrip() + "\n" for line in lines)

    def said(self, path: str, value: Any) -> "Converted":
        """With one more value; BayError where it does not fit a spec."""
        values = merge(self.values, nested(path.split("."), value))
        parse({"model": "of-magnum", **values})
        return replace(self, values=values)

    def remarked(self, remark: str) -> "Converted":
        """With one more remark."""
        return replace(self, remarks=(*self.remarks, " ".join(remark.split())))


@cache
def rows() -> tuple[Row, ...]:
    """The whole table."""
    return tuple(_row(dict(raw)) for raw in yaml.safe_load(TABLE.read_text(encoding="utf-8")))


def _row(raw: Values) -> Row:
    kind = next(kind for kind in KINDS if kind in raw)
    fields = raw.pop("field", ())
    return Row(
        kind,
        raw.pop(kind),
        coe=tuple(raw.pop("coe", ())),
        fields=(fields,) if isinstance(fields, str) else tuple(fields),
        **raw,
    )


def convert(document: object) -> Converted:
    """The model that a cluster template makes, JSON of the client or of the API; BayError for anything else."""
    template = _template(document)
    coe = _coe(str(template["coe"]))
    name = " ".join(str(template.get("name") or template.get("uuid") or "of Magnum").split())
    made = Converted(
        f"Cluster template {name} of Magnum, as a model.", {}, {"coe": coe, "image": str(template["image_id"])}
    )
    labels = _labels(template.get("labels"))
    for kind, said in (("template", template), ("label", labels)):
        known = [row for row in rows() if row.kind == kind and row.is_for(coe)]
        for row in known:
            if said.get(row.name) not in NOTHING:
                made = _taken_over(made, row, said[row.name], template)
        for other in sorted(set(said) - {row.name for row in known}):
            made = made.remarked(f"{kind} {other}: is not one of Magnum's for this engine")
    return made


def _template(document: object) -> Values:
    if isinstance(document, Mapping) and isinstance(document.get("clustertemplates"), list):
        found = document["clustertemplates"]
        if len(found) != 1:
            raise InvalidInput(
                f"the file holds {len(found)} cluster templates", "give one: openstack coe cluster template show"
            )
        document = found[0]
    if not isinstance(document, Mapping) or any(document.get(key) in NOTHING for key in ("coe", "image_id")):
        hint = "make it with: openstack coe cluster template show -f json TEMPLATE"
        raise InvalidInput("the file holds no cluster template: coe and image_id are missing", hint)
    return dict(document)


def _coe(said: str) -> str:
    words = next(row.values for row in rows() if row.kind == "template" and row.name == "coe")
    coe = words.get(said, said)
    if coe not in ENGINES:
        raise InvalidInput(f"coe: there is no engine {said!r} here", f"there is: {', '.join(ENGINES)}")
    return coe


def _labels(said: object) -> Values:
    """Labels as a mapping, as its text (JSON or Python's), or as ``a=b,c=d``."""
    found = said
    if isinstance(said, str):
        try:
            found = load(said)
        except yaml.YAMLError:
            found = said
    if isinstance(found, Mapping):
        return {str(key): value for key, value in found.items()}
    pairs = [pair.partition("=") for pair in str(said or "").replace(";", ",").split(",")]
    labels: Values = {}
    for name, equals, value in pairs:
        if equals:
            last = name.strip()
            labels[last] = value
        elif labels and name.strip():  # a comma inside a value
            labels[last] += f",{name}"
    return labels


def _taken_over(made: Converted, row: Row, value: Any, template: Values) -> Converted:
    word = str(value).lower() if isinstance(value, bool) or str(value) in ("True", "False") else str(value)
    if row.quiet or (row.unset and word == row.unset):
        return made
    if row.file:
        return _of_the_file(made, row.file, word == "true", template)
    shown = "" if "secret" in row.name or "passw" in row.name else f"={word}"
    if row.by_hand:
        return made.remarked(f"{row.kind} {row.name}{shown}: {', '.join(row.fields)}, by hand: {row.by_hand}")
    if not row.fields:
        return (
            made
            if word == "false"
            else made.remarked(f"{row.kind} {row.name}{shown}: {row.instead.removeprefix('none: ')}")
        )
    said = row.values.get(word, word.removeprefix(row.strip))
    try:
        for path in row.fields:
            made = made.said(path, _typed(said, _types(made.values["coe"]).get(path, "text")))
    except BayError as error:
        return made.remarked(f"{row.kind} {row.name}{shown}: {error.message}")
    return made


def _of_the_file(made: Converted, name: str, on: bool, template: Values) -> Converted:
    """Who may see and use the model; Magnum's default is its own project alone."""
    if name == "hidden":
        return replace(made, file={**made.file, "hidden": True}) if on else made
    project = template.get("project_id")
    if on or project in NOTHING:
        return made if on else made.remarked("template public=false: list `projects`, with 'public: false'")
    return replace(made, file={**made.file, "public": False, "projects": [str(project)]})


@cache
def _types(coe: str) -> dict[str, str]:
    """Path -> type in words, of an engine's spec."""
    return {one.path: one.kind for one in (*spec_fields(), *option_fields(coe))}


def _typed(said: str, kind: str) -> Any:
    """Text as the type that a field has, as far as it is one: `parse` says what is wrong with the rest."""
    if kind.startswith("number") and said.isdigit():
        return int(said)
    if kind.startswith("true or false") and said in ("true", "false"):
        return said == "true"
    if kind.startswith("list"):
        return [word.strip() for word in said.split(",") if word.strip()]
    if kind.startswith("mapping"):
        try:
            return load(said)
        except yaml.YAMLError:
            return said
    return said
