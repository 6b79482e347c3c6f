"""The built OpenStack plugin, spoken to as the engine does."""

import os
import subprocess
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from bay.toolchain import Toolchain, parts

pytestmark = pytest.mark.toolchain

#: What a shell may hold that has sourced an openrc file.
OPENRC = {
    "OS_AUTH_URL": "http://127.0.0.1:9/v3",
    "OS_USERNAME": "jane",
    "OS_PASSWORD": "correct horse",
    "OS_PROJECT_NAME": "physics",
    "OS_REGION_NAME": "RegionOne",
}


@pytest.fixture(scope="module")
def plugin(toolchain: Toolchain) -> Iterator[Any]:
    if toolchain.origin != "built":
        pytest.skip("this machine has a Pulumi of its own, which downloads the official plugin")
    program = toolchain.root / parts.PLUGIN_FOLDER / "pulumi-resource-openstack"
    with subprocess.Popen([program], env=os.environ | OPENRC, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
                yield provider_pb2_grpc.ResourceProviderStub(channel)
        finally:
            process.kill()


def check(plugin: Any, token: str, properties: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a resource named `net` as the plugin completes them."""
    news = Struct()
    news.update(properties)
    request = provider_pb2.CheckRequest(
        urn=f"urn:pulumi:dev::bay::{token}::net", news=news, olds=Struct(), randomSeed=b"1" * 32
    )
    answer = plugin.Check(request)
    assert not answer.failures
    inputs: dict[str, Any] = MessageToDict(answer.inputs)
    return inputs


def test_a_resource_without_a_name_gets_its_logical_name_and_seven_characters(plugin: Any) -> None:
    name = check(plugin, "openstack:networking/network:Network", {})["name"]
    assert name.startswith("net-")
    assert len(name) == len("net-") + 7


def test_a_given_name_stays(plugin: Any) -> None:
    assert check(plugin, "openstack:networking/network:Network", {"name": "demo"})["name"] == "demo"


def test_what_the_shell_holds_does_not_become_part_of_the_state(plugin: Any) -> None:
    request = provider_pb2.CheckRequest(
        urn="urn:pulumi:dev::bay::pulumi:providers:openstack::default", news=Struct(), olds=Struct()
    )
    assert MessageToDict(plugin.CheckConfig(request).inputs) == {}


def test_a_misspelt_property_is_named(plugin: Any) -> None:
    news = Struct()
    news.update({"cider": "10.0.0.0/24", "networkId": "1"})
    request = provider_pb2.CheckRequest(
        urn="urn:pulumi:dev::bay::openstack:networking/subnet:Subnet::net", news=news, olds=Struct()
    )
    assert "cider" in plugin.Check(request).failures[0].reason
