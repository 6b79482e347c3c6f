"""Risks of a plan: what is named, what is refused, what nothing allows."""

import pytest

from bay.components.spec.merge import changed_spec
from bay.stacks.plan.risks import RiskContext, find_risks
from bay.stacks.plan.spec_diff import changed_fields
from bay.stacks.plan.types import Change, Group, Operation
from tests.fakes.plans import HA, SWARM, change, context, servers
from tests.fakes.previews import seen
from tests.fakes.pulumi_events import urn


def found(what: RiskContext) -> list[tuple[str, bool, str | None]]:
    return [(risk.kind, risk.refused, risk.allowed_by) for risk in find_risks(what)]


@pytest.mark.parametrize("operation", ["delete", "replace", "rebuild"])
def test_the_only_master_goes_only_where_it_was_asked_for(operation: Operation) -> None:
    assert found(context(servers(operation, "master-0"))) == [("masters", True, "masters")]


def test_a_minority_of_the_masters_may_be_allowed_a_majority_never() -> None:
    assert found(context(servers("delete", "master-2"), HA, 3)) == [("masters", True, "masters")]
    kinds = found(context(servers("delete", "master-1", "master-2"), HA, 3))
    assert kinds == [("masters", True, None)]
    message = find_risks(context(servers("delete", "master-1", "master-2"), HA, 3))[0].message
    assert message == (
        "demo-master-1, demo-master-2 deleted; masters hold the control-plane data, and quorum needs 2 of 3, of which "
        "1 would be healthy"
    )


def test_masters_that_do_not_run_are_no_part_of_a_majority() -> None:
    affected = servers("delete", "master-2")
    unhealthy = frozenset({"demo-master-1"})
    assert found(context(affected, HA, 3, unhealthy=unhealthy)) == [("masters", True, None)]
    assert find_risks(context(affected, HA, 3, unhealthy=unhealthy))[0].message == (
        "demo-master-2 deleted; masters hold the control-plane data, and quorum needs 2 of 3, of which 1 would be "
        "healthy (demo-master-1 unhealthy)"
    )
    assert found(context(affected, HA, 5, unhealthy=unhealthy)) == [("masters", True, "masters")]
    assert found(context(servers("delete", "master-1"), HA, 3, unhealthy=unhealthy)) == [
        ("masters", True, "masters")
    ], "it goes itself"
    assert found(context(servers("delete", "master-0"), unhealthy=frozenset({"demo-master-0"}))) == [
        ("masters", True, "masters")
    ]


def test_a_master_that_never_ran_is_no_loss() -> None:
    assert found(context(servers("delete", "master-1"))) == []


@pytest.mark.parametrize(("nodes", "gone", "kinds"), [(5, 2, []), (5, 3, ["batch"]), (1, 1, []), (2, 2, ["batch"])])
def test_more_nodes_than_a_batch_at_once_are_a_risk(nodes: int, gone: int, kinds: list[str]) -> None:
    what = context(servers("delete", *(f"node-{i}" for i in range(gone))), nodes=nodes)
    assert [risk.kind for risk in find_risks(what)] == kinds


def test_servers_that_are_stopped_for_a_resize_are_away_too() -> None:
    what = context([*servers("delete", "node-4"), *servers("resize", "node-0", "node-1")])
    assert find_risks(what)[0].message == (
        "3 of 5 servers of group node at once: demo-node-4 deleted; demo-node-0, demo-node-1 stopped for a resize; "
        "a batch is 2 (40 %)"
    )


def test_new_nodes_are_no_risk() -> None:
    assert found(context(servers("create", "node-5", "node-6", "node-7"))) == []


def test_a_volume_that_goes_is_named() -> None:
    volume = change("delete", "Volume", "demo-master-0-state", "StateVolumes")
    assert found(context([volume])) == [("volumes", True, "volumes")]


def test_a_network_that_would_be_made_anew_is_refused_whatever_is_said() -> None:
    steps = seen("moved")
    kinds = found(context(steps.changes(), nodes=3))
    assert ("network", True, None) in kinds
    assert ("endpoint", False, None) in kinds, "the port of the only master gets another address"


def test_a_port_for_everybody_is_named_and_may_be_what_was_wanted() -> None:
    what = context([], opened=seen("changed").opened)
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
    assert found(context([one])) == [("endpoint", False, None)]


def test_one_more_master_changes_no_address() -> None:
    assert found(context([change("create", "Port", "demo-master-1", "MasterPorts")])) == []


def test_another_dns_name_of_the_api_is_named() -> None:
    fields = changed_fields(SWARM, changed_spec(SWARM, [{"endpoint": {"name": "api.example"}}]))
    assert found(context([], fields=fields)) == [("endpoint", False, None)]


def test_an_identity_that_is_made_anew_is_refused() -> None:
    one = Change("replace", Group.IDENTITY, "Identity", "demo", (), urn("Identity", "demo"))
    assert found(context([one])) == [("identity", True, None)]


def test_nothing_of_a_new_bay_is_lost() -> None:
    one = Change("create", Group.IDENTITY, "Identity", "demo", (), urn("Identity", "demo"))
    assert find_risks(RiskContext(SWARM, False, [one, *servers("create", "master-0")])) == ()


def test_the_worst_risk_comes_first() -> None:
    affected = [*servers("delete", "node-0", "node-1", "node-2"), *servers("replace", "master-0")]
    assert [d.kind for d in find_risks(context(affected, opened={"rule": "tcp 22"}))] == ["masters", "batch", "open"]


@pytest.mark.parametrize("operation", ["delete", "replace", "rebuild", "resize"])
def test_a_locked_server_is_named_before_nova_refuses_it(operation: Operation) -> None:
    what = context(servers(operation, "node-1", "node-2"), locked=frozenset({"demo-node-2", "demo-node-4"}))
    [risk] = [risk for risk in find_risks(what) if risk.kind == "locked"]
    assert (risk.names, risk.refused, risk.allowed_by) == (("demo-node-2",), True, None)
    assert risk.message.startswith("demo-node-2 ")
    assert risk.message.endswith(", but locked in Nova")


def test_a_locked_server_that_stays_is_no_risk() -> None:
    assert found(context(servers("delete", "node-1"), locked=frozenset({"demo-node-2"}))) == []
