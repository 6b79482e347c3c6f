"""Servers as they would be if they were created now, and those that are resized where they are."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from bay.components.servers import ATTACHMENT, FLAVOR, KEPT_AS_CREATED
from bay.components.spec.merge import build_spec, changed_spec
from tests.components.graph.conftest import EXAMPLES, example_graph, run
from tests.components.graph.recorder import Graph

Run = Callable[..., Graph]


@pytest.fixture(params=EXAMPLES)
def both(request: pytest.FixtureRequest) -> tuple[Graph, Graph]:
    """Each example's graph in turn, and what it would be if all were created now."""
    return example_graph(request.param), graph_as_new(request.param)


@cache
def graph_as_new(name: str) -> Graph:
    return run(example_graph(name).spec, as_new=True)


def kept(graph: Graph) -> dict[str, list[str]]:
    """Server -> properties that it keeps."""
    return {name: list(server.options.get("ignore_changes") or []) for name, server in graph.of("Instance").items()}


def test_as_new_nothing_is_kept_but_the_port_that_nova_made(both: tuple[Graph, Graph]) -> None:
    graph, new = both[0], kept(both[1])
    for server, properties in kept(graph).items():
        assert properties[: len(KEPT_AS_CREATED)] == KEPT_AS_CREATED
        assert new[server] == properties[len(KEPT_AS_CREATED) :]
        assert new[server] in ([], ATTACHMENT)


def test_as_new_a_server_is_created_from_the_same(both: tuple[Graph, Graph]) -> None:
    """Else every server would be outdated for ever."""
    graph, new = both[0], both[1].of("Instance")
    for name, server in graph.of("Instance").items():
        assert server.inputs == new[name].inputs


@pytest.mark.parametrize("resized", [["demo-master-1"], ["demo-node-0", "demo-node-1"], []])
def test_only_servers_that_are_named_are_resized(resized: list[str], run: Run) -> None:
    found = kept(run(build_spec([{"model": "swarm-ha", "nodes": 2}]), resized=resized))
    assert [name for name, properties in found.items() if FLAVOR not in properties] == resized
    assert all({*properties, FLAVOR} == set(KEPT_AS_CREATED) for properties in found.values())


@pytest.mark.parametrize(
    "said", [{"nodes": 5}, {"access": {"api": ["192.0.2.0/24"]}}, {"protected": True}, {"nodes": {"max": 9}}]
)
def test_a_change_that_reaches_all_servers_or_none_makes_none_outdated(said: dict[str, Any], run: Run) -> None:
    before = build_spec([{"model": "swarm-ha", "nodes": 2}])
    old, new = (run(spec, as_new=True).of("Instance") for spec in (before, changed_spec(before, [said])))
    assert {name: new[name].inputs for name in old} == {name: server.inputs for name, server in old.items()}
