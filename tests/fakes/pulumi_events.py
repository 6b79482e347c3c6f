"""Events of the engine, made up: as the Automation API hands them to a listener."""

from pulumi.automation import EngineEvent
from pulumi.automation.events import OpType, ResOpFailedEvent, ResourcePreEvent, ResOutputsEvent, StepEventMetadata

TYPES = {
    "Instance": "openstack:compute/instance:Instance",
    "ServerGroup": "openstack:compute/serverGroup:ServerGroup",
    "Network": "openstack:networking/network:Network",
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


def ends(operation: str, urn: str) -> EngineEvent:
    return EngineEvent(sequence=0, timestamp=0, res_outputs_event=ResOutputsEvent(step(operation, urn)))


def fails(operation: str, urn: str) -> EngineEvent:
    failed = ResOpFailedEvent(step(operation, urn), status=0, steps=1)
    return EngineEvent(sequence=0, timestamp=0, res_op_failed_event=failed)
