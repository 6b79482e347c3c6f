"""A state of many servers is what the engine would have written of them."""

import importlib.util
from types import ModuleType
from typing import Any

import pytest

from tests.paths import ROOT

FILE = ROOT / "bench" / "grown.py"
PREFIX = "demo-node-"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """bench/grown.py, which is no package."""
    spec = importlib.util.spec_from_file_location("grown", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def server(index: int) -> dict[str, Any]:
    name = f"{PREFIX}{index}"
    return {
        "urn": f"urn:pulumi:demo::bay::openstack:compute/instance:Instance::{name}",
        "type": "openstack:compute/instance:Instance",
        "id": f"id-{index}",
        "inputs": {"name": name, "flavorId": "1"},
        "outputs": {"id": f"id-{index}", "accessIpV4": f"10.80.0.{10 + index}"},
    }


def state(nodes: int) -> dict[str, Any]:
    kept = {"servers": {"node": {"count": nodes}}}
    others = [
        {"urn": "a::Bay::demo", "type": "bay:index:Bay", "inputs": {"spec": {"nodes": {"count": nodes}}}},
        {"urn": "a::Guard::demo", "type": "pulumi-python:dynamic/bay:Guard", "inputs": kept, "outputs": kept},
        {
            "urn": "a::Stack::demo",
            "type": "pulumi:pulumi:Stack",
            "outputs": {"nodes": [f"10.80.0.{10 + index}" for index in range(nodes)]},
        },
    ]
    return {"resources": [*others, *(server(index) for index in range(nodes))]}


def test_a_grown_state_has_each_server_once_and_says_so_everywhere(bench: ModuleType) -> None:
    made = bench.grown(state(2), PREFIX, 12)
    servers = bench.servers_of(made, PREFIX)
    assert [one["inputs"]["name"] for one in servers] == [f"{PREFIX}{index}" for index in range(12)]
    assert len({one["id"] for one in servers}) == 12
    assert all(one["outputs"]["id"] == one["id"] for one in servers)
    bay, guard, stack = made["resources"][:3]
    assert bay["inputs"]["spec"]["nodes"]["count"] == 12
    assert guard["inputs"]["servers"]["node"]["count"] == guard["outputs"]["servers"]["node"]["count"] == 12
    assert stack["outputs"]["nodes"] == [f"10.80.0.{10 + index}" for index in range(12)]


def test_a_grown_state_has_the_shape_of_one_that_was_made(bench: ModuleType) -> None:
    assert bench.same_shape(bench.grown(state(2), PREFIX, 3), state(3)) == []
    real = state(3)
    real["resources"][-1]["inputs"]["userData"] = "text"
    assert bench.same_shape(bench.grown(state(2), PREFIX, 3), real) == [server(2)["urn"]]
