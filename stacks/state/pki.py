"""Keys and certificates of a bay, read from its state: in memory only, never printed as a whole, never in a file."""

import json
from collections.abc import Mapping
from typing import Any

from bay.components.engines import ENGINES
from bay.components.errors import BayError, nearest
from bay.components.node.certificates import Authority
from bay.components.node.credentials import Generation, Secret, current
from bay.stacks.context import Session
from bay.stacks.state.snapshot import IDENTITY_TYPE, StateSnapshot

OWN = "bay"
"""The authority that every bay has: it signs the API's certificate and those of clients."""


def keys_of(session: Session, record: StateSnapshot) -> Generation:
    """The keys that a bay uses now; BayError where it has none yet."""
    with session.existing(record.name, record.salt) as stack:
        state = json.loads(stack.command("stack", "export", "--show-secrets"))
    found = generations(state["deployment"])
    if not found:
        raise BayError(f"bay {record.name} has no keys yet", f"'bay create {record.name}' goes on with it")
    return current(found)


def generations(deployment: Mapping[str, Any]) -> list[Generation]:
    """The identity's generations, from a state that was exported with its secrets in the clear."""
    for resource in deployment.get("resources") or []:
        if resource["type"] == IDENTITY_TYPE:
            return list(_in_the_clear((resource.get("outputs") or {}).get("generations") or []))
    return []


def _in_the_clear(value: Any) -> Any:
    """Pulumi wraps a secret as a mapping with its JSON in ``plaintext``."""
    if isinstance(value, Mapping):
        if "plaintext" in value:
            return _in_the_clear(json.loads(value["plaintext"]))
        return {key: _in_the_clear(item) for key, item in value.items()}
    return [_in_the_clear(item) for item in value] if isinstance(value, list) else value


def authority(record: StateSnapshot, keys: Generation, kind: str = OWN) -> Authority:
    """One of a bay's authorities: its own, or one that its engine has beside it."""
    names = authorities(record)
    if kind not in names:
        raise BayError(f"bay {record.name} has no authority {kind!r}", nearest(kind, names), 2)
    if kind == OWN:
        return Authority(keys["ca_key"], keys["ca_cert"])
    made, name = keys.get("engine") or {}, names[kind]
    if f"{name}_cert" not in made:
        raise BayError(f"bay {record.name} was made without authority {kind!r}", "its own is of type 'bay'")
    return Authority(made[f"{name}_key"], made[f"{name}_cert"])


def authorities(record: StateSnapshot) -> dict[str, str]:
    """Types of authorities -> the engine's name of each; types have dashes."""
    secrets = ENGINES[record.spec.coe].secrets if record.spec else {}
    return {OWN: ""} | {name.replace("_", "-"): name for name, kind in secrets.items() if kind is Secret.AUTHORITY}
