"""`drift`: Pulumi's findings, Nova's statuses and what carries the mark, in one list."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import EngineEvent

from bay.stacks.cloud.kind_lists import ProjectLists
from bay.stacks.operations.drift import Drift, compare, compare_with_cloud
from bay.stacks.state import lock
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import FakeCloud
from tests.fakes.pulumi_events import differs, gone
from tests.fakes.stack import FakeContext, FakeStack
from tests.fakes.states import BAY_ID, Deployment, complete, cut_off, kubernetes

STATE = StateSnapshot.from_deployment("demo", complete())
MASTER, NODE = STATE.servers


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def add_server(cloud: FakeCloud, id: str, name: str, status: str = "ACTIVE", mark: str = BAY_ID) -> None:
    cloud.add("server", id, name=name, status=status, metadata={"bay:id": mark} if mark else {})


def add_servers(cloud: FakeCloud, node: str = "ACTIVE") -> None:
    """Those that the state has."""
    add_server(cloud, MASTER.id, MASTER.name)
    add_server(cloud, NODE.id, NODE.name, node)


def compared(cloud: FakeCloud, *events: EngineEvent, state: Deployment | None = None) -> Drift:
    return compare_with_cloud(FakeStack(state or complete(), cloud, drift=events))


def rows(drift: Drift) -> list[dict[str, Any]]:
    return [difference.row("demo") for difference in drift.all_differences]


def short(drift: Drift, *fields: str) -> Iterable[tuple[Any, ...]]:
    return [tuple(row[field] for field in fields) for row in rows(drift)]


def test_servers_as_they_should_be_are_no_difference(cloud: FakeCloud) -> None:
    add_servers(cloud)
    assert rows(compared(cloud)) == []


def test_a_stopped_server_is_told_once_in_novas_word(cloud: FakeCloud) -> None:
    add_servers(cloud, node="SHUTOFF")
    engine = differs("Instance", NODE.name, "powerState", "active", "shutoff", NODE.id)
    (row,) = rows(compared(cloud, engine))
    assert row == {
        "bay": "demo",
        "difference": "changed",
        "type": "Instance",
        "name": "demo-node-0",
        "field": "status",
        "recorded": "ACTIVE",
        "found": "SHUTOFF",
        "id": NODE.id,
        "severity": "",
        "remedy": "",
    }


@pytest.mark.parametrize("field", ["stopBeforeDestroy", "forceDelete"])
def test_what_only_the_plugin_knows_is_no_difference(cloud: FakeCloud, field: str) -> None:
    """Adopted servers lack it."""
    add_servers(cloud)
    assert rows(compared(cloud, differs("Instance", NODE.name, field, True, None))) == []


@pytest.mark.parametrize("name", ["demo-node-0", "renamed"])
def test_a_server_without_the_mark_or_with_another_name_is_seen_in_error(cloud: FakeCloud, name: str) -> None:
    add_server(cloud, MASTER.id, MASTER.name, mark="")
    add_server(cloud, NODE.id, name, "ERROR", mark="")
    assert short(compared(cloud), "name", "field", "found") == [("demo-node-0", "status", "ERROR")]


def test_what_carries_the_mark_and_is_not_in_the_state_is_extra(cloud: FakeCloud) -> None:
    add_servers(cloud)
    cloud.add("ip", "new", name="192.0.2.7", description=f"bay:id={BAY_ID}")
    drift = compared(cloud)
    assert short(drift, "difference", "type", "name", "id") == [("extra", "FloatingIp", "192.0.2.7", "new")]


def test_what_is_missing_comes_first(cloud: FakeCloud) -> None:
    add_server(cloud, MASTER.id, MASTER.name)
    cloud.add("router", "other", description=f"bay:id={BAY_ID}")
    drift = compared(cloud, differs("Network", "demo", "tags", ["a"], []), gone("Instance", NODE.name, NODE.id))
    assert short(drift, "difference") == [("missing",), ("changed",), ("extra",)]
    assert drift.summary.startswith("1 missing, 1 changed, 1 extra (compared in ")


def test_a_resource_that_differs_in_several_fields_is_counted_once(cloud: FakeCloud) -> None:
    add_servers(cloud)
    tags, name = differs("Network", "demo", "tags", ["a"], []), differs("Network", "demo", "name", "demo", "x")
    assert compared(cloud, tags, name).summary.startswith("1 changed (compared in ")
    assert compared(cloud).summary.startswith("as the state says (compared in ")


def test_a_server_that_a_run_left_unbuilt_is_missing_too(cloud: FakeCloud) -> None:
    drift = compared(cloud, state=cut_off())
    assert short(drift, "difference", "type", "name") == [("missing", "Instance", "demo-node-0")]


def test_of_a_state_that_holds_nothing_pulumi_is_not_asked(cloud: FakeCloud) -> None:
    assert rows(compared(cloud, gone("Instance", "x"), state={"resources": []})) == []
    assert "compare" not in cloud.journal


def test_statuses_of_all_servers_are_kept_for_who_goes_on(cloud: FakeCloud) -> None:
    add_servers(cloud, node="SHUTOFF")
    assert compared(cloud).statuses == {MASTER.id: "ACTIVE", NODE.id: "SHUTOFF"}


def test_a_run_that_goes_on_meanwhile_makes_the_comparison_doubtful(cloud: FakeCloud, tmp_path: Path) -> None:
    add_servers(cloud)
    bay = FakeStack(complete(), context=FakeContext(cloud, tmp_path))
    compare(bay)
    assert bay.notices == []
    with lock.held(bay.context.settings.lock_file("demo"), "demo"):
        compare(bay)
    assert bay.notices == ["bay demo is being changed by another run: what differs may be its work"]


def test_an_interrupted_run_is_told(cloud: FakeCloud) -> None:
    bay = FakeStack(cut_off(), cloud)
    compare(bay)
    assert bay.notices == ["the previous run was interrupted while creating Instance demo-node-0"]
    assert bay.deeds == [], "and nothing is done about it"


def test_what_others_added_is_told_with_what_to_do_the_dangerous_first(cloud: FakeCloud) -> None:
    add_servers(cloud, node="SHUTOFF")
    rule = {"id": "r9", "direction": "ingress", "protocol": "tcp", "remote_ip_prefix": "0.0.0.0/0"}
    group = {"name": "demo-node", "description": f"bay:id={BAY_ID}", "security_group_rules": [rule]}
    cloud.add("security_group", "g1", **group)
    cloud.add("port", "p1", device_id=NODE.id, device_owner="compute:nova", fixed_ips=[])
    cloud.add("ip", "f1", port_id="p1", floating_ip_address="192.0.2.7")
    drift = compared(cloud)
    assert short(drift, "severity", "difference", "type", "name", "id", "remedy") == [
        ("high", "added", "SecGroupRule", "", "r9", "openstack security group rule delete r9"),
        ("", "changed", "Instance", "demo-node-0", NODE.id, ""),
        ("", "extra", "SecGroup", "demo-node", "g1", ""),
        ("", "added", "FloatingIp", "192.0.2.7", "f1", "openstack floating ip unset --port f1"),
    ]
    assert drift.summary.startswith("1 changed, 1 extra, 2 added, 1 of high severity (compared in ")


def test_a_server_of_the_state_is_looked_at_though_somebody_took_its_mark(cloud: FakeCloud) -> None:
    add_server(cloud, MASTER.id, MASTER.name)
    add_server(cloud, NODE.id, NODE.name, mark="")
    cloud.add("volume", "v9", name="photos", attachments=[{"server_id": NODE.id}])
    assert short(compared(cloud), "difference", "id") == [("added", "v9")]


def test_an_extra_rule_that_opens_the_bay_is_of_high_severity(cloud: FakeCloud) -> None:
    add_servers(cloud)
    mark = {"description": f"bay:id={BAY_ID}"}
    cloud.add("security_group_rule", "r1", direction="ingress", ether_type="IPv4", **mark)
    cloud.add("security_group_rule", "r2", direction="ingress", remote_ip_prefix="192.0.2.0/24", **mark)
    assert short(compared(cloud), "difference", "id", "severity") == [("extra", "r1", "high"), ("extra", "r2", "")]


def test_an_interface_that_joins_another_network_is_no_extra_one_of_the_bay(cloud: FakeCloud) -> None:
    add_servers(cloud)
    cloud.add("router", "r1", name="demo", description=f"bay:id={BAY_ID}")
    owner = {"device_id": "r1", "device_owner": "network:router_interface"}
    cloud.add("port", "i9", network_id="n9", fixed_ips=[], **owner)
    drift = compared(cloud)
    assert ("added", "RouterInterface", "i9") in short(drift, "difference", "type", "id")
    assert "i9" not in [one.id for one in drift.extra], "a sweep leaves it"


def test_what_the_engines_controllers_made_was_added_by_nobody(cloud: FakeCloud) -> None:
    add_servers(cloud)
    cloud.add("port", "p1", device_id=NODE.id, device_owner="compute:nova", fixed_ips=[])
    words = f"Floating IP for Kubernetes external service x from cluster {BAY_ID}"
    cloud.add("ip", "f1", port_id="p1", floating_ip_address="192.0.2.7", description=words)
    claim = {"cinder.csi.openstack.org/cluster": BAY_ID}
    cloud.add("volume", "v1", attachments=[{"server_id": NODE.id}], metadata=claim)
    cloud.add("volume", "v9", name="photos", attachments=[{"server_id": NODE.id}])
    assert short(compared(cloud, state=kubernetes()), "difference", "id") == [("added", "v9")]


def test_comparisons_of_many_bays_share_the_lists_of_the_project(cloud: FakeCloud) -> None:
    add_servers(cloud)
    context = FakeContext(cloud)
    context.lists = ProjectLists(30)
    for _ in range(3):
        assert compare_with_cloud(FakeStack(complete(), context=context)).all_differences == []
    listed = [line.split()[0] for line in cloud.journal if "project_id=" in line]
    assert {"ports", "routers", "security_groups"} <= set(listed)
    assert len(listed) == len(set(listed)), "each of them once"
