"""What the end of a bay does to each resource that its state does not know, or that others have."""

from typing import Any

import pytest

from bay.components.errors import BayError
from bay.stacks.approval import allow, deny_disruptions
from bay.stacks.errors import PlanRefused
from bay.stacks.operations.delete_plan import Action, DeletePlan, Disposition, plan_delete
from bay.stacks.operations.retain import Keep
from tests.fakes.openstack import FakeCloud
from tests.fakes.stack import FakeStack
from tests.fakes.states import BAY_ID, complete, kubernetes

SIGNED = {"cinder.csi.openstack.org/cluster": BAY_ID}
TAG = f"bay:id={BAY_ID}"
NODE_ID = "00000000-0000-4000-8000-0000000000c0"


@pytest.fixture
def cloud() -> FakeCloud:
    """With what Kubernetes' controllers made."""
    cloud = FakeCloud()
    service = f"Floating IP for Kubernetes external service a/b from cluster {BAY_ID}"
    cloud.add("ip", "f1", name="192.0.2.1", description=service)
    cloud.add("volume", "v1", name="pvc-1", size=3, metadata=SIGNED)
    cloud.add("snapshot", "sn1", name="snap", size=3, volume_id="v1", metadata=SIGNED)
    return cloud


def planned(cloud: FakeCloud, keep: Keep | None = None, **state: Any) -> DeletePlan:
    return plan_delete(FakeStack({**kubernetes(), **state}, cloud), keep or Keep())


def ids(plan: DeletePlan, action: Action) -> set[str]:
    return {one.id for one in plan.dispositions if one.action == action}


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        (Keep(), set()),
        (Keep(volumes=True), {"v1", "sn1"}),
        (Keep(floating_ips=True), {"f1"}),
        (Keep(volumes=True, floating_ips=True), {"v1", "sn1", "f1"}),
    ],
)
def test_what_the_engine_made_goes_unless_it_is_kept(cloud: FakeCloud, keep: Keep, kept: set[str]) -> None:
    plan = planned(cloud, keep)
    assert ids(plan, Action.KEEP) == kept
    assert ids(plan, Action.DELETE) == {"v1", "sn1", "f1"} - kept
    assert {one.id: one.size for one in plan.dispositions} == {"v1": "3 GiB", "sn1": "3 GiB", "f1": ""}
    assert [item.id for item in plan.controller_resources] == ["sn1", "v1", "f1"]


def test_a_bay_that_was_never_begun_has_nothing(cloud: FakeCloud) -> None:
    plan = plan_delete(FakeStack(None, cloud), Keep())
    assert plan == DeletePlan("demo", (), 0)
    assert cloud.journal == []


def test_what_carries_the_mark_and_is_not_in_the_state_is_named(cloud: FakeCloud) -> None:
    cloud.add("server", NODE_ID, name="demo-node-0", metadata={"bay:id": BAY_ID})
    cloud.add("server", "s9", name="demo-node-9", metadata={"bay:id": BAY_ID})
    cloud.add("router", "r9", name="demo", description=TAG)
    cloud.add("port", "i9", device_id="r9", device_owner="network:router_interface", network_id="n")
    plan = planned(cloud)
    assert [str(item) for item in plan.unrecorded] == ["server demo-node-9", "router interface i9", "router demo"]
    named = [(one.kind, one.id, one.why) for one in plan.dispositions if one.why == "carries the bay's mark"]
    assert [one[:2] for one in named] == [("server", "s9"), ("router", "r9")], "an interface goes with its router"


def test_the_bays_own_floating_ips_stay_on_request(cloud: FakeCloud) -> None:
    cloud.add("ip", "f2", name="192.0.2.2", description=TAG)
    known = [*kubernetes()["resources"], {"type": "t", "urn": "urn::t::f", "id": "f2"}]
    assert "f2" not in {one.id for one in planned(cloud, resources=known).dispositions}, "it goes with the state"
    plan = planned(cloud, Keep(floating_ips=True), resources=known)
    assert ids(plan, Action.KEEP) == {"f1", "f2"}
    assert [item.id for item in plan.floating_ips] == ["f2"]


FLOATING = "openstack:networking/floatingIp:FloatingIp"
VOLUME = "openstack:blockstorage/volume:Volume"


def test_what_the_state_has_is_listed_with_its_addresses_and_sizes(cloud: FakeCloud) -> None:
    """Servers first, and floating IPs only where they are not kept."""
    resources = [
        *complete()["resources"],
        {
            "type": VOLUME,
            "urn": f"urn:pulumi:demo::bay::{VOLUME}::demo-master-0-state",
            "id": "v1",
            "outputs": {"size": 5},
        },
        {
            "type": FLOATING,
            "urn": f"urn:pulumi:demo::bay::{FLOATING}::demo-master-0",
            "id": "f5",
            "outputs": {"address": "192.0.2.5"},
        },
        {"type": "openstack:x:Gone", "urn": "urn::x::gone", "id": "x", "delete": True},
    ]
    for keep in (Keep(), Keep(floating_ips=True)):
        rows = [one.row for one in planned(cloud, keep, resources=resources).recorded]
        found = [tuple(row[field] for field in ("kind", "name", "address", "size")) for row in rows]
        assert {row["action"] for row in rows} == {"delete"}
        assert [row[:2] for row in found[:2]] == [("server", "demo-master-0"), ("server", "demo-node-0")]
        assert ("volume", "demo-master-0-state", "", "5 GiB") in found
        assert (("floating IP", "demo-master-0", "192.0.2.5", "") in found) is not keep.floating_ips
        assert [row[2] for row in found if row[0] == "port"] == ["10.80.3.64"]
        assert "gone" not in [row[1] for row in found]


def test_volumes_that_nova_made_with_a_server_are_listed_as_going(cloud: FakeCloud) -> None:
    cloud.add("server", NODE_ID, name="demo-node-0", metadata={"bay:id": BAY_ID})
    cloud.add("volume", "v8", name="root", size=8, attachments=[{"server_id": NODE_ID}])
    (server,) = cloud.things["server"]
    server.attached_volumes = [{"id": "v8", "delete_on_termination": True}]
    found = [(one.kind, one.id, one.size) for one in planned(cloud).recorded if one.kind == "volume"]
    assert found == [("volume", "v8", "8 GiB")]


def test_what_is_the_users_own_only_loses_its_server_or_port(cloud: FakeCloud) -> None:
    cloud.add("server", NODE_ID, name="demo-node-0", metadata={"bay:id": BAY_ID})
    cloud.add("port", "p1", device_id=NODE_ID, device_owner="compute:nova", network_id="n")
    cloud.add("ip", "f7", name="192.0.2.7", port_id="p1")
    cloud.add("ip", "f8", name="192.0.2.8", port_id="elsewhere")
    cloud.add("volume", "v7", name="data", size=7, attachments=[{"server_id": NODE_ID}])
    cloud.add("volume", "v8", name="root", size=8, attachments=[{"server_id": NODE_ID}])
    (server,) = cloud.things["server"]
    server.attached_volumes = [{"id": "v8", "delete_on_termination": True}]
    found = [(one.kind, one.id, one.size) for one in planned(cloud).dispositions if one.action == Action.DETACH]
    assert found == [("floating IP", "f7", ""), ("volume", "v7", "7 GiB")], "what Nova made for it goes with it"


def test_a_load_balancer_that_another_cluster_uses_blocks(cloud: FakeCloud) -> None:
    own, other = f"kube_service_{BAY_ID}_a_b", "kube_service_another_a_c"
    cloud.add("load_balancer", "lb1", name=own, tags=[own, other])
    plan = planned(cloud)
    assert ids(plan, Action.BLOCKER) == {"lb1"}
    with pytest.raises(BayError, match=f"is shared with another cluster \\({other}\\)"):
        plan.require_no_blockers()


def test_a_blocker_is_named_once_whatever_it_blocks(cloud: FakeCloud) -> None:
    cloud.add("network", "n1", name="demo", description=TAG)
    cloud.add("port", "p1", network_id="n1", fixed_ips=[], device_id="vm9", device_owner="compute:nova")
    cloud.add("port", "p2", network_id="n1", fixed_ips=[], device_id="vm9", device_owner="compute:nova")
    assert [one.id for one in planned(cloud).dispositions if one.action == Action.BLOCKER] == ["vm9"]


def test_what_blocks_is_refused_with_the_command_that_removes_it() -> None:
    going = Disposition(Action.DELETE, "volume", "pvc-1", "v1", "", "")
    DeletePlan("physics", (), 0, (going,)).require_no_blockers()
    blocked = Disposition(Action.BLOCKER, "port", "printer", "p1", "", "on network physics", "openstack port delete p1")
    with pytest.raises(BayError) as refused:
        DeletePlan("physics", (), 0, (going, blocked)).require_no_blockers()
    assert refused.value.message == (
        "resources of others block the deletion of bay physics: port printer on network physics"
    )
    assert refused.value.hint == (
        "remove them, then 'bay delete physics' again; --dry-run lists all; the first: openstack port delete p1"
    )


def test_a_plan_says_in_a_line_what_is_lost() -> None:
    volume, snapshot, address = (
        Disposition(action, kind, "", "1", "", "")
        for action, kind in (
            (Action.DELETE, "volume"),
            (Action.DELETE, "snapshot"),
            (Action.KEEP, "floating IP"),
        )
    )
    plan = DeletePlan("demo", (), 0, (volume, volume, snapshot, address))
    assert plan.disruption == (
        "delete bay demo and all its data, and 2 volumes, 1 snapshot of the list, but keep 1 floating IP"
    )
    assert DeletePlan("demo", (), 0).disruption == "delete bay demo and all its data"


def test_a_bay_is_only_deleted_where_that_was_allowed_by_name() -> None:
    plan = DeletePlan("demo", (), 0)
    with pytest.raises(PlanRefused) as refused:
        deny_disruptions(plan)
    assert refused.value.message == "bay demo: this would delete bay demo and all its data"
    allow("delete")(plan)


def test_each_resource_is_a_line_for_people_and_a_blocker_two() -> None:
    volume = Disposition(Action.DELETE, "volume", "pvc-1", "v1", "3 GiB", "carries the bay's mark")
    assert str(volume) == "delete:      volume pvc-1 (v1), 3 GiB; carries the bay's mark"
    port = Disposition(Action.BLOCKER, "port", "", "p1", "", "on network x", "openstack port delete p1")
    assert str(port) == "blocker:     port p1; on network x\n             openstack port delete p1"
    assert volume.row["action"] == "delete"


def test_an_engine_that_makes_nothing_is_not_looked_for(cloud: FakeCloud) -> None:
    assert plan_delete(FakeStack(complete(), cloud), Keep()).dispositions == ()
