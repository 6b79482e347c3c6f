"""What the guard remembers of a bay is what its servers are made of."""

from tests.components.graph.recorder import Graph


def test_the_guard_remembers_of_servers_what_another_would_stop_or_replace_them_for(graph: Graph) -> None:
    guard = graph.of("Guard")["demo"].inputs
    assert guard["coe"] == graph.spec.coe
    assert guard["servers"].keys() == graph.spec.groups.keys()
    for group, members in guard["servers"].items():
        made = [s for s in graph.of("Instance").values() if s.inputs["metadata"]["bay:group"] == group]
        assert len(made) == members["count"]
        for server in made:
            assert server.inputs["flavorId"] == members["flavor"]
            # On a subnet of several, who was attached by Nova before stays so: no port is a reason to replace them.
            pinned = group != "master" and graph.spec.network.subnet == "one-of-several"
            assert ("port" in server.inputs["networks"][0]) is (members["ports"] or pinned)
