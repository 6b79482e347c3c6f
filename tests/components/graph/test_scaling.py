"""What a change of a spec changes in the graph: no more than was asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from bay.components.spec import BaySpec
from tests.components.graph.recorder import Graph

Run = Callable[[BaySpec], Graph]
Example = Callable[[str], Graph]


def without_spec(graph: Graph) -> dict[str, Any]:
    """The graph as reviewed, without outputs, the spec that the Bay's inputs hold and what its guard remembers."""
    shown = graph.shown()
    del shown["outputs"], shown["bay:index:Bay::demo"], shown["pulumi-python:dynamic/bay:Guard::demo"]
    return dict(shown)


def servers(graph: Graph) -> set[str]:
    return set(graph.of("Instance"))


def scaled(graph: Graph, count: int) -> BaySpec:
    changed: BaySpec = graph.spec.with_group("node", graph.spec.nodes.model_copy(update={"count": count}))
    return changed


@pytest.mark.parametrize("name", ["swarm", "swarm-ha", "existing-network"])
def test_one_more_node_is_one_more_resource_and_changes_no_other(name: str, example: Example, run: Run) -> None:
    before = example(name)
    index = before.spec.nodes.count
    one, two = without_spec(before), without_spec(run(scaled(before, index + 1)))
    assert set(two) - set(one) == {f"openstack:compute/instance:Instance::demo-node-{index}"}
    assert {key: two[key] for key in one} == one


def test_removing_one_node_by_name_moves_no_other(example: Example, run: Run) -> None:
    before = run(scaled(example("swarm"), 4))
    after = run(before.spec.with_group("node", before.spec.nodes.without(1)))
    one, two = without_spec(before), without_spec(after)
    assert set(one) - set(two) == {"openstack:compute/instance:Instance::demo-node-1"}
    assert {key: one[key] for key in two} == two


def test_the_index_of_a_removed_node_is_not_used_again(example: Example, run: Run) -> None:
    opened = example("access-opened")
    assert servers(opened) == {"demo-master-0", "demo-node-0", "demo-node-2", "demo-node-3", "demo-node-4"}
    assert servers(run(scaled(opened, 5))) - servers(opened) == {"demo-node-5"}
    assert servers(opened) - servers(run(scaled(opened, 3))) == {"demo-node-4"}


def test_no_nodes_at_all_is_a_bay_too(example: Example, run: Run) -> None:
    empty = run(scaled(example("swarm"), 0))
    assert servers(empty) == {"demo-master-0"}
    assert empty.outputs["nodes"] == []


def test_three_masters_differ_from_one_only_by_their_own_resources(example: Example, run: Run) -> None:
    before = example("swarm")
    masters = before.spec.masters.model_copy(update={"count": 3})
    one, two = without_spec(before), without_spec(run(before.spec.with_group("master", masters)))
    kinds = ("compute/instance:Instance", "networking/floatingIp:FloatingIp", "networking/port:Port")
    assert set(two) - set(one) == {f"openstack:{kind}::demo-master-{index}" for kind in kinds for index in (1, 2)}
    assert {key: two[key] for key in one} == one
