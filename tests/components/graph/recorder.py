"""A recorder in place of the engine: runs a program and gives back plain dicts."""

import asyncio
import importlib
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from unittest.mock import patch

import pulumi
from google.protobuf import struct_pb2
from pulumi import _types
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import resource_pb2, source_pb2
from pulumi.runtime.stack import Stack

from bay.components.node.credentials import new_generation
from bay.components.spec import BaySpec

MADE_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GENERATION = new_generation("demo", 1, MADE_AT)
"""Real keys, since boot data is signed with them; every secret is asked to be nowhere in the clear."""
OPTIONS = {
    "protect": "protect",
    "delete_before_replace": "deleteBeforeReplace",
    "ignore_changes": "ignoreChanges",
    "depends_on": "dependencies",
    "secret_outputs": "additionalSecretOutputs",
}
"""Options of a resource by the names that programs use -> the engine's."""


@dataclass(frozen=True)
class Secret:
    """A value that the program marked as secret."""

    value: Any


@dataclass(frozen=True)
class Recorded:
    """One resource, as the engine would have been asked for it.

    options: those that were given. waits_for: what is made before, said or because an input needs it.
    """

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    options: dict[str, Any]
    waits_for: frozenset[str]

    @property
    def kind(self) -> str:
        """``Instance`` of ``openstack:compute/instance:Instance``."""
        return self.type.rsplit(":", 1)[1]

    def secret(self, name: str) -> Any:
        """The value of an input that is marked as secret; AssertionError where it is not."""
        value = self.inputs[name]
        assert isinstance(value, Secret), f"{self.name}: {name} is not secret"
        return value.value


@dataclass
class Graph:
    """What one run of the program asked for: resources by ``type::name``, and the stack's outputs."""

    spec: BaySpec
    resources: dict[str, Recorded] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of(self, *kinds: str) -> dict[str, Recorded]:
        """Name -> resource, of the given kinds."""
        return {r.name: r for r in self.resources.values() if r.kind in kinds}

    def shown(self) -> dict[str, Any]:
        """Everything as a reviewer may see it: of a secret only that it is one."""
        found: dict[str, Any] = {"outputs": masked(self.outputs)}
        for key, resource in self.resources.items():
            entry = {"parent": resource.parent, "inputs": masked(resource.inputs), "options": resource.options}
            found[key] = {name: value for name, value in entry.items() if value}
        return found


class Recorder(mocks.MockMonitor):
    """Answers as a cloud would, and refuses what Pulumi or the provider would refuse."""

    def __init__(self, graph: Graph, preview: bool) -> None:
        super().__init__(typing.cast(mocks.Mocks, None))  # its only caller is RegisterResource
        self.graph = graph
        self.preview = preview

    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        inputs = rpc.deserialize_properties(request.object)
        key = f"{request.type}::{request.name}"
        if key in self.graph.resources:
            raise AssertionError(f"two resources are called {key}")
        refuse_unknown(request.type, inputs)
        waits_for = frozenset(short(urn) for urn in request.dependencies)
        plain = {name: revealed(value) for name, value in inputs.items() if name != "__provider"}
        self.graph.resources[key] = Recorded(
            request.type, request.name, short(request.parent), plain, options(request), waits_for
        )
        known = not self.preview or not request.custom
        state = {**inputs, **outputs(request.type, request.name, inputs)} if known else inputs
        answer = struct_pb2.Struct()
        answer.update(state)
        kind = request.type.rsplit(":", 1)[1]
        identity = f"<id of {kind} {request.name}>" if known and request.custom else ""
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identity, object=answer)


def options(request: Any) -> dict[str, Any]:
    """The options of a resource that were given; depends_on: without what its inputs depend on anyway."""
    given = {name: getattr(request, theirs) for name, theirs in OPTIONS.items()}
    implied = {urn for dependencies in request.propertyDependencies.values() for urn in dependencies.urns}
    given["depends_on"] = sorted(short(urn) for urn in {*given["depends_on"]} - implied)
    return {name: value if isinstance(value, bool) else list(value) for name, value in given.items() if value}


def short(urn: str) -> str:
    """``urn:...::parent$type::name`` -> ``type::name``."""
    return urn.split("::", 2)[-1].rsplit("$", 1)[-1]


def outputs(type_: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a cloud adds to the inputs."""
    index = name.rsplit("-", 1)[-1]
    number = int(index) if index.isdigit() else -5  # the endpoint's, unlike any server's
    return {
        "Identity": {"made_at": MADE_AT.isoformat(), "generations": rpc.wrap_rpc_secret([generation(inputs)])},
        # Of a network with addresses of both families, which Neutron sorts as text.
        "Port": {"allFixedIps": [f"2001:db8::{10 + number}", f"10.80.0.{10 + number}"]},
        "SecretV1": {"secretRef": f"<secretRef of SecretV1 {name}>"},
        "ContainerV1": {"containerRef": f"<containerRef of ContainerV1 {name}>"},
        "FloatingIp": {"address": f"203.0.113.{10 + number}"},
        "Instance": {"accessIpV4": f"10.80.{1 if '-node-' in name else 0}.{10 + number}"},
    }.get(type_.rsplit(":", 1)[1], {})


def generation(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The credentials that an identity of these inputs would hold."""
    return {**GENERATION, "engine": _engine_secrets(tuple(sorted(inputs.get("secrets", {}).items())))}


@cache
def _engine_secrets(kinds: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return new_generation("demo", 1, MADE_AT, dict(kinds))["engine"]


def revealed(value: Any) -> Any:
    """A deserialized value with its secrets as `Secret`, whole numbers as int."""
    if rpc.is_rpc_secret(value):
        return Secret(revealed(rpc.unwrap_rpc_secret(value)))
    if isinstance(value, Mapping):
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [revealed(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def masked(value: Any) -> Any:
    """A recorded value without the content of its secrets."""
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return {"secret": "..."} if isinstance(value, Secret) else value


def refuse_unknown(type_: str, inputs: Mapping[str, Any]) -> None:
    """AssertionError for a property that the OpenStack SDK does not have, at any depth."""
    if not type_.startswith("openstack:"):
        return
    _, module, name = type_.split(":")
    package = importlib.import_module(f"pulumi_openstack.{module.split('/')[0]}")
    _refuse_unknown(type_, inputs, _types.resource_types(getattr(package, name)))


def _refuse_unknown(where: str, values: Mapping[str, Any], known: Mapping[str, type]) -> None:
    for key, value in values.items():
        if key not in known:
            raise AssertionError(f"{where} has no property {key!r}")
        for nested in value if isinstance(value, list) else [value]:
            inner = _element(known[key])
            if isinstance(nested, Mapping) and _types.is_output_type(inner):
                _refuse_unknown(f"{where}.{key}", nested, _types.output_type_types(inner))


def _element(annotation: Any) -> Any:
    """``Output[Optional[Sequence[T]]]`` -> ``T``."""
    inner = _types.unwrap_type(annotation)
    arguments = typing.get_args(inner)
    return arguments[0] if arguments and typing.get_origin(inner) is not dict else inner


def record(graph: Graph, declare: Callable[[], None], preview: bool = False) -> None:
    """Run a program and keep what it asked for; its errors come out as they are."""

    async def declared() -> None:
        root = pulumi.runtime.settings.get_root_resource()
        assert isinstance(root, Stack)
        root.outputs.clear()  # of the program before this one
        declare()
        for name, value in root.outputs.items():
            output = pulumi.Output.from_input(value)
            plain = revealed(await output.future())
            graph.outputs[name] = Secret(plain) if await output.is_secret() else plain

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        nobody = typing.cast(mocks.Mocks, None)
        mocks.set_mocks(nobody, "bay", "demo", preview=preview, monitor=Recorder(graph, preview))
        with patch("pulumi.runtime.resource._get_stack_trace", source_pb2.StackTrace):  # a third of the time here
            pulumi.runtime.test(declared)()
    finally:
        loop.close()
