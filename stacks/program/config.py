"""Between stack configuration (``bay:<field>``, all text) and the plain values of a spec."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from bay.components.disruption import KINDS
from bay.components.errors import BayError, nearest
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec

PROJECT = "bay"
ALLOW = "allow"
"""Configuration key that is no field of the spec: it says what one run may take away."""
PROVIDER_CONFIG = {"openstack:maxRetries": "10"}
"""Of the OpenStack plugin: how often it asks again where the cloud answers 429 and says when, or not at all."""
TEXT_FIELDS = ("model", "coe", "image", "keypair", "floating_ips")
"""Fields whose text is the value itself: an image may be called 2024 or true."""


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
    return build_spec([{field: _value(field, text) for field, text in values.items()}])


def allowed(config: Mapping[str, str]) -> frozenset[str]:
    """Kinds of loss that `bay:allow` of a stack's configuration lets through; BayError for another word."""
    return frozenset(kinds_of(yaml.safe_load(config.get(f"{PROJECT}:{ALLOW}", "[]"))))


def kinds_of(said: Any, where: str = "") -> tuple[str, ...]:
    """A kind of loss, or a list of them, as `bay:allow` has it; where: begin of the error for anything else."""
    words = said if isinstance(said, list) else [said] if said else []
    for word in words:
        if word not in KINDS:
            text = f"{where}bay:{ALLOW}: {str(word)!r} is nothing that can be allowed"
            raise BayError(text, nearest(str(word), KINDS))
    return tuple(words)


def _value(field: str, text: str) -> Any:
    return text if field in TEXT_FIELDS else yaml.safe_load(text)


def config_of(spec: BaySpec) -> dict[str, Any]:
    """A spec as configuration values, written out whole: a later change of the model's file changes no bay.

    Truth values that stand alone are text, which Pulumi makes of them anyway when it writes the file.
    """
    values: dict[str, Any] = json.loads(spec.model_dump_json(exclude_none=True))
    return {
        f"{PROJECT}:{field}": json.dumps(value) if isinstance(value, bool) else value for field, value in values.items()
    }
