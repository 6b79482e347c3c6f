"""Dangers of a plan: what is named, what is refused, what nothing allows; and what the engine feels of it."""

from collections.abc import Sequence
from typing import Any

import pytest

from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec, changed_spec
from bay.stacks.plan.impact import find_impact
from bay.stacks.plan.preview_events import group_of
from bay.stacks.plan.risks import RiskContext, find_risks
from bay.stacks.plan.spec_diff import changed_fields
from bay.stacks.plan.types import Change, Diff, Group, Operation
from tests.fakes.previews import seen
from tests.fakes.pulumi_events import urn

SWARM = build_spec([{"model": "swarm"}])
HA = build_spec([{"model": "swarm-ha"}])


def change(operation: Operation, kind: str, name: str, *components: str, diffs: tuple[Diff, ...] = ()) -> Change:
    one = urn(kind, name, "Bay", *components)
    return Change(operation, group_of(one, kind), kind, name, diffs, one)


def servers(operation: Operation, *names: str) -> list[Change]:
    return [change(operation, "Instance", f"demo-{name}", "Servers") for name in names]


def scene(
    changes: Sequence[Change], spec: BaySpec = SWARM, masters: int = 1, nodes: int = 5, **more: Any
) -> RiskContext:
    there = {
        "master": frozenset(f"demo-master-{i}" for i in range(masters)),
        "node": frozenset(f"demo-node-{i}" for i in range(nodes)),
    }
    return RiskContext(spec, True, changes, servers=there, **more)


def found(what: RiskContext) -> list[tuple[str, bool, str | None]]:
    return [(danger.kind, danger.refused, danger.allowed_by) for danger in find_risks(what)]


@pytest.mark.parametrize("operation", ["delete", "replace", "rebuild"])
def test_the_only_master_goes_only_where_it_was_asked_for(operation: Operation) -> None:
    assert found(scene(servers(operation, "master-0"))) == [("masters", True, "masters")]


def test_a_minority_of_the_masters_may_be_allowed_a_majority_never() -> None:
    assert found(scene(servers("delete", "master-2"), HA, 3)) == [("masters", True, "masters")]
    kinds = found(scene(servers("delete", "master-1", "master-2"), HA, 3))
    assert kinds == [("masters", True, None)]
    message = find_risks(scene(servers("delete", "master-1", "master-2"), HA, 3))[0].message
    assert message == (
        "demo-master-1, demo-master-2 deleted; masters hold the engine's own data, and 1 of 3 are no majority"
    )


def test_masters_that_do_not_run_are_no_part_of_a_majority() -> None:
    struck = servers("delete", "master-2")
    ill = frozenset({"demo-master-1"})
    assert found(scene(struck, HA, 3, ill=ill)) == [("masters", True, None)]
    assert find_risks(scene(struck, HA, 3, ill=ill))[0].message == (
        "demo-master-2 deleted; masters hold the engine's own data, and 1 of 3 are no majority "
        "(demo-master-1 is not well)"
    )
    assert found(scene(struck, HA, 5, ill=ill)) == [("masters", True, "masters")]
    assert found(scene(servers("delete", "master-1"), HA, 3, ill=ill)) == [("masters", True, "masters")], (
        "it goes itself"
    )
    assert found(scene(servers("delete", "master-0"), ill=frozenset({"demo-master-0"}))) == [
        ("masters", True, "masters")
    ]


def test_a_master_that_never_ran_is_no_loss() -> None:
    assert found(scene(servers("delete", "master-1"))) == []


@pytest.mark.parametrize(("nodes", "gone", "kinds"), [(5, 2, []), (5, 3, ["batch"]), (1, 1, []), (2, 2, ["batch"])])
def test_more_nodes_than_a_batch_at_once_are_a_danger(nodes: int, gone: int, kinds: list[str]) -> None:
    what = scene(servers("delete", *(f"node-{i}" for i in range(gone))), nodes=nodes)
    assert [danger.kind for danger in find_risks(what)] == kinds


def test_servers_that_are_stopped_for_a_resize_are_away_too() -> None:
    what = scene([*servers("delete", "node-4"), *servers("resize", "node-0", "node-1")])
    assert find_risks(what)[0].message == (
        "3 of 5 servers of group node at once: demo-node-4 deleted; demo-node-0, demo-node-1 stopped for a resize; "
        "a batch is 2 (40 %)"
    )


def test_new_nodes_are_no_danger() -> None:
    assert found(scene(servers("create", "node-5", "node-6", "node-7"))) == []


def test_a_volume_that_goes_is_named() -> None:
    volume = change("delete", "Volume", "demo-master-0-state", "StateVolumes")
    assert found(scene([volume])) == [("volumes", True, "volumes")]


def test_a_network_that_would_be_made_anew_is_refused_whatever_is_said() -> None:
    steps = seen("moved")
    kinds = found(scene(steps.changes(), nodes=3))
    assert ("network", True, None) in kinds
    assert ("endpoint", False, None) in kinds, "the port of the only master gets another address"


def test_a_port_for_everybody_is_named_and_may_be_what_was_wanted() -> None:
    what = scene([], opened=seen("changed").opened)
    assert [(d.kind, d.message, d.refused) for d in find_risks(what)] == [
        ("open", "tcp 2376 of the masters from 0.0.0.0/0, open to the world", False)
    ]


@pytest.mark.parametrize(
    "one",
    [
        change("delete", "FloatingIp", "demo-master-0", "MasterPorts"),
        change("replace", "Port", "demo-api", "Endpoint"),
        change("create", "Port", "demo-api", "Endpoint"),
        change("replace", "Port", "demo-master-0", "MasterPorts"),
    ],
    ids=lambda one: f"{one.operation} {one.type} {one.name}",
)
def test_another_address_of_the_api_is_named(one: Change) -> None:
    assert found(scene([one])) == [("endpoint", False, None)]


def test_one_more_master_changes_no_address() -> None:
    assert found(scene([change("create", "Port", "demo-master-1", "MasterPorts")])) == []


def test_another_dns_name_of_the_api_is_named() -> None:
    fields = changed_fields(SWARM, changed_spec(SWARM, [{"endpoint": {"name": "api.example"}}]))
    assert found(scene([], fields=fields)) == [("endpoint", False, None)]


def test_an_identity_that_is_made_anew_is_refused() -> None:
    one = Change("replace", Group.IDENTITY, "Identity", "demo", (), urn("Identity", "demo"))
    assert found(scene([one])) == [("identity", True, None)]


def test_nothing_of_a_new_bay_is_lost() -> None:
    one = Change("create", Group.IDENTITY, "Identity", "demo", (), urn("Identity", "demo"))
    assert find_risks(RiskContext(SWARM, False, [one, *servers("create", "master-0")])) == ()
    assert find_impact(RiskContext(SWARM, False, [one])) == ()


def test_the_worst_danger_comes_first() -> None:
    struck = [*servers("delete", "node-0", "node-1", "node-2"), *servers("replace", "master-0")]
    assert [d.kind for d in find_risks(scene(struck, opened={"rule": "tcp 22"}))] == ["masters", "batch", "open"]


def test_the_engine_feels_the_nodes_that_go_in_its_own_words() -> None:
    swarm = find_impact(scene(servers("delete", "node-0")))
    assert swarm == (
        "tasks of services on demo-node-0 move to other nodes while the server shuts down (40 s for that), or 15 s "
        "after the managers miss it",
    )
    kubernetes = find_impact(scene(servers("delete", "node-0"), build_spec([{"model": "kubernetes"}])))
    assert kubernetes[0].startswith("pods on demo-node-0 are evicted to other nodes while the server shuts down")
    mesos = find_impact(scene(servers("delete", "node-0"), build_spec([{"model": "mesos"}])))
    assert mesos[0].startswith("tasks on demo-node-0 are drained while the server shuts down")


def test_the_engine_feels_masters_that_are_away() -> None:
    assert find_impact(scene(servers("resize", "master-0"))) == (
        "the API is not reachable meanwhile; running containers go on, nothing is rescheduled",
    )
    assert find_impact(scene(servers("resize", "master-0"), HA, 3)) == (
        "Raft has 2 of 3 members meanwhile; API calls to the others fail",
    )
    assert find_impact(scene(servers("resize", "master-0", "master-1"), HA, 3))[0].startswith(
        "Raft has 1 of 3 members meanwhile, less than the 2 it needs: running containers go on"
    )


def test_the_engine_feels_more_masters_and_that_no_node_is_left() -> None:
    assert find_impact(scene(servers("create", "master-1", "master-2"), HA)) == ("Raft grows from 1 to 3 members",)
    empty = changed_spec(SWARM, [{"nodes": 0}])
    assert (
        find_impact(scene(servers("delete", "node-0"), empty, nodes=1))[-1] == "no node is left for tasks of services"
    )
