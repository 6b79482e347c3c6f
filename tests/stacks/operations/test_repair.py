"""`repair`: what is refused before anybody is asked, and that each batch is back before the next goes."""

from datetime import timedelta
from typing import Any

import pytest

from bay.components.errors import BayError
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.stacks.approval import Approvable, Approval, deny_disruptions
from bay.stacks.cluster import readiness
from bay.stacks.errors import Declined, NotReady, QuotaExceeded
from bay.stacks.operations.repair import RepairRequest, make_plan, repair
from bay.stacks.operations.repair_plan import RepairPlan
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud, boot, ordinary_cloud
from tests.fakes.pulumi_events import TYPES, begins, differs, gone, urn
from tests.fakes.stack import Clock, FakeStack
from tests.fakes.states import BAY_ID, FINISHED, Deployment, bay_of

HA = build_spec([{"model": "swarm-ha", "nodes": 5}])
ON_VOLUMES = build_spec([{"model": "swarm-ha", "masters": {"count": 3, "state_volume": 10}}])
SMALL = build_spec([{"model": "swarm", "nodes": 2}])
EVERYTHING = RepairRequest()


def stack(
    spec: BaySpec = HA, cloud: FakeCloud | None = None, deployment: Deployment | None = None, **options: Any
) -> FakeStack:
    """A bay all of whose servers are well, until `broken` says else."""
    deployment, cloud = deployment or bay_of(spec), cloud or ordinary_cloud()
    boot(cloud, StateSnapshot.from_deployment("demo", deployment))
    return FakeStack(deployment, cloud, last=FINISHED, **options)


def broken(bay: FakeStack, *names: str) -> FakeStack:
    """The same with these servers in ERROR; what Pulumi creates in their place is well."""
    servers = {server.name: server for server in bay.fake.openstack.things["server"]}
    for name in names:
        servers[name].status = "ERROR"

    def restore() -> None:
        replaced = bay.journal[-1].partition(" without ")[0]
        for name in names:
            if name in replaced:
                servers[name].status = "ACTIVE"

    bay.on("up", *[restore] * 9)
    return bay


def away(bay: FakeStack, *names: str) -> FakeStack:
    """The same without these servers in the cloud."""
    servers = bay.fake.openstack.things["server"]
    servers[:] = [server for server in servers if server.name not in names]
    return bay


def done(bay: FakeStack) -> list[str]:
    """What happened, in its order: what Pulumi did, what was deleted, and servers that were waited for."""
    lines = [line.replace("get_server_console_output ", "wait for ") for line in bay.journal]
    kinds = ("up", "unprotect", "refresh", "edit", "wait", "delete", "create_port")
    return list(dict.fromkeys(line for line in lines if line.startswith(kinds)))


def repaired(bay: FakeStack, request: RepairRequest = EVERYTHING) -> list[str]:
    repair(bay, request, deny_disruptions)
    return done(bay)


def test_each_batch_of_masters_is_waited_for() -> None:
    assert repaired(broken(stack(), "demo-master-0", "demo-node-0"), RepairRequest(["demo-master-1"])) == [
        "unprotect demo-master-0",
        "up replacing demo-master-0 without demo-master-1, demo-node-0",
        "wait for id master 0",
        "unprotect demo-master-1",
        "up replacing demo-master-1 without demo-node-0",
        "wait for id master 1",
        "up replacing demo-node-0",
        "wait for id node 0",
    ]


def test_each_batch_of_nodes_is_waited_for() -> None:
    assert repaired(broken(stack(), *(f"demo-node-{i}" for i in range(3)))) == [
        "up replacing demo-node-0, demo-node-1 without demo-node-2",
        "wait for id node 0",
        "wait for id node 1",
        "up replacing demo-node-2",
        "wait for id node 2",
    ]


@pytest.mark.parametrize("group", ["master", "node"])
def test_without_a_wait_only_the_last_batch_is_not_waited_for(group: str) -> None:
    request = RepairRequest([f"demo-{group}-{i}" for i in range(3)], wait=False)
    found = [line for line in repaired(stack(), request) if not line.startswith("unprotect")]
    assert found[-2:] == [f"wait for id {group} 1", f"up replacing demo-{group}-2"]


def test_a_batch_is_waited_for_as_long_as_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    bay = broken(stack(), "demo-node-0")
    bay.context.cancel = clock = Clock(60)
    monkeypatch.setattr(readiness, "time", clock)
    bay.fake.openstack.consoles["id node 0"] = [""]
    with pytest.raises(NotReady, match="server demo-node-0 is not ready after 7 minutes"):
        repaired(bay, RepairRequest(timeout=timedelta(minutes=7)))


def test_a_server_that_somebody_resized_is_resized_back_where_it_is() -> None:
    """Else Pulumi would keep its flavor: it keeps that of all servers until they are rebuilt."""
    bay = stack(drift=[differs("Instance", "demo-node-1", "flavorId", "id-m1.small", "id-m1.large", "id node 1")])
    assert repaired(bay, RepairRequest(wait=False))[-1] == "up"
    assert [run.keywords["resized"] for run in bay.programs] == [["demo-node-1"]]  # type: ignore[attr-defined]


def finishing(*names: str) -> list[Any]:
    """A preview in which servers that an earlier run left uncreated are created."""
    return [begins("create", urn("Instance", name, "Bay", "Servers")) for name in names]


def test_servers_that_an_earlier_run_left_uncreated_are_back_before_the_first_batch() -> None:
    bay = broken(stack(steps=finishing("demo-node-1")), "demo-node-0")
    assert repaired(bay, RepairRequest(wait=False)) == [
        "up without demo-node-0",
        "wait for id node 1",
        "up replacing demo-node-0",
    ]
    assert repaired(stack(steps=finishing("demo-node-1")), RepairRequest(wait=False)) == ["up"]


def test_what_is_missing_leaves_the_state_first_so_that_pulumi_creates_it() -> None:
    bay = away(stack(), "demo-node-0")
    bay.drift = [gone("Network", "demo"), gone("Instance", "demo-node-0", "id node 0")]
    assert repaired(bay, RepairRequest(wait=False)) == [
        "refresh demo",
        "up without demo-node-0",
        "refresh demo-node-0",
        "up",
    ]


def test_missing_ports_get_their_addresses_back() -> None:
    deployment = bay_of(SMALL)
    was = {"id": "old", "name": "demo-master-0", "description": "", "networkId": "n", "allFixedIps": ["10.0.0.7"]}
    port = {"urn": urn("Port", "demo-master-0"), "type": TYPES["Port"], "id": "old", "inputs": {}, "outputs": was}
    deployment["resources"].append(port)
    bay = stack(SMALL, deployment=deployment, drift=[gone("Port", "demo-master-0", "old")])
    repair(bay, RepairRequest(wait=False, lose_data=True), deny_disruptions)
    (created,) = bay.fake.openstack.things["port"]
    assert created.fixed_ips == [{"ip_address": "10.0.0.7"}]
    assert bay.deployment is not None
    (found,) = [r for r in bay.deployment["resources"] if r["type"] == port["type"]]
    assert (found["id"], found["outputs"]["id"]) == (created.id, created.id)


def test_what_is_not_recorded_is_deleted_first_where_that_was_asked_for() -> None:
    def bay() -> FakeStack:
        one = broken(stack(), "demo-node-0")
        one.fake.openstack.add("ip", "f9", name="192.0.2.9", description=f"bay:id={BAY_ID}")
        return one

    assert not any("delete_ip" in line for line in repaired(bay()))
    assert repaired(bay(), RepairRequest(sweep=True))[0] == "delete_ip f9 ignore_missing=False"


def test_what_differs_afterwards_is_told() -> None:
    bay = broken(stack(), "demo-node-0")
    bay.on("up")  # nothing helps
    left = repair(bay, EVERYTHING, deny_disruptions)
    assert [difference.text for difference in left.differences] == ["Instance demo-node-0"]
    assert repair(broken(stack(), "demo-node-0"), EVERYTHING, deny_disruptions).differences == ()


# What is refused


def never(_plan: Approvable) -> Approval:
    pytest.fail("nobody is asked for this")


LOST = "bay demo: without demo-master-0 only 1 of 3 masters would be healthy; quorum needs 2"
ONE = RepairRequest(["demo-master-0"])


def lost_quorum() -> FakeStack:
    """A bay of which one master is off: no other may go."""
    bay = stack()
    (off,) = [server for server in bay.fake.openstack.things["server"] if server.name == "demo-master-2"]
    off.status = "SHUTOFF"
    return bay


def test_a_lost_quorum_is_told_before_anything_is_done_and_nobody_is_asked() -> None:
    bay = lost_quorum()
    assert told(lambda: repair(bay, ONE, never))[0] == LOST
    assert bay.deeds == []


def test_where_data_may_be_lost_a_lost_quorum_stops_nobody() -> None:
    assert repaired(lost_quorum(), RepairRequest(["demo-master-0"], lose_data=True, wait=False))[0] == (
        "unprotect demo-master-0"
    )


def test_masters_whose_data_is_on_volumes_may_all_go_at_once() -> None:
    bay = broken(stack(ON_VOLUMES), *(f"demo-master-{i}" for i in range(3)))
    assert repaired(bay, RepairRequest(wait=False))[1] == ("up replacing demo-master-0, demo-master-1, demo-master-2")
    with_lost_volume = broken(stack(ON_VOLUMES), *(f"demo-master-{i}" for i in range(3)))
    with_lost_volume.drift = [gone("Volume", "demo-master-1-state")]
    assert told(lambda: repair(with_lost_volume, EVERYTHING, never))[0].startswith("bay demo: without demo-master-0")


def test_a_plan_is_shown_with_what_a_repair_would_refuse() -> None:
    plan = make_plan(lost_quorum(), ONE)
    assert plan.refusal is not None
    assert plan.refusal.message == LOST
    assert [(row["action"], row["name"]) for row in plan.rows] == [
        ("replace", "demo-master-0"),
        ("restore", "demo-master-2"),
    ]
    assert make_plan(stack(), EVERYTHING).refusal is None


def test_a_plan_changes_nothing() -> None:
    bay = broken(stack(), "demo-node-0")
    plan = make_plan(bay, EVERYTHING)
    assert [batch.names for batch in plan.batches] == [["demo-node-0"]]
    assert bay.deeds == []


def full() -> FakeCloud:
    cloud = ordinary_cloud()
    cloud.compute_limits |= {"total_cores": 10, "total_cores_used": 10}
    return cloud


def test_where_nothing_is_to_be_created_no_quota_is_looked_at() -> None:
    cloud = full()
    assert repaired(stack(SMALL, cloud)) == []
    assert "get_limits" not in cloud.journal


def test_what_is_missing_has_to_fit_the_quotas() -> None:
    bay = away(stack(SMALL, full()), "demo-node-0")
    bay.drift = [gone("Instance", "demo-node-0", "id node 0")]
    with pytest.raises(QuotaExceeded, match=r"bay demo does not fit the project's quotas: .*cores \(by \d+\)"):
        repair(bay, EVERYTHING, never)
    assert bay.deeds == []
    refusal = make_plan(bay, EVERYTHING).refusal
    assert isinstance(refusal, QuotaExceeded)


def test_where_there_is_nothing_to_do_nobody_is_asked() -> None:
    bay = stack()
    assert repair(bay, EVERYTHING, never).differences == ()
    assert bay.deeds == []


def test_who_says_no_has_nothing_done() -> None:
    seen: list[str] = []

    def approve(plan: Approvable) -> Approval:
        assert isinstance(plan, RepairPlan)
        seen.append(plan.disruption)
        raise Declined("nothing was changed")

    bay = broken(stack(), "demo-node-0")
    with pytest.raises(Declined):
        repair(bay, EVERYTHING, approve)
    assert seen == ["replace demo-node-0 of bay demo"]
    assert bay.deeds == []


@pytest.mark.parametrize("do", [repair, lambda bay, request, _approve: make_plan(bay, request)])
def test_a_node_that_the_bay_does_not_have_is_named(do: Any) -> None:
    assert told(lambda: do(stack(), RepairRequest(["demo-node-9"]), never)) == (
        "bay demo has no node 'demo-node-9'",
        "nearest: demo-node-4, demo-node-3, demo-node-2",
        2,
    )


def test_a_change_that_would_still_take_servers_away_comes_first() -> None:
    bay = stack(steps=[begins("delete", urn("Instance", "demo-node-4", "Bay", "Servers"))])
    assert told(lambda: repair(bay, EVERYTHING, never)) == (
        "bay demo: its last change is unfinished: it would still take away demo-node-4",
        "'bay update demo' finishes it",
        1,
    )


def test_what_is_only_left_of_a_replacement_is_no_reason_to_wait() -> None:
    bay = away(stack(steps=[begins("replace", urn("Instance", "demo-node-4", "Bay", "Servers"))]), "demo-node-4")
    bay.drift = [gone("Instance", "demo-node-4", "id node 4")]
    found = make_plan(bay, EVERYTHING)
    assert [batch.names for batch in found.batches] == [["demo-node-4"]]


@pytest.mark.parametrize("state", [None, {}])
def test_a_bay_that_was_never_begun_cannot_be_repaired(state: dict[str, Any] | None) -> None:
    with pytest.raises(BayError, match="bay demo has no spec yet"):
        repair(FakeStack(state, ordinary_cloud()), EVERYTHING, never)
