"""From model, spec file and options to one BaySpec: the only place where they are merged."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bay.components.errors import BayError, nearest
from bay.components.spec import BaySpec, parse
from bay.components.spec_nodes import count_alone, size_alone

BUILT_IN = Path(__file__).parent / "models"

Values = dict[str, Any]


def models(folders: Iterable[Path] = ()) -> dict[str, Path]:
    """Model name -> its file; a later folder wins over an earlier one and over the built-in models."""
    found: dict[str, Path] = {}
    for folder in (BUILT_IN, *folders):
        found.update({path.stem: path for path in sorted(folder.glob("*.yaml"))})
    return found


def model_values(name: str, folders: Iterable[Path] = ()) -> Values:
    """What a model says, as plain values with the model's own name among them."""
    known = models(folders)
    if name not in known:
        raise BayError(f"there is no model {name!r}", f"{nearest(name, list(known))}; see 'bay model list'")
    return {**read_yaml(known[name]), "model": name}


def read_yaml(path: Path) -> Values:
    """A YAML mapping; BayError for a file that cannot be read or holds something else."""
    try:
        values = yaml.safe_load(path.read_text())
    except OSError as error:
        raise BayError(f"{path}: {error.strerror}", "name a file that can be read", 2) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BayError(f"{path}: no YAML: {_problem(error)}", "correct the file", 2) from None
    if not isinstance(values, dict):
        raise BayError(f"{path}: holds no fields", "write one 'field: value' a line, as 'bay model show' prints", 2)
    return values


def _problem(error: Exception) -> str:
    """What a parser found, and where, in one line."""
    mark = getattr(error, "problem_mark", None)
    where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"{getattr(error, 'problem', None) or getattr(error, 'reason', 'not readable')}{where}"


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> Values:
    """`above` wins; mappings are merged field by field, and a bare number beside one means its count or size."""
    result = dict(below)
    for key, value in above.items():
        lower = result.get(key)
        if isinstance(lower, Mapping) or isinstance(value, Mapping):
            whole = size_alone if key.endswith("_volume") else count_alone
            lower, value = whole(lower), whole(value)
        result[key] = merge(lower, value) if isinstance(lower, Mapping) and isinstance(value, Mapping) else value
    return result


def assignment(text: str) -> Values:
    """``network.cidr=10.0.0.0/16`` -> ``{"network": {"cidr": "10.0.0.0/16"}}``; the value is YAML."""
    path, equals, value = text.partition("=")
    parts = path.strip().split(".")
    if not equals or not all(parts):
        raise BayError(f"--set {text!r} is no FIELD=VALUE", "for example --set nodes.flavor=m1.large", 2)
    try:
        nested: Any = yaml.safe_load(value)
    except yaml.YAMLError:
        raise BayError(
            f"--set {text!r}: the value is no YAML", "quote it, for example --set 'keypair=\"a: b\"'", 2
        ) from None
    for part in reversed(parts):
        nested = {part: nested}
    return dict(nested)


def resolve(layers: Iterable[Mapping[str, Any]], folders: Iterable[Path] = ()) -> BaySpec:
    """Merge `layers`, lowest first, over the model that the highest of them names."""
    above: Values = {}
    for layer in layers:
        above = merge(above, layer)
    if not above.get("model"):
        raise BayError("no model is named", "say --model MODEL; 'bay model list' shows them", 2)
    return parse(merge(model_values(str(above["model"]), folders), above))
