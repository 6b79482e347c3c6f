"""What a bay's state may hold: refused before Pulumi reads it, where somebody wrote more into it than bay does.

Whoever may write a state could otherwise have Pulumi run a plugin of theirs, or a provider that is in no plugin at all
(docs/decisions/0068). Another resource of OpenStack they can put there all the same: docs/security.md says so.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bay.stacks.errors import UntrustedState
from bay.toolchain.providers import REFERENCES

PROVIDER = "pulumi:providers:"
PLUGINS = ("openstack", "pulumi-python")
DYNAMIC = "pulumi-python:dynamic/bay:"
OWN_TYPES = ("pulumi:pulumi:Stack", *(f"{PROVIDER}{plugin}" for plugin in PLUGINS))
OWN_PREFIXES = ("bay:index:", "openstack:", DYNAMIC)

PLUGIN_KEYS = frozenset({"envVarMappings", "name", "parameterization", "pluginDownloadURL"})
"""Of a provider's inputs: which program its plugin is, from where, and with what environment."""
LOGIN_KEYS = frozenset({"authUrl", "cacertFile", "endpointOverrides", "insecure"})
"""Where OpenStack's plugin sends the login, and whether it looks who takes it: the caller's cloud alone says that."""

STRUCTURE = ("resources", "pending_operations", "resource", "type", "urn", "provider", "inputs", "outputs")
"""Keys that are read here. Go takes a key in other letters' case for the same: a state could hold both."""

Resource = Mapping[str, Any]


def require_known(name: str, deployment: Mapping[str, Any]) -> None:
    """UntrustedState where the deployment of bay `name` has what no bay has."""
    _require_exact_keys(name, deployment, "the state")
    resources = _list(name, deployment, "resources")
    for pending in _list(name, deployment, "pending_operations"):
        _require_exact_keys(name, pending, "a pending operation")
        resources.append(pending.get("resource"))
    for resource in resources:
        _require_exact_keys(name, resource, "a resource")
        for fault in _faults(resource):
            raise _refusal(name, f"{fault} ({resource.get('urn')})")


def _refusal(name: str, fault: str) -> UntrustedState:
    return UntrustedState(
        f"the state of bay {name} has {fault}, which bay does not write; nothing was run",
        "find out who wrote it, and bring back an earlier version of the state: docs/security.md says how",
    )


def _require_exact_keys(name: str, values: Any, where: str) -> None:
    if not isinstance(values, Mapping):
        raise _refusal(name, f"something that is no resource ({where})")
    for key in values:
        if key not in STRUCTURE and key.casefold() in STRUCTURE:
            raise _refusal(name, f"a key {key!r} ({where})")


def _list(name: str, deployment: Mapping[str, Any], key: str) -> list[Any]:
    found = deployment.get(key)
    if found is not None and not isinstance(found, list):
        raise _refusal(name, f"no list of {key}")
    return list(found or [])


def _faults(resource: Resource) -> Iterator[str]:
    """What is wrong with a resource, worst first."""
    kind, urn, provider = (str(resource.get(key) or "") for key in ("type", "urn", "provider"))
    if kind not in OWN_TYPES and not kind.startswith(OWN_PREFIXES):
        yield f"a resource of another type, {kind}"
    if _type_in(urn) != kind:
        yield f"a resource of type {kind} under the name of another"
    if provider and _type_in(provider) not in OWN_TYPES:
        yield f"a resource of another provider, {provider}"
    for values in (resource.get("inputs") or {}, resource.get("outputs") or {}):
        if not isinstance(values, Mapping):
            yield "a resource whose properties are none"
        elif kind.startswith(PROVIDER):
            yield from _provider_faults(values)
        elif "__provider" in values and str(values["__provider"]) not in REFERENCES:
            yield "a dynamic resource with a program of its own"


def _provider_faults(values: Mapping[str, Any]) -> Iterator[str]:
    internal = values.get("__internal") or {}
    inner = internal if isinstance(internal, Mapping) else {"__internal": internal}
    for key in sorted({*inner, *values} & PLUGIN_KEYS | (set(inner) - {"version", "pluginChecksums"})):
        yield f"a provider with a plugin of its own ({key})"
    for key in sorted(key for key in LOGIN_KEYS if values.get(key) not in (None, "", False, "false")):
        yield f"a provider that takes the login elsewhere ({key})"


def _type_in(urn: str) -> str:
    """The own type of what a URN names; of a reference to a provider as well, which has an id behind its URN."""
    parts = urn.split("::")
    return parts[2].rsplit("$", 1)[-1] if len(parts) > 2 else ""
