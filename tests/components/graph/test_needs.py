"""What `needs` counts from a spec is what the recorded graph contains, kind by kind: one cannot change alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bay.components.engines import ENGINES
from bay.components.openstack.resolved import Flavor
from bay.components.quota_demand import per_resource, remaining, total
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from tests.components.graph.conftest import place_for
from tests.components.graph.counted import check_needs, counted, place_of
from tests.components.graph.recorder import Graph

OPTIONS: dict[str, dict[str, Any]] = {
    "load balancer": {"model": "swarm-ha", "endpoint": {"kind": "load-balancer"}},
    "load balancer without floating IP": {"endpoint": {"kind": "load-balancer"}, "floating_ips": "none"},
    "virtual IP": {"model": "swarm-ha", "endpoint": {"kind": "virtual-ip"}},
    "floating IPs everywhere": {"endpoint": {"kind": "virtual-ip"}, "floating_ips": "all"},
    "floating IPs on an existing network": {"network": {"existing": "mine"}, "floating_ips": "all"},
    "no server groups": {"affinity": "none"},
    "no nodes": {"nodes": 0},
    "groups": {"node_groups": {"gpu": {"count": 3, "removed": [1], "flavor": "g1.large"}, "idle": 0}},
    "an engine with a login of its own": {"model": "kubernetes-ha", "endpoint": {"kind": "load-balancer"}},
    "an engine with credentials": {"model": "mesos-ha", "endpoint": {"kind": "virtual-ip"}},
    "volumes": {
        "model": "swarm-ha",
        "masters": {"state_volume": {"size": 10, "type": "ssd"}, "boot_volume": 20},
        "nodes": {"engine_volume": {"size": 100, "type": "bulk"}},
        "node_groups": {"data": {"boot_volume": {"size": 30, "type": "ssd"}, "engine_volume": 50}},
    },
}


def spec_with(**values: Any) -> BaySpec:
    return build_spec([{"model": "swarm"}, values])


def test_needs_are_what_the_graph_of_every_example_contains(graph: Graph) -> None:
    check_needs(graph)


@pytest.mark.parametrize("values", OPTIONS.values(), ids=OPTIONS)
def test_needs_are_what_the_graph_of_every_option_contains(values: dict[str, Any], run: Callable[..., Graph]) -> None:
    spec = spec_with(**values)
    place = place_of(spec)
    graph = run(spec)
    assert {s.inputs["flavorId"] for s in graph.of("Instance").values()} <= {f.id for f in place.flavors.values()}
    check_needs(graph)


def test_the_needs_of_a_small_bay_are_known() -> None:
    spec = spec_with(masters={"state_volume": 10}, nodes={"count": 2, "flavor": "m1.large"})
    place = replace(
        place_for(spec), flavors={"m1.small": Flavor("1", "m1.small", 1, 2048), "m1.large": Flavor("2", "", 4, 8192)}
    )
    assert total("demo", spec, place, ENGINES["swarm"]) == {
        "instances": 3,
        "cores": 9,
        "RAM (MiB)": 2048 + 2 * 8192,
        "server groups": 2,
        "members of server group demo-master": 1,
        "members of server group demo-node": 2,
        "networks": 1,
        "subnets": 1,
        "routers": 1,
        "ports": 5,
        "floating IPs": 1,
        "security groups": 2,
        "security group rules": 24,
        "volumes": 1,
        "gigabytes": 10,
        "volumes of type ": 1,
        "gigabytes of type ": 10,
    }


def test_a_bay_that_is_there_needs_nothing() -> None:
    wanted = counted(spec_with(**OPTIONS["volumes"]))
    assert remaining(wanted, set(wanted), wanted) == {}


def test_only_what_is_not_there_yet_is_missing() -> None:
    before, wanted = counted(spec_with(nodes=2)), counted(spec_with(nodes=4))
    assert remaining(wanted, set(before), before) == {
        "instances": 2,
        "cores": 4,
        "RAM (MiB)": 4000,
        "members of server group demo-node": 2,
        "ports": 2,
    }
    assert remaining(before, set(wanted), wanted) == {}, "what goes is not counted against what comes"
    cut_off = set(wanted) - {("Router", "demo"), ("Instance", "demo-node-1")}
    assert remaining(wanted, cut_off, wanted)["routers"] == 1
    assert remaining(wanted, cut_off, wanted)["instances"] == 1


def test_what_a_removed_node_frees_is_not_there_for_the_one_in_its_place() -> None:
    before = counted(spec_with(nodes={"count": 2}))
    wanted = counted(spec_with(nodes={"count": 2, "removed": [0]}))
    assert remaining(wanted, set(before), before)["instances"] == 1


def test_a_larger_flavor_takes_more_of_servers_that_stay_and_a_smaller_one_gives_nothing_back() -> None:
    small, large = spec_with(), spec_with(nodes={"flavor": "m1.large"})
    place = replace(
        place_for(large), flavors={"m1.small": Flavor("1", "m1.small", 1, 2048), "m1.large": Flavor("2", "", 4, 8192)}
    )
    before, wanted = (per_resource("demo", spec, place, ENGINES["swarm"]) for spec in (small, large))
    assert remaining(wanted, set(before), before) == {"cores": 6, "RAM (MiB)": 2 * 6144}
    assert remaining(before, set(wanted), wanted) == {}


def test_volumes_of_servers_that_stay_are_as_they_were_made() -> None:
    before, wanted = counted(spec_with()), counted(spec_with(nodes={"engine_volume": 50}))
    assert remaining(wanted, set(before), before) == {}
