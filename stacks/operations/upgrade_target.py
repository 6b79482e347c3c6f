"""What a bay is to be after an upgrade: version, image and spec, from what was asked for and what Glance has."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bay.components.engines import ENGINES
from bay.components.engines.upgrades import EngineVersion, UpgradeRules, parse_version, upgrade_rules
from bay.components.errors import BayError, InvalidInput
from bay.components.openstack.scope import project_of
from bay.components.spec import BaySpec, parse, path_of
from bay.components.spec.merge import merge, model_values
from bay.components.spec.models import read_model
from bay.components.text import join_names
from bay.stacks.cloud.engine_images import EngineImage, find_engine_image, list_engine_images
from bay.stacks.cluster.readiness import HOUR
from bay.stacks.operations.backup import BackupRequest
from bay.stacks.operations.upgrade_rules import require_image_version, wanted_version

if TYPE_CHECKING:
    from openstack.connection import Connection


@dataclass(frozen=True)
class UpgradeRequest:
    """What is asked for: a version, a model that names one, an image that brings one; each alone or with the image.

    models: folders of models beside the built-in ones. max_unavailable, timeout, wait, backup: as of a rebuild.
    """

    version: str = ""
    model: str = ""
    image: str = ""
    models: Sequence[Path] = ()
    max_unavailable: str = ""
    timeout: timedelta = HOUR
    wait: bool = True
    backup: BackupRequest | None = None


@dataclass(frozen=True)
class UpgradeTarget:
    """rules: of the bay's engine. version: that all servers are to have. spec: that the bay is to have."""

    rules: UpgradeRules
    version: EngineVersion
    image: EngineImage
    spec: BaySpec = field(repr=False)


def find_target(cloud: "Connection", bay: str, spec: BaySpec, request: UpgradeRequest) -> UpgradeTarget:
    """InvalidInput where it is not said to what; BayError where no image brings that."""
    rules = upgrade_rules(ENGINES[spec.coe])
    if rules is None:
        raise BayError(
            f"bay {bay}: {ENGINES[spec.coe].title} says nothing of upgrades",
            f"'bay rebuild {bay} --image IMAGE' replaces its servers",
        )
    if not (request.version or request.model or request.image):
        raise InvalidInput(
            "an upgrade needs a version, a model or an image", "for example --version 1.34.2; 'bay upgrade --help'"
        )
    model = _model(cloud, bay, spec, rules, request) if request.model else {}
    version = _wanted(rules, request, model)
    word = request.image or model.get("image", "")
    if version is None and not word:
        raise InvalidInput(f"model {request.model} names neither an image nor a version", "add --version or --image")
    image = _image(cloud, spec, rules, word, version)
    target = version or image.version
    require_image_version(rules, "image", image.name, image.version, target, exact=True)
    assert target is not None  # else it was refused
    _require_images_of_groups(cloud, bay, spec, rules, target)
    return UpgradeTarget(rules, target, image, _spec(spec, rules, target, image, request, model))


def require_same_version(cloud: "Connection", bay: str, spec: BaySpec, image: str) -> None:
    """BayError where a rebuild would bring another minor version, of an engine with rules for that, by an image."""
    rules = upgrade_rules(ENGINES[spec.coe])
    if not image or rules is None or not rules.minor_by_minor:
        return
    known = parse_version(str(spec.options.get(rules.option)))
    found = find_engine_image(cloud, image, rules.image_property)
    if known and found.version and found.version.series != known.series:
        raise BayError(
            f"image: {found.name} brings {rules.program} {found.version}, and bay {bay} is of {known}",
            f"'bay upgrade {bay} --image {image}' looks at the rules of that, and starts with the control plane",
        )


def _model(
    cloud: "Connection", bay: str, spec: BaySpec, rules: UpgradeRules, request: UpgradeRequest
) -> dict[str, Any]:
    """What the model says of image and versions."""
    named = read_model(request.model, request.models)
    if named.restrictions:
        named.refuse_other_projects(*project_of(cloud))
    values = model_values(request.model, request.models)
    coe = values.get("coe")
    if coe not in (None, spec.coe):
        raise InvalidInput(
            f"model {request.model} is of {ENGINES[coe].title if coe in ENGINES else coe}, and bay {bay} of "
            f"{ENGINES[spec.coe].title}",
            "name a model of the same engine: 'bay model list'",
        )
    options = values.get("options") or {}
    named_options = {name: options[name] for name in rules.model_options if name in options}
    pins = {name: options.get(name, {}) for name in rules.model_pins}
    return {"image": values.get("image", ""), "options": named_options, "pins": pins}


def _wanted(rules: UpgradeRules, request: UpgradeRequest, model: dict[str, Any]) -> EngineVersion | None:
    """The version that is named; None: that of the image. Of both, request and model, the request's counts."""
    if request.version:
        return wanted_version(rules, request.version)
    named = model.get("options", {}).get(rules.option) if rules.option else None
    return parse_version(str(named)) if named else None


def _image(
    cloud: "Connection", spec: BaySpec, rules: UpgradeRules, word: str, version: EngineVersion | None
) -> EngineImage:
    """The one that is named, else the bay's own where it brings the version, else the only one that does."""
    if word:
        return find_engine_image(cloud, word, rules.image_property)
    own = _own_image(cloud, spec, rules)
    if own and own.version == version:
        return own
    known = list_engine_images(cloud, rules.image_property)
    fitting = [image for image in known if image.version == version]
    alike = [image for image in fitting if own and image.os_distro == own.os_distro] or fitting
    if len(alike) > 1:
        raise BayError(
            f"{len(alike)} images bring {rules.program} {version}",
            f"name one: --image {join_names([image.name for image in alike])}",
        )
    if not alike:
        there = [f"{image.name} {image.version}" for image in known]
        raise BayError(
            f"no image brings {rules.program} {version} (property {rules.image_property})",
            f"there is: {join_names(there)}" if there else "no image has that property; --image names one that does",
        )
    return alike[0]


def _own_image(cloud: "Connection", spec: BaySpec, rules: UpgradeRules) -> EngineImage | None:
    """The bay's; None where it is gone, which is no reason not to leave it."""
    try:
        return find_engine_image(cloud, spec.image, rules.image_property)
    except BayError:
        return None


def _require_images_of_groups(
    cloud: "Connection", bay: str, spec: BaySpec, rules: UpgradeRules, target: EngineVersion
) -> None:
    """Groups with an image of their own keep it; where the engine has rules of skew it has to fit."""
    for name, group in spec.groups.items():
        if group.image and rules.minor_by_minor:
            own = find_engine_image(cloud, group.image, rules.image_property)
            path = path_of(name)
            remedy = (
                f"'bay update {bay} --set {path}.image=IMAGE' with one of {target} replaces no server yet; then upgrade"
            )
            exact = name == "master"
            require_image_version(rules, f"{path}.image", own.name, own.version, target, exact=exact, remedy=remedy)


def _spec(
    spec: BaySpec,
    rules: UpgradeRules,
    target: EngineVersion,
    image: EngineImage,
    request: UpgradeRequest,
    model: dict[str, Any],
) -> BaySpec:
    """With the image as it was called, where it was."""
    word = request.image or model.get("image", "")
    if not word:
        word = spec.image if image.name == spec.image or image.id == spec.image else image.name
    options = {**merge(spec.options, model.get("options", {})), **model.get("pins", {})}
    if rules.option:
        options[rules.option] = str(target)
    changed = {"image": word, "options": options, **({"model": request.model} if request.model else {})}
    return parse({**spec.model_dump(), **changed})
