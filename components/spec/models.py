"""Files of models and add-ons: where they are, what they extend, who may use them. Merging is `layers`' part."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from bay.components.errors import BayError, InvalidInput, nearest
from bay.components.spec import BaySpec
from bay.components.spec.errors import first_error
from bay.components.spec.types import Spec
from bay.components.yaml_file import read_yaml

BUILT_IN = Path(__file__).parents[1] / "models"
BUILT_IN_ADDONS = Path(__file__).parents[1] / "addons"
ADDONS = "addons"
"""Folder beside a site's models, with its add-ons."""

NOT_OF_ADDONS = ("model", "coe", "addons")
"""Fields that an add-on has no say in: they are settled before it is read."""

Values = dict[str, Any]
Said = TypeVar("Said", bound=Spec)


def _one_alone(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class About(Spec):
    """What a model's file says of the model itself, beside the fields of a spec."""

    extends: Annotated[tuple[str, ...], BeforeValidator(_one_alone)] = Field(
        (), description="Model, or list of models, that this one builds on; a later one wins, the file itself over all."
    )
    about: str | None = Field(None, description="What `bay model list` says of it; empty: the file's first comment.")
    hidden: bool = Field(False, description="Not listed without --all, but usable by its name.")
    public: bool = Field(True, description="Whether every project may create bays from it; if not, `projects` may.")
    projects: tuple[str, ...] = Field((), description="Projects, by name or id, that may create bays from it.")

    @model_validator(mode="after")
    def _for_somebody(self) -> Self:
        if self.public and self.projects:
            raise ValueError("projects: is only read with 'public: false'")
        if not self.public and not self.projects:
            raise ValueError("public: is false, and no projects are listed: no project could use the model")
        return self


class AboutAddon(Spec):
    """What an add-on's file says of itself."""

    about: str | None = Field(None, description="What `bay model list --addons` says of it; empty: the first comment.")


@dataclass(frozen=True)
class Layer:
    """What one file says of a spec. title: for people, for example ``model physics``."""

    title: str
    path: Path
    values: Values


@dataclass(frozen=True)
class Model:
    """A model with the files it is made of, lowest first: what it extends, then its own.

    restrictions: the projects that each file of them which is not public lists; all of them hold.
    """

    name: str
    about: str
    hidden: bool
    layers: tuple[Layer, ...]
    restrictions: tuple[tuple[str, ...], ...]

    @property
    def path(self) -> Path:
        """The model's own file."""
        return self.layers[-1].path

    def refuse_other_projects(self, project_id: str, project_name: str) -> None:
        """BayError unless a login of this project may make bays of the model."""
        for projects in self.restrictions:
            if not {project_id, project_name} & set(projects):
                raise BayError(
                    f"model {self.name} is for {', '.join(projects)}, and the login is for {project_name}",
                    "use a login of such a project (--os-cloud), or another model: 'bay model list'",
                )


@dataclass(frozen=True)
class Addon:
    """An add-on: a part of a spec that a bay asks for by name."""

    name: str
    about: str
    layer: Layer


def model_files(folders: Iterable[Path] = ()) -> dict[str, list[Path]]:
    """Model name -> its files: the one of the last folder wins, and may extend the one below it."""
    return _by_name([BUILT_IN, *folders])


def addon_files(folders: Iterable[Path] = ()) -> dict[str, list[Path]]:
    """Add-on name -> its files: built in, then of the folders ``addons/`` beside the models; the last one wins."""
    return _by_name([BUILT_IN_ADDONS, *(folder / ADDONS for folder in folders)])


def _by_name(folders: Iterable[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            found.setdefault(path.stem, []).append(path)
    return found


def read_model(name: str, folders: Iterable[Path] = ()) -> Model:
    """A model and all that it extends; BayError names the file that is wrong."""
    known = model_files(folders)
    if name not in known:
        raise BayError(f"there is no model {name!r}", f"{nearest(name, list(known))}; see 'bay model list'")
    chain = _chain(known, (name, len(known[name]) - 1), ())
    layers = tuple(Layer(f"model {path.stem}", path, values) for path, (_, values) in chain.items())
    about = [said for said, _ in chain.values()]
    closed = tuple(said.projects for said in about if not said.public)
    return Model(name, about[-1].about or _first_comment(layers[-1].path), about[-1].hidden, layers, closed)


def read_addon(name: str, folders: Iterable[Path] = ()) -> Addon:
    """An add-on; BayError where there is none of the name, or its file is wrong.

    It always has a snippet of its name, by which a spec shows that it has the add-on in it.
    """
    known = addon_files(folders)
    if name not in known:
        raise BayError(
            f"addons: there is no add-on {name!r}", f"{nearest(name, list(known))}; see 'bay model list --addons'"
        )
    path = known[name][-1]
    about, values = _split(path, AboutAddon, [f for f in BaySpec.model_fields if f not in NOT_OF_ADDONS])
    snippets = values.get("snippets")
    if snippets is None or isinstance(snippets, dict):
        values["snippets"] = {name: {}, **(snippets or {})}
    return Addon(name, about.about or _first_comment(path), Layer(f"add-on {name}", path, values))


Known = Mapping[str, list[Path]]
Place = tuple[str, int]
"""A model's name, and which of its files."""


def _chain(known: Known, place: Place, trail: tuple[Place, ...]) -> dict[Path, tuple[About, Values]]:
    """The files of a model, lowest first, each once: where two parents have one in common, both stand above it."""
    name, position = place
    path = known[name][position]
    about, values = _split(path, About, list(BaySpec.model_fields))
    chain: dict[Path, tuple[About, Values]] = {}
    for parent in about.extends:
        below = (parent, position - 1 if parent == name else len(known.get(parent, ())) - 1)
        if below[1] < 0:
            others = [model for model in known if model != name]
            raise InvalidInput(f"{path}: extends: there is no model {parent!r} below it", nearest(parent, others))
        if below in trail:
            round_trip = " -> ".join([*(step for step, _ in (*trail, place)), parent])
            raise InvalidInput(f"{path}: extends: is circular: {round_trip}", "remove one of them")
        for file, said in _chain(known, below, (*trail, place)).items():
            chain.setdefault(file, said)
    return {**chain, path: (about, values)}


def _split(path: Path, kind: type[Said], fields: list[str]) -> tuple[Said, Values]:
    """What a file says of itself, and what of a spec."""
    values = read_yaml(path)
    for key in values:
        if key not in fields and key not in kind.model_fields:
            raise InvalidInput(f"{path}: {key}: no such field", nearest(str(key), [*fields, *kind.model_fields]))
    try:
        said = kind.model_validate({key: value for key, value in values.items() if key in kind.model_fields})
    except ValidationError as error:
        message, _ = first_error(error, kind)
        raise InvalidInput(f"{path}: {message}", "docs/spec.md says what a model's file may hold") from None
    return said, {key: value for key, value in values.items() if key in fields}


def _first_comment(path: Path) -> str:
    """The text of a file's first line, if it is a comment."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.lstrip("# ") if first.startswith("#") else ""
