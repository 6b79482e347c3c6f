"""The part of a stack that is one bay: a program of a user's own declares other resources too, and other bays."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bay.stacks.state.snapshot import BAY_TYPE, IDENTITY_TYPE

GUARD_TYPE = "pulumi-python:dynamic/bay:Guard"
STACK_TYPE = "pulumi:pulumi:Stack"
Resource = Mapping[str, Any]


def bay_names(deployment: Mapping[str, Any]) -> list[str]:
    """Names of the bays that a stack holds, sorted."""
    return sorted(_name(one) for one in _resources(deployment) if one["type"] == BAY_TYPE)


def part_of(deployment: Mapping[str, Any], bay: str) -> dict[str, Any] | None:
    """What a stack of this bay alone would hold, with the outputs of such a one; None where the bay is not there."""
    resources = _resources(deployment)
    root = next((one for one in resources if one["type"] == BAY_TYPE and _name(one) == bay), None)
    if root is None:
        return None
    own = list(_own(resources, root, bay))
    inside = {one["urn"] for one in own}
    stack = next((one for one in resources if one["type"] == STACK_TYPE), None)
    providers = {str(one["provider"]).rpartition("::")[0] for one in own if one.get("provider")}
    kept = inside | providers | ({stack["urn"]} if stack else set())
    above = stack["urn"] if stack else None
    found = [_within(one, kept, above) for one in resources if one["urn"] in kept]
    pending = [op for op in deployment.get("pending_operations") or [] if _is_of(op["resource"], inside)]
    return {
        **deployment,
        "resources": [_with_outputs(one, bay, own, root) if one["type"] == STACK_TYPE else one for one in found],
        "pending_operations": pending,
    }


def _own(resources: Sequence[Resource], root: Resource, bay: str) -> Iterator[Resource]:
    """The Bay with all below it, and its identity and guard, which stand beside it. Parents come before children."""
    inside = {root["urn"]}
    for one in resources:
        if one["type"] in (IDENTITY_TYPE, GUARD_TYPE):
            if _name(one) == bay and one.get("parent") == root.get("parent"):
                yield one
        elif one["urn"] in inside or one.get("parent") in inside:
            inside.add(one["urn"])
            yield one


def _within(resource: Resource, kept: set[str], above: str | None) -> dict[str, Any]:
    """A resource that names no other but those that were kept."""
    changed = dict(resource)
    if changed.get("parent") not in (None, *kept):
        changed["parent"] = above
    for key in ("dependencies", "replaceWith"):
        if changed.get(key):
            changed[key] = [urn for urn in changed[key] if urn in kept]
    if changed.get("propertyDependencies"):
        named = {
            key: [urn for urn in urns or [] if urn in kept] for key, urns in changed["propertyDependencies"].items()
        }
        changed["propertyDependencies"] = named
    if changed.get("deletedWith") not in (None, *kept):
        del changed["deletedWith"]
    return changed


def _is_of(resource: Resource, own: set[str]) -> bool:
    return resource.get("urn") in own or resource.get("parent") in own


def _with_outputs(stack: Resource, bay: str, own: Sequence[Resource], root: Resource) -> dict[str, Any]:
    """The outputs that `bay.stacks.program` exports; none before an update went through."""
    published = root.get("outputs") or {}
    identity: Resource = next((one for one in own if one["type"] == IDENTITY_TYPE), {})
    if "bay_id" not in published or not identity.get("id"):
        return {**stack, "outputs": {}}
    addresses = published.get("api_addresses") or []
    outputs = {
        "id": identity["id"],
        "name": bay,
        "api_addresses": addresses,
        "api_address": next(iter(addresses), None),
    }
    return {**stack, "outputs": outputs}


def _resources(deployment: Mapping[str, Any]) -> list[Resource]:
    return deployment.get("resources") or []


def _name(resource: Resource) -> str:
    return str(resource["urn"].rsplit("::", 1)[-1])
