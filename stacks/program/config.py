"""Between stack configuration (``bay:<field>``, all text) and the plain values of a spec."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bay.components.disruption import KINDS
from bay.components.errors import BayError, nearest
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.components.spec.stored import restored, stored
from bay.components.yaml_file import load, no_plain_file, problem, read_plain_text
from bay.stacks import settings

PROJECT = settings.PROJECT
PREFIX, SUFFIX = "Pulumi.", ".yaml"
"""Around the name of a bay in the name of its file in ``stacks/``."""
ALLOW = "allow"
"""Configuration key that is no field of the spec: it says what one run may take away."""
PROVIDER_CONFIG = {"openstack:maxRetries": "10"}
"""Of the OpenStack plugin: how often it asks again where the cloud answers 429 and says when, or not at all."""
TEXT_FIELDS = ("model", "coe", "image", "keypair", "floating_ips")
"""Fields whose text is the value itself: an image may be called 2024 or true."""


def read_stack_file(checkout: Path, stack: str) -> str:
    """The text of a bay's file in a checkout; BayError where it is no plain file of a spec's size.

    The one way in which a preview, a change and ``pulumi up`` read it, so that what is applied is what was shown.
    """
    require_own_folder(checkout)
    name = f"{PREFIX}{stack}{SUFFIX}"
    return read_plain_text(checkout / "stacks" / name, f"stacks/{name}")


def require_own_folder(checkout: Path) -> None:
    """BayError where ``stacks/`` of a checkout leads to another place."""
    if (checkout / "stacks").is_symlink():
        raise no_plain_file("stacks")


def spec_of(stack: str, config: Mapping[str, str]) -> BaySpec:
    """The spec that a stack's configuration holds, over its model; BayError where it names none."""
    prefix = f"{PROJECT}:"
    values = {key.removeprefix(prefix): text for key, text in config.items() if key.startswith(prefix)}
    values.pop(ALLOW, None)
    if "model" not in values:
        raise BayError(
            f"stack {stack!r} has no configuration bay:model, and a bay is never created from defaults alone",
            f"pulumi config set bay:model swarm; for a bay that exists: bay export {stack}",
        )
    return build_spec([restored({field: _value(field, text) for field, text in values.items()})])


def allowed(config: Mapping[str, str]) -> frozenset[str]:
    """Kinds of loss that `bay:allow` of a stack's configuration lets through; BayError for another word."""
    return frozenset(kinds_of(_value(ALLOW, config.get(f"{PROJECT}:{ALLOW}", "[]"))))


def kinds_of(said: Any, where: str = "") -> tuple[str, ...]:
    """A kind of loss, or a list of them, as `bay:allow` has it; where: begin of the error for anything else."""
    words = said if isinstance(said, list) else [said] if said else []
    for word in words:
        if word not in KINDS:
            text = f"{where}bay:{ALLOW}: {str(word)!r} is nothing that can be allowed"
            raise BayError(text, nearest(str(word), KINDS))
    return tuple(words)


def _value(field: str, text: str) -> Any:
    if field in TEXT_FIELDS:
        return text
    try:
        return load(text)
    except yaml.YAMLError as error:
        raise BayError(f"{PROJECT}:{field}: not YAML: {problem(error)}", "correct it, or quote the value") from None


def config_of(spec: BaySpec) -> dict[str, Any]:
    """A spec as configuration values, written out whole: a later change of the model's file changes no bay.

    Truth values that stand alone are text, which Pulumi makes of them anyway when it writes the file.
    """
    values = stored(json.loads(spec.model_dump_json(exclude_none=True)))
    return {
        f"{PROJECT}:{field}": json.dumps(value) if isinstance(value, bool) else value for field, value in values.items()
    }
