"""Events of Pulumi, made up: as the Automation API hands them to a listener."""

from typing import Any

from pulumi.automation import EngineEvent
from pulumi.automation.events import (
    OpType,
    ResOpFailedEvent,
    ResourcePreEvent,
    ResOutputsEvent,
    StepEventMetadata,
    StepEventStateMetadata,
)

TYPES = {
    "Instance": "openstack:compute/instance:Instance",
    "ServerGroup": "openstack:compute/serverGroup:ServerGroup",
    "Network": "openstack:networking/network:Network",
    "Subnet": "openstack:networking/subnet:Subnet",
    "SecGroupRule": "openstack:networking/secGroupRule:SecGroupRule",
    "Port": "openstack:networking/port:Port",
    "Identity": "pulumi-python:dynamic/bay:Identity",
    "FloatingIp": "openstack:networking/floatingIp:FloatingIp",
    "Volume": "openstack:blockstorage/volume:Volume",
    "Guard": "pulumi-python:dynamic/bay:Guard",
    "Image": "pulumi-python:dynamic/bay:Image",
    "Provider": "pulumi:providers:openstack",
    "Bay": "bay:index:Bay",
    "Servers": "bay:index:Servers",
}


def urn(kind: str, name: str, *components: str) -> str:
    """The URN of a resource inside the given components of a bay, outermost first."""
    chain = "$".join([*(f"bay:index:{component}" for component in components), TYPES[kind]])
    return f"urn:pulumi:demo::bay::{chain}::{name}"


def step(operation: str, urn: str, diffs: list[str] | None = None) -> StepEventMetadata:
    own_type = urn.split("::")[2].rsplit("$", 1)[-1]
    return StepEventMetadata(op=OpType(operation), urn=urn, type=own_type, provider="", diffs=diffs)


def begins(operation: str, urn: str, diffs: list[str] | None = None) -> EngineEvent:
    return EngineEvent(sequence=0, timestamp=0, resource_pre_event=ResourcePreEvent(step(operation, urn, diffs)))


def outdated(name: str, *paths: str) -> EngineEvent:
    """A preview in which nothing is kept found that a server differs from a new one in these properties."""
    found = step("replace", urn("Instance", name, "Bay", "Servers"), list(paths))
    found.old, found.new = (
        state("Instance", dict.fromkeys(paths, "old")),
        state("Instance", dict.fromkeys(paths, "new")),
    )
    return EngineEvent(sequence=0, timestamp=0, resource_pre_event=ResourcePreEvent(found))


def ends(operation: str, urn: str) -> EngineEvent:
    return EngineEvent(sequence=0, timestamp=0, res_outputs_event=ResOutputsEvent(step(operation, urn)))


def fails(operation: str, urn: str) -> EngineEvent:
    failed = ResOpFailedEvent(step(operation, urn), status=0, steps=1)
    return EngineEvent(sequence=0, timestamp=0, res_op_failed_event=failed)


def state(
    kind: str, inputs: dict[str, Any], outputs: dict[str, Any] | None = None, *, id: str = "id 1"
) -> StepEventStateMetadata:
    """A resource as it is recorded, or found in the cloud."""
    both = {**inputs, **(outputs or {})}
    return StepEventStateMetadata(TYPES[kind], "", id, "", "", inputs=inputs, outputs=both)


def compared(
    operation: str,
    kind: str,
    name: str,
    old: StepEventStateMetadata,
    new: StepEventStateMetadata | None,
    diffs: list[str] | None = None,
) -> EngineEvent:
    """What a comparison with the cloud tells of one resource; new: None for what is gone."""
    found = StepEventMetadata(OpType(operation), urn(kind, name), TYPES[kind], "", old=old, new=new, diffs=diffs)
    return EngineEvent(sequence=0, timestamp=0, res_outputs_event=ResOutputsEvent(found))


def gone(kind: str, name: str, id: str = "id 1") -> EngineEvent:
    """A comparison found that a resource is no more."""
    return compared("delete", kind, name, state(kind, {}, id=id), None)


def differs(kind: str, name: str, field: str, recorded: Any, found: Any, id: str = "id 1") -> EngineEvent:
    """A comparison found another value of one property."""
    old, new = state(kind, {field: recorded}, id=id), state(kind, {field: found}, id=id)
    return compared("update", kind, name, old, new, [field])
