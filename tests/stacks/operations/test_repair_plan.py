"""What of a drift is repaired how: everything but servers first, masters one by one, other servers in batches."""

from collections.abc import Iterable
from typing import Any

import pytest

from bay.stacks.cloud.discovery import CloudObject
from bay.stacks.cloud.kind_additions import Addition
from bay.stacks.operations.drift import Drift
from bay.stacks.operations.drift_events import Difference, What
from bay.stacks.operations.repair_plan import RepairPlan, plan_repair
from bay.stacks.plan.types import Change, Group
from bay.stacks.state.snapshot import RecordedServer, StateSnapshot


def bay(masters: int, nodes: int) -> StateSnapshot:
    names = [("master", i) for i in range(masters)] + [("node", i) for i in range(nodes)]
    return StateSnapshot(
        "demo",
        servers=tuple(RecordedServer(f"demo-{g}-{i}", g, g, "", f"id {g} {i}", urn=f"urn {g} {i}") for g, i in names),
    )


def missing(kind: str, name: str) -> Difference:
    return Difference(What.MISSING, kind, name)


def changed(kind: str, name: str, field: str, found: Any = None) -> Difference:
    return Difference(What.CHANGED, kind, name, field=field, found=found)


def planned(
    state: StateSnapshot, *differences: Difference, named: Iterable[str] = (), stopped: Iterable[str] = ()
) -> RepairPlan:
    gone = {d.name for d in differences if d.type == "Instance" and d.what is What.MISSING} | set(stopped)
    statuses = {server.id: "ACTIVE" for server in state.servers if server.name not in gone}
    return plan_repair(Drift(state, differences, (), statuses, 0.0), set(named))


def actions(plan: RepairPlan) -> list[tuple[Any, ...]]:
    return [(row["batch"], row["action"], row["name"], row["reason"]) for row in plan.rows]


def test_nothing_differs_and_nothing_is_done() -> None:
    assert planned(bay(1, 2)).is_empty
    assert planned(bay(1, 2)).rows == []


def test_everything_but_servers_comes_first() -> None:
    plan = planned(
        bay(1, 1),
        missing("Instance", "demo-node-0"),
        missing("SecGroupRule", "demo-node-tcp-22"),
        changed("Subnet", "demo", "enableDhcp"),
        changed("Subnet", "demo", "dnsNameservers"),
    )
    assert actions(plan) == [
        (0, "recreate", "demo-node-tcp-22", "missing"),
        (0, "restore", "demo", "dnsNameservers, enableDhcp"),
        (1, "recreate", "demo-node-0", "missing"),
    ]


def test_no_more_than_two_in_five_servers_of_a_group_are_away_at_once() -> None:
    plan = planned(bay(1, 5), *(changed("Instance", f"demo-node-{i}", "status", "ERROR") for i in range(5)))
    assert [len(one.actions) for one in plan.batches] == [2, 2, 1]
    assert plan.replaced == [f"demo-node-{i}" for i in range(5)]


def test_masters_go_one_by_one_and_before_nodes() -> None:
    plan = planned(
        bay(5, 1),
        missing("Instance", "demo-node-0"),
        missing("Instance", "demo-master-0"),
        changed("Instance", "demo-master-3", "status", "ERROR"),
    )
    assert [one.names for one in plan.batches] == [["demo-master-0"], ["demo-master-3"], ["demo-node-0"]]


def test_masters_without_majority_come_back_at_once() -> None:
    plan = planned(bay(3, 0), missing("Instance", "demo-master-0"), missing("Instance", "demo-master-2"))
    assert [one.names for one in plan.batches] == [["demo-master-0", "demo-master-2"]]


@pytest.mark.parametrize(
    ("difference", "action", "reason"),
    [
        (changed("Instance", "demo-node-0", "status", "SHUTOFF"), "restore", "status"),
        (changed("Instance", "demo-node-0", "status", "ERROR"), "replace", "is ERROR"),
        (
            changed("Instance", "demo-node-0", "status", "SUSPENDED"),
            "leave",
            "is SUSPENDED: a repair does not end that, 'openstack server' does",
        ),
        (changed("Instance", "demo-node-0", "metadata"), "restore", "metadata"),
        (changed("Instance", "demo-node-0", "imageId"), "replace", "imageId changed"),
        (changed("Instance", "demo-node-0", "networks"), "replace", "networks changed"),
    ],
)
def test_a_server_is_replaced_only_where_nothing_else_helps(difference: Difference, action: str, reason: str) -> None:
    plan = planned(bay(1, 1), difference)
    number = None if action == "leave" else 1
    assert actions(plan) == [(number, action, "demo-node-0", reason)]
    assert plan.is_empty is (action == "leave")


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        (missing("Port", "demo-master-0"), "its port is missing"),
        (missing("Volume", "demo-master-0-state"), "its state volume is missing"),
    ],
)
def test_a_server_goes_with_its_port_and_its_volume(lost: Difference, reason: str) -> None:
    assert actions(planned(bay(3, 0), lost))[-1] == (1, "replace", "demo-master-0", reason)


def test_a_named_server_is_replaced_whatever_it_is() -> None:
    assert actions(planned(bay(1, 2), named=["demo-node-1"])) == [(1, "replace", "demo-node-1", "named")]


def test_what_an_earlier_run_left_undone_is_finished_and_nothing_is_done_twice() -> None:
    lost = Difference(What.MISSING, "Instance", "demo-node-0")
    drift = Drift(bay(1, 1), (lost,), (), {}, 0.0)
    unfinished = [
        Change("create", Group.NODES, "Instance", "demo-node-7", urn="urn node 7"),
        Change("update", Group.NODES, "Instance", "demo-node-0", urn="urn node 0"),
    ]
    assert actions(plan_repair(drift, (), unfinished)) == [
        (0, "finish", "demo-node-7", "create"),
        (1, "recreate", "demo-node-0", "missing"),
    ]


def test_a_volume_that_grew_stays() -> None:
    plan = planned(bay(1, 0), changed("Volume", "demo-master-0-state", "size", 9))
    assert (plan.is_empty, actions(plan)) == (
        True,
        [(None, "leave", "demo-master-0-state", "Cinder makes no volume smaller")],
    )


def test_a_credential_that_is_missing_is_created_again_and_masters_wait_for_it() -> None:
    (action,) = planned(bay(1, 0), missing("ApplicationCredential", "demo")).supporting_resources
    assert (action.action, action.reason) == ("recreate", "missing; masters use the old one until they are replaced")


def test_a_plan_says_in_a_line_what_it_takes_away() -> None:
    assert planned(bay(1, 2), changed("Subnet", "demo", "enableDhcp")).disruption == ""
    broken = planned(bay(1, 2), changed("Instance", "demo-node-0", "status", "ERROR"))
    assert broken.disruption == "replace demo-node-0 of bay demo"
    drift = Drift(bay(1, 2), (), (CloudObject("port", "p", "x"), CloudObject("port", "q", "y")), {}, 0.0)
    unfinished = [Change("delete", Group.NETWORK, "Port", "demo-api", urn="urn port")]
    assert plan_repair(drift, (), unfinished, sweep=True).disruption == (
        "finish with deleting demo-api and delete 2 unrecorded resources of bay demo"
    )
    assert plan_repair(drift, (), unfinished).disruption == "finish with deleting demo-api of bay demo"


def test_extra_resources_are_something_to_do_only_where_that_was_asked_for() -> None:
    drift = Drift(bay(1, 0), (), (CloudObject("port", "p", "x"),), {}, 0.0)
    assert plan_repair(drift).is_empty
    assert not plan_repair(drift, sweep=True).is_empty


def test_nothing_of_a_repair_has_to_be_allowed() -> None:
    broken = planned(bay(1, 0), changed("Instance", "demo-master-0", "status", "ERROR"))
    assert (broken.bay, broken.risks) == ("demo", ())


FOREIGN = Addition("volume", "v9", "photos", "on server x", "openstack server remove volume x v9", blocks=False)
RULE = Addition("rule", "r9", "", "in security group demo-node", "openstack ...", blocks=False, remove=lambda _: None)


def with_additions(*, sweep: bool) -> RepairPlan:
    return plan_repair(Drift(bay(1, 1), (), (), {}, 0.0, (FOREIGN, RULE)), sweep=sweep)


def test_additions_of_others_stay_and_are_told_with_what_removes_them() -> None:
    plan = with_additions(sweep=False)
    assert plan.is_empty
    assert actions(plan) == [
        (None, "leave", "photos", "on server x: 'openstack server remove volume x v9'"),
        (None, "leave", "r9", "in security group demo-node: 'openstack ...'"),
    ]


def test_a_sweep_removes_additions_that_are_of_no_use_to_others() -> None:
    plan = with_additions(sweep=True)
    assert actions(plan) == [
        (0, "remove", "r9", "in security group demo-node"),
        (None, "leave", "photos", "on server x: 'openstack server remove volume x v9'"),
    ]
    assert plan.disruption == "remove 1 additions of others of bay demo"
