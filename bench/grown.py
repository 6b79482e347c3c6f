"""The state of a large bay, grown from the state of a small one that was really made.

A thousand servers are not made to measure a plan, which only reads the state. What `grown` adds is a copy of the last
server, with a name, an id and an address of its own; that Pulumi would have written the same is checked by
`same_shape` against a state with one server more that it did write, and by a preview that finds no change.
"""

import ipaddress
import json
import uuid
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

Deployment = dict[str, Any]
Resource = dict[str, Any]

INSTANCE = "openstack:compute/instance:Instance"
BAY = "bay:index:Bay"
GUARD = "pulumi-python:dynamic/bay:Guard"
STACK = "pulumi:pulumi:Stack"


def grown(deployment: Mapping[str, Any], prefix: str, count: int) -> Deployment:
    """The deployment with `count` servers ``<prefix><index>``; its bay's spec and outputs, if any, say so."""
    made: Deployment = deepcopy(dict(deployment))
    resources: list[Resource] = made["resources"]
    servers = servers_of(made, prefix)
    template = servers[-1]
    addresses = _addresses(template, count)
    for index in range(len(servers), count):
        resources.append(_copy(template, f"{prefix}{index}", next(addresses)))
    for resource in resources:
        if resource["type"] == BAY:
            resource["inputs"]["spec"]["nodes"]["count"] = count
        if resource["type"] == GUARD:
            for properties in (resource["inputs"], resource["outputs"]):
                properties["servers"]["node"]["count"] = count
        if resource["type"] == STACK and "nodes" in resource.get("outputs", {}):
            resource["outputs"]["nodes"] = [r["outputs"]["accessIpV4"] for r in servers_of(made, prefix)]
    return made


def servers_of(deployment: Mapping[str, Any], prefix: str) -> list[Resource]:
    """The servers ``<prefix><index>``, by index."""
    found = [r for r in deployment["resources"] if r["type"] == INSTANCE and _name(r).startswith(prefix)]
    return sorted(found, key=lambda resource: int(_name(resource).removeprefix(prefix)))


def _addresses(template: Resource, count: int) -> Any:
    """Addresses after the template's, wherever they lie: a plan compares them with nothing."""
    first = ipaddress.ip_address(template["outputs"]["accessIpV4"])
    return (str(first + place) for place in range(1, count + 1))


def _copy(template: Resource, name: str, address: str) -> Resource:
    changes = {
        _name(template): name,
        template["id"]: str(uuid.uuid4()),
        template["outputs"]["accessIpV4"]: address,
    }
    copy: Resource = _changed(template, changes)
    copy["urn"] = template["urn"].removesuffix(_name(template)) + name
    return copy


def _changed(value: Any, changes: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _changed(below, changes) for key, below in value.items()}
    if isinstance(value, list):
        return [_changed(item, changes) for item in value]
    return changes.get(value, value) if isinstance(value, str) else value


def _name(resource: Resource) -> str:
    return str(resource["urn"]).rsplit("::", 1)[-1]


def same_shape(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """URNs whose things differ in more than values; empty where both states hold the same things of the same fields."""
    ours, theirs = ({r["urn"]: _shape(r) for r in state["resources"]} for state in (one, other))
    return sorted(urn for urn in ours | theirs if ours.get(urn) != theirs.get(urn))


def _shape(value: Any) -> Any:
    """Keys and kinds, no values; of a list, each shape once."""
    if isinstance(value, dict):
        return {key: _shape(below) for key, below in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(_shape(item), sort_keys=True) for item in value})
    return type(value).__name__
