"""From model, add-ons, spec file and options to one BaySpec: the only place where they are merged."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

from bay.components.errors import BayError, InvalidInput, NoModel
from bay.components.spec import BaySpec, parse
from bay.components.spec.groups import count_alone, size_alone
from bay.components.spec.models import Layer, Values, addon_files, model_files, read_addon, read_model
from bay.components.spec.paths import nested, split_assignment
from bay.components.yaml_file import load

URLS = (("proxy", "http"), ("proxy", "https"), ("registry", "mirror"))
"""Fields of a spec that hold a URL."""


def models(folders: Iterable[Path] = ()) -> dict[str, Path]:
    """Model name -> its file; a later folder wins over an earlier one and over the built-in models."""
    return {name: files[-1] for name, files in model_files(folders).items()}


def model_values(name: str, folders: Iterable[Path] = ()) -> Values:
    """What a model says with all that it extends, as plain values with the model's own name among them."""
    return {**merged(layer.values for layer in read_model(name, tuple(folders)).layers), "model": name}


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
    """``network.cidr=10.0.0.0/16`` -> ``{"network": {"cidr": "10.0.0.0/16"}}``; the value is YAML.

    A key with a dot in it is quoted as Pulumi does: ``nodes.labels["example.org/gpu"]=yes``.
    """
    parts, value = split_assignment(text)
    if not parts:
        raise InvalidInput(f"{text!r} is not FIELD=VALUE", "for example --set nodes.flavor=m1.large")
    try:
        return dict(nested(parts, load(value)))
    except yaml.YAMLError:
        raise InvalidInput(
            f"{text!r}: the value is not YAML", "quote it, for example --set 'keypair=\"a: b\"'"
        ) from None


def build_spec(
    layers: Iterable[Mapping[str, Any]], folders: Iterable[Path] = (), addons: Sequence[str] = ()
) -> BaySpec:
    """Merge `layers`, lowest first, over the model that the highest of them names and over the add-ons.

    folders: of a site's models. addons: wanted beside those that model and layers name.
    """
    said = merged(layers)
    files = file_layers(said, tuple(folders), addons)
    if addons:
        below = merged([*(file.values for file in files), said])
        said["addons"] = [*_names(below.get("addons")), *addons]
    return compose(files, said)


def compose(files: Sequence[Layer], said: Mapping[str, Any]) -> BaySpec:
    """What files say, lowest first, with what was `said` over it; an error in a file names the file."""
    require_no_logins(merged([*(file.values for file in files), said]))
    return _parsed(merged([*(file.values for file in files), said]), files, said)


def changed_spec(
    spec: BaySpec, layers: Iterable[Mapping[str, Any]], folders: Iterable[Path] = (), addons: Sequence[str] = ()
) -> BaySpec:
    """The spec of a bay that exists, with `layers` over it; its model is not read again.

    Add-ons that it did not have come between both. The snippet of one that it has no more goes.
    """
    recorded, said = spec.model_dump(mode="json"), merged(layers)
    if addons:
        said["addons"] = [*_names(said.get("addons", recorded["addons"])), *addons]
    wanted = _names(said.get("addons", recorded["addons"]))
    gone = set(spec.addons) - set(wanted)
    recorded["snippets"] = {name: snippet for name, snippet in recorded["snippets"].items() if name not in gone}
    files = _addon_layers([name for name in wanted if name not in spec.addons], tuple(folders))
    require_no_logins(merged([*(file.values for file in files), said]))  # what it had before stays
    return _parsed(merged([recorded, *(file.values for file in files), said]), files, said)


def require_no_logins(values: Mapping[str, Any]) -> None:
    """InvalidInput where a URL of a spec holds a login: services of each server have it in files that all may read."""
    for section, field in URLS:
        part = values.get(section)
        url = part.get(field) if isinstance(part, Mapping) else None
        if isinstance(url, str) and "@" in url.split("://", 1)[-1].split("/", 1)[0]:
            raise InvalidInput(
                f"{section}.{field}: the URL holds a login, which who uses the servers or reads the state could read",
                "take it out: have the bay's addresses let in, or name a proxy of your own that logs in",
            )


def merged(layers: Iterable[Mapping[str, Any]]) -> Values:
    """All layers in one, lowest first."""
    return reduce(merge, layers, {})


def file_layers(said: Mapping[str, Any], folders: Sequence[Path] = (), addons: Sequence[str] = ()) -> list[Layer]:
    """What files say below what was `said`, lowest first: the model with all it extends, then the add-ons.

    A spec that is written out whole needs no file of its model, and with the snippet of an add-on in it none of
    that: a bay can be changed where the files that it came from are not.
    """
    if not said.get("model"):
        raise NoModel("no model is named", "name a model with --model MODEL; 'bay model list' shows them")
    name = str(said["model"])
    stands_alone = name not in model_files(folders) and _is_whole(said)
    model = [] if stands_alone else list(read_model(name, folders).layers)
    below = merged([*(layer.values for layer in model), said])
    known, inlined = addon_files(folders), below.get("snippets") or {}
    wanted = [*_names(below.get("addons")), *addons]
    return [*model, *_addon_layers([name for name in wanted if name in known or name not in inlined], folders)]


def _addon_layers(names: Iterable[str], folders: Sequence[Path]) -> list[Layer]:
    return [read_addon(name, folders).layer for name in dict.fromkeys(names)]


def _names(value: object) -> list[str]:
    """The names of a list; none where it is something else, of which `parse` says what is wrong with it."""
    return [str(name) for name in value] if isinstance(value, list | tuple) else []


def _is_whole(values: Mapping[str, Any]) -> bool:
    """Whether every field is there, but for those that may be empty, which a stack's file leaves out."""
    return {name for name, field in BaySpec.model_fields.items() if field.default is not None} <= set(values)


def _parsed(values: Mapping[str, Any], files: Sequence[Layer], said: Mapping[str, Any]) -> BaySpec:
    try:
        return parse(_without_nulls(values))
    except BayError as error:
        path = tuple(error.message.partition(":")[0].split("."))
        deepest = max(reversed(files), key=lambda file: depth(file.values, path), default=None)
        if deepest is None or depth(deepest.values, path) <= depth(said, path):
            raise
        raise type(error)(f"{deepest.path}: {error.message}", error.hint) from None


def depth(values: Any, path: Sequence[str]) -> int:
    """How many parts of a path the values speak of; a bare number speaks of the count or size that it stands for."""
    if not path:
        return 0
    if isinstance(values, Mapping):
        return 1 + depth(values[path[0]], path[1:]) if path[0] in values else 0
    alone = isinstance(values, int) and not isinstance(values, bool)
    return 1 if isinstance(values, list) or (alone and path[0] in ("count", "size")) else 0


def _without_nulls(values: Mapping[str, Any]) -> Values:
    """``field: null`` takes away what is below: the field has its default again, an entry of a mapping is gone."""
    kept = {key: value for key, value in values.items() if value is not None}
    return {key: _without_nulls(value) if isinstance(value, Mapping) else value for key, value in kept.items()}
