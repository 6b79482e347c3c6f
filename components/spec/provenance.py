"""Where the values of a spec come from: a comparison of what is recorded with models, add-ons and defaults."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bay.components.spec import BaySpec
from bay.components.spec.merge import compose, depth, file_layers
from bay.components.spec.models import model_files
from bay.components.spec.paths import joined, leaves

DEFAULT = "default"


@dataclass(frozen=True)
class Origin:
    """One value: its path, and ``default``, ``model NAME``, ``add-on NAME`` or what stands for the bay itself."""

    field: str
    value: Any
    origin: str


def origins(spec: BaySpec, folders: Sequence[Path], own: str = "bay") -> list[Origin]:
    """Every value of a spec with its origin; `own` stands for what was said for this bay.

    A state holds only the merged spec, so this is a comparison: who says a value that the model says too is not told
    apart, and a value that the model got later counts as the bay's own, as do all of a model that is not here.
    """
    recorded = spec.model_dump(mode="json")
    known = spec.model in model_files(folders)
    asked = {key: recorded[key] for key in ("model", "addons", "snippets")} if known else recorded
    files = file_layers(asked, folders)
    said = {
        key: recorded[key]
        for key in ("model", "coe", "image")
        if key == "model" or not any(key in file.values for file in files)
    }
    below = dict(leaves(compose(files, said).model_dump(mode="json")))
    found = []
    for path, value in leaves(recorded):
        sayer = next((file.title for file in reversed(files) if depth(file.values, path) == len(path)), DEFAULT)
        same = path in below and _text(below[path]) == _text(value) and path[0] not in said
        found.append(Origin(joined(path), value, sayer if same else own))
    return found


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
