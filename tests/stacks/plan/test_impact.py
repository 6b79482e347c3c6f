"""Impact of a change on the running cluster, in the words of its engine."""

from bay.components.spec.merge import build_spec, changed_spec
from bay.stacks.plan.impact import find_impact
from bay.stacks.plan.risks import RiskContext
from bay.stacks.plan.types import Change, Group
from tests.fakes.plans import HA, SWARM, context, servers
from tests.fakes.pulumi_events import urn


def test_nodes_that_go_are_told_in_the_engines_own_words() -> None:
    swarm = find_impact(context(servers("delete", "node-0")))
    assert swarm == (
        "tasks of services on demo-node-0 move to other nodes while the server shuts down (40 s for that), or 15 s "
        "after the managers miss it",
    )
    kubernetes = find_impact(context(servers("delete", "node-0"), build_spec([{"model": "kubernetes"}])))
    assert kubernetes[0].startswith("pods on demo-node-0 are evicted to other nodes while the server shuts down")
    mesos = find_impact(context(servers("delete", "node-0"), build_spec([{"model": "mesos"}])))
    assert mesos[0].startswith("tasks on demo-node-0 are drained while the server shuts down")


def test_nodes_that_are_resized_come_back() -> None:
    (resized,) = find_impact(context(servers("resize", "node-0")))
    assert resized.endswith("; the nodes come back once Nova has resized them")


def test_masters_that_are_away_are_told() -> None:
    assert find_impact(context(servers("resize", "master-0"))) == (
        "the API is not reachable during the change; running containers go on, nothing is rescheduled",
    )
    assert find_impact(context(servers("resize", "master-0"), HA, 3)) == (
        "Raft keeps quorum with 2 of 3 members during the change; API calls to the others fail",
    )
    assert find_impact(context(servers("resize", "master-0", "master-1"), HA, 3)) == (
        "Raft loses quorum, which is 2: running containers go on, nothing is rescheduled; with 1 of 3 members during "
        "the change; API calls to the others fail",
    )


def test_more_masters_are_told_and_that_no_node_is_left() -> None:
    assert find_impact(context(servers("create", "master-1", "master-2"), HA)) == ("Raft grows from 1 to 3 members",)
    empty = changed_spec(SWARM, [{"nodes": 0}])
    impact = find_impact(context(servers("delete", "node-0"), empty, nodes=1))
    assert impact[-1] == "no node is left for tasks of services"


def test_a_new_bay_has_no_impact() -> None:
    one = Change("create", Group.IDENTITY, "Identity", "demo", (), urn("Identity", "demo"))
    assert find_impact(RiskContext(SWARM, False, [one])) == ()
