"""A bay as a graph: what its state has, from the outside inwards."""

from typing import Any

from bay.components.spec.merge import build_spec
from bay.stacks.state.snapshot import StateSnapshot
from bay.stacks.state.topology import SHOWN, topology_of
from tests.fakes.messages import told
from tests.fakes.states import bay_of


def state(*resources: dict[str, Any], model: str = "swarm", **spec: Any) -> StateSnapshot:
    deployment = bay_of(build_spec([{"model": model}, spec]))
    deployment["resources"] += resources
    return StateSnapshot.from_deployment("demo", deployment)


def resource(kind: str, name: str, **outputs: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:demo::bay::openstack:{kind}::{name}"
    return {"type": f"openstack:{kind}", "urn": urn, "id": name, "outputs": {"name": name, **outputs}}


ROUTER = resource("networking/router:Router", "demo")
NETWORK = resource("networking/network:Network", "demo")
SUBNET = resource("networking/subnet:Subnet", "demo", cidr="10.80.0.0/16")
VOLUMES = [resource("blockstorage/volume:Volume", f"demo-master-0-{use}") for use in ("state", "engine")]


def test_a_bay_of_its_own_network_is_a_chain_with_its_servers_below() -> None:
    found = topology_of(state(ROUTER, NETWORK, SUBNET, *VOLUMES, nodes=2))
    assert [(node.id, node.kind, node.lines[0]) for node in found.nodes[:3]] == [
        ("external", "external", "external network"),
        ("router", "router", "router demo"),
        ("network", "network", "network demo"),
    ]
    assert found.nodes[2].lines[1:] == ("10.80.0.0/16",)
    assert found.edges == (
        ("external", "router"),
        ("router", "network"),
        ("network", "demo-master-0"),
        ("network", "demo-node-0"),
        ("network", "demo-node-1"),
    )
    assert found.nodes[3].lines[-1] == "2 volumes"


def test_masters_are_behind_a_load_balancer_and_nodes_are_not() -> None:
    found = topology_of(state(ROUTER, NETWORK, model="swarm-ha", endpoint={"kind": "load-balancer"}, nodes=1))
    assert ("network", "endpoint") in found.edges
    assert ("endpoint", "demo-master-2") in found.edges
    assert ("network", "demo-node-0") in found.edges
    (endpoint,) = (node for node in found.nodes if node.kind == "endpoint")
    assert endpoint.lines[0] == "load balancer"


def test_on_a_network_of_others_there_is_no_router() -> None:
    found = topology_of(state(network={"existing": "campus"}, nodes=1))
    assert next((node.kind, node.lines[0]) for node in found.nodes) == ("network", "network campus")
    assert {outer for outer, _ in found.edges} == {"network"}


def test_of_a_large_group_some_are_drawn_and_the_others_are_one() -> None:
    found = topology_of(state(nodes=100))
    drawn = [node for node in found.nodes if node.group == "node"]
    assert len(drawn) == SHOWN + 1
    assert drawn[-1].lines == (f"{100 - SHOWN} more", f"demo-node-{SHOWN} to demo-node-99")
    assert len([node for node in topology_of(state(nodes=SHOWN + 1)).nodes if node.group == "node"]) == SHOWN + 1


def test_as_data_it_is_plain_values() -> None:
    document = topology_of(state(nodes=1)).document()
    assert document["nodes"][-1] == {
        "id": "demo-node-0",
        "kind": "server",
        "name": "demo-node-0",
        "details": [],
        "group": "node",
    }
    assert document["edges"][-1] == {"from": "network", "to": "demo-node-0"}


def test_a_bay_of_which_nothing_is_there_has_no_graph() -> None:
    assert told(lambda: topology_of(StateSnapshot("demo")))[0].startswith("bay demo has no spec yet")
