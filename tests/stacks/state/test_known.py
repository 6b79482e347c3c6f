"""A state is refused before Pulumi reads it, if it holds what bay does not write."""

import base64
import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from bay.stacks.errors import UntrustedState
from bay.stacks.state.known import require_known
from tests.fakes.states import Deployment, complete, cut_off, failed, kubernetes
from tests.paths import RECORDED

IDENTITY = "gASVMwAAAAAAAACMF2JheS5jb21wb25lbnRzLmlkZW50aXR5lIwQSWRlbnRpdHlQcm92aWRlcpSTlCmBlC4="
STACK = "urn:pulumi:demo::bay"
OPENSTACK = f"{STACK}::pulumi:providers:openstack::default_5_5_1::7f4ef699"


class Program:
    """What an attacker's pickle would be."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("code ran",))


EVIL = base64.b64encode(pickle.dumps(Program())).decode()


def resource(kind: str, name: str = "x", **more: Any) -> dict[str, Any]:
    return {"urn": f"{STACK}::{kind}::{name}", "custom": True, "type": kind, "id": "1", **more}


def provider(plugin: str = "openstack", **inputs: Any) -> dict[str, Any]:
    return resource(f"pulumi:providers:{plugin}", "default", inputs=inputs, outputs={})


def dynamic(text: Any, place: str = "inputs") -> dict[str, Any]:
    return resource("pulumi-python:dynamic/bay:Identity", inputs={}, outputs={}) | {place: {"__provider": text}}


def recorded() -> Deployment:
    found: Deployment = json.loads((RECORDED / "bay-0.1.0.json").read_text())["deployment"]
    return found


@pytest.mark.parametrize("state", [complete, cut_off, failed, kubernetes, recorded, dict])
def test_what_bay_writes_is_known(state: Callable[[], Deployment]) -> None:
    require_known("demo", state())


@pytest.mark.parametrize(
    "added",
    [
        provider(version="5.5.1", __internal={}),
        provider(version="5.5.1", cloud="physics", region="one", insecure=False),
        provider(__internal={"version": "5.5.1", "pluginChecksums": {}}),
        dynamic(IDENTITY),
        dynamic(IDENTITY, "outputs"),
        resource("openstack:dns/zone:Zone", provider=OPENSTACK),
        {**resource("bay:index:Servers"), "urn": f"{STACK}::bay:index:Bay$bay:index:Servers::x"},
    ],
)
def test_so_is_what_a_later_version_may_write(added: dict[str, Any]) -> None:
    require_known("demo", {"resources": [added]})


REFUSED = {
    "another package": (resource("command:local:Command", inputs={"delete": "id"}), "a resource of another type"),
    "another plugin": (provider("command"), "a resource of another type, pulumi:providers:command"),
    "a reference to another stack": (resource("pulumi:pulumi:StackReference"), "a resource of another type"),
    "a type like one of ours": (resource("openstackx:a/b:C"), "a resource of another type"),
    "another package's provider": (
        resource("openstack:a/b:C", provider=f"{STACK}::pulumi:providers:command::x::1"),
        "a resource of another provider",
    ),
    "another type in its name": (
        {**resource("openstack:a/b:C"), "urn": f"{STACK}::command:local:Command::x"},
        "under the name of another",
    ),
    "a dynamic resource of another module": (resource("pulumi-python:dynamic:Resource"), "another type"),
    "another provider's pickle": (dynamic(EVIL), "a program of its own"),
    "another pickle in the outputs": (dynamic(EVIL, "outputs"), "a program of its own"),
    "an encrypted pickle": (dynamic({"4dabf18193072939515e22adb298388d": "1b47"}), "a program of its own"),
    "more than the reference": (
        dynamic(base64.b64encode(base64.b64decode(IDENTITY) + b"x").decode()),
        "a program of its own",
    ),
    "a plugin to download": (
        provider(__internal={"pluginDownloadURL": "http://evil.example"}),
        r"a plugin of its own \(pluginDownloadURL\)",
    ),
    "a plugin to download, as Pulumi wrote it before": (
        provider(pluginDownloadURL="http://evil.example"),
        r"a plugin of its own \(pluginDownloadURL\)",
    ),
    "a parameterized provider": (provider(__internal={"parameterization": "e30="}), "parameterization"),
    "another plugin's name": (provider(__internal={"name": "command"}), r"of its own \(name\)"),
    "variables of a plugin": (provider(__internal={"envVarMappings": {"A": "LD_PRELOAD"}}), "envVarMappings"),
    "settings that nobody knows": (provider(__internal={"new": 1}), r"\(new\)"),
    "settings that are none": (provider(__internal="pluginDownloadURL"), r"\(__internal\)"),
    "another Keystone": (provider(authUrl="http://evil.example"), r"takes the login elsewhere \(authUrl\)"),
    "other endpoints": (provider(endpointOverrides={"network": "http://evil"}), "endpointOverrides"),
    "no check of certificates": (provider(insecure="true"), "insecure"),
    "another authority": (provider(cacertFile="/tmp/ca.pem"), "cacertFile"),
    "properties that are none": (resource("openstack:a/b:C", inputs=[1]), "whose properties are none"),
    "a key that Go takes for another": ({**resource("openstack:a/b:C"), "Type": "command:local:Command"}, "'Type'"),
    "another such key": ({**resource("openstack:a/b:C"), "input\u017f": {}}, "a key"),
    "nothing": (None, "something that is no resource"),
    "no resource": ("x", "something that is no resource"),
}


@pytest.mark.parametrize(("added", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_bay_never_writes_is_refused_wherever_it_stands(added: Any, words: str) -> None:
    state = complete()
    state["resources"] = [*state["resources"], added]
    with pytest.raises(UntrustedState, match=words) as refused:
        require_known("demo", state)
    assert refused.value.message.startswith("the state of bay demo has ")
    assert "nothing was run" in refused.value.message

    pending = complete() | {"pending_operations": [{"resource": added, "type": "creating"}]}
    with pytest.raises(UntrustedState, match=words):
        require_known("demo", pending)


@pytest.mark.parametrize("key", ["Resources", "RESOURCES", "re\u017fources", "Pending_Operations"])
def test_a_second_list_that_go_would_read_instead_is_refused(key: str) -> None:
    with pytest.raises(UntrustedState, match="a key"):
        require_known("demo", complete() | {key: [resource("command:local:Command")]})


@pytest.mark.parametrize("resources", [{"a": 1}, "x", 1])
def test_a_list_that_is_none_is_refused(resources: Any) -> None:
    with pytest.raises(UntrustedState, match="no list of resources"):
        require_known("demo", copy.deepcopy(complete()) | {"resources": resources})


@pytest.mark.parametrize("pending", [[None], ["x"], [{"type": "creating"}], [{"resource": None}]])
def test_a_pending_operation_of_nothing_is_refused(pending: Any) -> None:
    with pytest.raises(UntrustedState, match="something that is no resource"):
        require_known("demo", complete() | {"pending_operations": pending})
