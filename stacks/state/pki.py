"""Keys and certificates of a bay, read from its state: in memory only, never printed as a whole, never in a file."""

import json
from collections.abc import Mapping
from typing import Any

from bay.components.engines import ENGINES
from bay.components.errors import BayError, InvalidInput, nearest
from bay.components.node.certificates import Authority
from bay.components.node.credentials import Generation, Secret, current
from bay.stacks.state.snapshot import IDENTITY_TYPE, StateSnapshot

OWN = "bay"
"""The authority that every bay has: it signs the API's certificate and those of clients."""


def keys_of(state: StateSnapshot, secrets: Mapping[str, Any]) -> Generation:
    """The keys that a bay uses now; BayError where it has none yet. secrets: the deployment, secrets in the clear."""
    found = generations(secrets)
    if not found:
        raise BayError(f"bay {state.name} has no keys yet", f"'bay create {state.name}' resumes its creation")
    return current(found)


def generations(deployment: Mapping[str, Any]) -> list[Generation]:
    """The identity's generations, from a state that was exported with its secrets in the clear."""
    for resource in deployment.get("resources") or []:
        if resource["type"] == IDENTITY_TYPE:
            return list(in_the_clear((resource.get("outputs") or {}).get("generations") or []))
    return []


def in_the_clear(value: Any) -> Any:
    """A value of a deployment with its secrets: Pulumi wraps one as a mapping with its JSON in ``plaintext``."""
    if isinstance(value, Mapping):
        if "plaintext" in value:
            return in_the_clear(json.loads(value["plaintext"]))
        return {key: in_the_clear(item) for key, item in value.items()}
    return [in_the_clear(item) for item in value] if isinstance(value, list) else value


def authority(state: StateSnapshot, keys: Generation, kind: str = OWN) -> Authority:
    """One of a bay's authorities: its own, or one that its engine has beside it."""
    names = authorities(state)
    if kind not in names:
        raise InvalidInput(f"bay {state.name} has no authority {kind!r}", nearest(kind, names))
    if kind == OWN:
        return Authority(keys["ca_key"], keys["ca_cert"])
    made, name = keys.get("engine") or {}, names[kind]
    if f"{name}_cert" not in made:
        raise BayError(f"bay {state.name} was created without authority {kind!r}", "its own is of type 'bay'")
    return Authority(made[f"{name}_key"], made[f"{name}_cert"])


def authorities(state: StateSnapshot) -> dict[str, str]:
    """Types of authorities -> the engine's name of each; types have dashes."""
    secrets = ENGINES[state.spec.coe].secrets if state.spec else {}
    return {OWN: ""} | {name.replace("_", "-"): name for name, kind in secrets.items() if kind is Secret.AUTHORITY}
