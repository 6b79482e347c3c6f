"""What a creation and a change of a bay refuse, ask and do, in that order."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bay.components.distribution import installed_version
from bay.components.errors import BayError
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec, changed_spec
from bay.stacks.approval import Approvable, Approval, allow, deny_disruptions
from bay.stacks.errors import AlreadyExists, CloudBusy, Declined, PlanRefused, PlanStale, QuotaExceeded, ServerFault
from bay.stacks.operations import apply, patience
from bay.stacks.operations.apply import scaled
from bay.stacks.plan.fingerprint import capture
from bay.stacks.plan.planner import SpecSource
from bay.stacks.plan.saved import OpenPlan, SavedPlan
from bay.stacks.state.snapshot import StateSnapshot
from bay.stacks.state.status import LastRun
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud, boot, ordinary_cloud
from tests.fakes.pulumi_events import begins, urn
from tests.fakes.stack import Clock, FakeContext, FakeStack
from tests.fakes.states import BAY_ID, FINISHED, bay_of, cut_off

THREE = build_spec([{"model": "swarm", "nodes": 3}])
HOLED = build_spec([{"model": "swarm", "nodes": {"count": 3, "removed": [1]}}])
MASTERS = build_spec([{"model": "swarm-ha"}])


def scale(spec: BaySpec | None, group: str, count: int | None, remove: Collection[str]) -> BaySpec:
    return scaled("demo", group, count, remove)(spec)


@pytest.mark.parametrize(
    ("spec", "group", "count", "remove", "indices"),
    [
        (THREE, "node", 5, [], [0, 1, 2, 3, 4]),
        (THREE, "node", 1, [], [0]),
        (THREE, "node", 0, [], []),
        (THREE, "node", 3, [], [0, 1, 2]),
        (THREE, "node", None, ["demo-node-1"], [0, 2]),
        (THREE, "node", None, ["demo-node-0", "demo-node-2"], [1]),
        (THREE, "node", 3, ["demo-node-1"], [0, 2, 3]),
        (THREE, "node", 1, ["demo-node-0"], [1]),
        (HOLED, "node", 4, [], [0, 2, 3, 4]),
        (HOLED, "node", 2, [], [0, 2]),
        (HOLED, "node", None, ["demo-node-2"], [0, 3]),
        (THREE, "master", 3, [], [0, 1, 2]),
        (MASTERS, "master", 3, ["demo-master-1"], [0, 2, 3]),
    ],
)
def test_scaling_removes_the_named_nodes_first_and_then_counts(
    spec: BaySpec, group: str, count: int | None, remove: list[str], indices: list[int]
) -> None:
    changed = scale(spec, group, count, remove)
    assert changed.groups[group].indices == indices
    others = set(spec.groups) - {group}
    assert {name: changed.groups[name] for name in others} == {name: spec.groups[name] for name in others}


@pytest.mark.parametrize(
    ("group", "count", "remove", "message", "hint"),
    [
        ("nodes", 3, [], "bay demo has no group 'nodes'", "nearest: node"),
        ("node", None, [], "neither a number of servers nor servers to remove", "bay scale demo N, or --remove NODE"),
        ("node", None, ["demo-node-7"], "bay demo has no node 'demo-node-7' in group node", "nearest: "),
        ("node", None, ["demo-master-0"], "bay demo has no node 'demo-master-0' in group node", "nearest: "),
        ("node", None, ["demo-node-1"] * 2, "bay demo has no node 'demo-node-1' in group node", "nearest: "),
        ("node", -1, [], "nodes.count: must be greater than or equal to 0, got -1", "see 'bay model fields'"),
        ("master", 2, [], "masters: count is 2, but must be odd", "see 'bay model fields'"),
        ("master", None, ["demo-master-0"], "masters.count: must be greater than or equal to 1, got 0", "see 'bay"),
    ],
)
def test_an_impossible_size_is_refused(
    group: str, count: int | None, remove: list[str], message: str, hint: str
) -> None:
    shown, way_out, code = told(lambda: scale(THREE, group, count, remove))
    assert shown.startswith(message)
    assert way_out.startswith(hint)
    assert code == 2


NEVER_BEGUN = ("bay demo has no spec yet; its creation never started", "'bay create demo' creates it", 1)


def test_a_bay_that_was_never_begun_cannot_be_changed() -> None:
    assert told(lambda: scale(None, "node", 3, [])) == NEVER_BEGUN
    bay = FakeStack(None, ordinary_cloud())
    assert told(lambda: apply.update(bay, to(THREE), deny_disruptions)) == NEVER_BEGUN
    assert bay.deeds == []


def to(spec: BaySpec) -> SpecSource:
    return lambda _before: spec


def stack(spec: BaySpec = THREE, cloud: FakeCloud | None = None, **options: Any) -> FakeStack:
    """A complete bay, all of whose servers are well."""
    deployment, cloud = bay_of(spec), cloud or ordinary_cloud()
    boot(cloud, StateSnapshot.from_deployment("demo", deployment))
    return FakeStack(deployment, cloud, last=FINISHED, **options)


def program(bay: FakeStack) -> dict[str, Any]:
    """What the program of the only run is told: the spec is its second argument."""
    (run,) = bay.programs
    return {"name": run.args[0], "spec": run.args[1], **run.keywords}  # type: ignore[attr-defined]


# Create


def test_a_new_bay_is_created_with_the_ids_of_what_its_spec_names() -> None:
    bay = FakeStack(None, ordinary_cloud())
    apply.create(bay, to(THREE))
    assert bay.deeds == ["create", "up"]
    ran = program(bay)
    assert (ran["name"], ran["spec"], ran["managed_by"]) == ("demo", THREE, "cli")
    assert ran["resolved"].flavors["m1.small"].id == "id-m1.small"
    assert ran["allow"] == ("batch", "hard", "members"), "nothing that is protected"


def test_a_bay_that_is_there_is_not_created() -> None:
    bay = stack()
    with pytest.raises(AlreadyExists) as refused:
        apply.create(bay, to(THREE))
    assert (refused.value.message, refused.value.hint) == (
        "bay demo exists already",
        "'bay scale demo N' changes it, 'bay delete demo' deletes it",
    )
    assert bay.deeds == []


def test_another_bay_of_the_name_is_refused_before_anything_is_created() -> None:
    cloud = ordinary_cloud()
    cloud.add("security_group", "g", name="demo-node", tags=["bay:id=another", "bay:name=demo"])
    bay = FakeStack(None, cloud)
    with pytest.raises(AlreadyExists, match=r"another bay named demo exists in this project \(bay:id another\)"):
        apply.create(bay, to(THREE))
    assert bay.deeds == []


def test_what_does_not_fit_is_refused_before_anything_is_created() -> None:
    cloud = ordinary_cloud()
    cloud.compute_limits |= {"instances": 10, "instances_used": 10}
    new, old = FakeStack(None, cloud), stack(cloud=cloud)
    with pytest.raises(QuotaExceeded, match="instances"):
        apply.create(new, to(THREE))
    with pytest.raises(QuotaExceeded, match="instances"):
        apply.update(old, to(changed_spec(THREE, [{"nodes": 4}])), deny_disruptions)
    assert cloud.deeds == []


def test_an_interrupted_creation_is_resumed_and_what_came_twice_is_deleted() -> None:
    cloud = ordinary_cloud()
    bay = FakeStack(cut_off(), cloud)
    cloud.add("server", "adopted", name="demo-node-0", status="ACTIVE", metadata={"bay:id": BAY_ID})
    bay.on("up", lambda: cloud.add("server", "late", name="demo-node-0", metadata={"bay:id": BAY_ID}))
    assert bay.state.spec is not None
    apply.create(bay, to(bay.state.spec))
    assert bay.deeds[:2] == ["edit", "up"]
    assert cloud.ids("server") == ["adopted"]


def test_the_spec_of_an_interrupted_creation_is_what_it_goes_on_from() -> None:
    bay, seen = FakeStack(cut_off(), ordinary_cloud()), list[BaySpec | None]()

    def specify(before: BaySpec | None) -> BaySpec:
        seen.append(before)
        assert before is not None
        return before

    apply.create(bay, specify)
    assert seen == [bay.state.spec]


# Update


def deleting(*names: str) -> list[Any]:
    return [begins("delete", urn("Instance", f"demo-{name}", "Bay", "Servers")) for name in names]


def test_a_change_is_planned_approved_and_then_made() -> None:
    bay, seen = stack(steps=deleting("node-2")), list[str]()

    def approve(plan: Approvable) -> Approval:
        assert bay.deeds == [], "nothing is done before"
        seen.append(plan.disruption)
        return Approval()

    two = changed_spec(THREE, [{"nodes": 2}])
    apply.update(bay, to(two), approve)
    assert seen == ["delete 1 servers of bay demo: demo-node-2"]
    assert bay.deeds == ["up"]
    assert program(bay)["spec"] == two


def test_who_says_no_has_nothing_done() -> None:
    def approve(_plan: Approvable) -> Approval:
        raise Declined("nothing was changed")

    bay = stack(steps=deleting("node-2"))
    with pytest.raises(Declined):
        apply.update(bay, to(THREE), approve)
    assert bay.deeds == []


def test_a_risk_that_nobody_allowed_is_refused() -> None:
    bay = stack(steps=deleting("node-0", "node-1", "node-2"))
    with pytest.raises(PlanRefused, match="bay demo: 3 of 3 servers of group node at once"):
        apply.update(bay, to(THREE), deny_disruptions)
    assert bay.deeds == []
    apply.update(bay, to(THREE), allow("batch"))
    assert bay.deeds == ["up"]


def test_a_volume_that_may_go_loses_its_protection_first() -> None:
    bay = stack(MASTERS, steps=[begins("delete", urn("Volume", "demo-master-2-state", "Bay", "StateVolumes"))])
    apply.update(bay, to(changed_spec(MASTERS, [{"nodes": 4}])), allow("volumes"))
    assert bay.deeds == ["unprotect demo-master-2-state", "up"]
    assert program(bay)["allow"] == ("batch", "hard", "members", "volumes")


AS_IT_IS = "bay demo is as its spec says: nothing to change"


def test_a_change_that_changes_nothing_is_told_and_not_run() -> None:
    bay = stack()
    apply.update(bay, to(THREE), deny_disruptions)
    apply.update(bay, scaled("demo", "node", 3, []), deny_disruptions)
    assert bay.deeds == []
    assert bay.notices == [AS_IT_IS] * 2


@pytest.mark.parametrize("last", [LastRun(), LastRun("update", "failed", 1, FINISHED.ended)])
def test_a_change_that_changes_nothing_is_run_where_the_last_one_did_not_go_through(last: LastRun) -> None:
    """Then the bay's status is that it went through."""
    bay = stack()
    bay.last = last
    apply.update(bay, to(THREE), deny_disruptions)
    assert bay.deeds == ["up"]
    assert bay.notices == [AS_IT_IS]


def test_a_change_of_the_spec_alone_is_a_change() -> None:
    bay = stack()
    apply.update(bay, to(changed_spec(THREE, [{"nodes": {"max": 9}}])), deny_disruptions)
    assert (bay.deeds, bay.notices) == (["up"], [])


def test_which_servers_a_change_does_not_reach_is_told_with_what_does() -> None:
    bay = stack()
    after = changed_spec(THREE, [{"nodes": {"flavor": "m1.large"}, "image": "debian-12-kubernetes"}])
    apply.update(bay, to(after), deny_disruptions)
    told = [text for text in bay.notices if "bay rebuild" in text]
    assert told == [
        "demo-master-0, demo-node-0, demo-node-1, demo-node-2: created with another image; "
        "'bay rebuild demo' replaces them",
        "demo-node-0, demo-node-1, demo-node-2: created with another nodes.flavor; "
        "'bay rebuild demo --group node' replaces them, drained, batch by batch",
    ]


def test_what_a_bay_cannot_become_is_refused_before_anything_is_planned() -> None:
    bay = stack()
    with pytest.raises(BayError, match="its container engine, Docker Swarm, cannot be changed"):
        apply.update(bay, to(build_spec([{"model": "kubernetes"}])), deny_disruptions)
    assert bay.deeds == []


def test_a_bay_that_a_file_manages_has_the_change_written_there_first(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.demo.yaml").write_text("config: {bay:model: swarm, bay:nodes: {count: 3}}")
    deployment, cloud = bay_of(THREE), ordinary_cloud()
    next(r for r in deployment["resources"] if r["type"].endswith("Identity"))["outputs"]["managed_by"] = "file"
    boot(cloud, StateSnapshot.from_deployment("demo", deployment))
    bay = FakeStack(deployment, context=FakeContext(cloud, checkout=tmp_path), last=FINISHED)
    apply.update(bay, to(changed_spec(THREE, [{"nodes": 4}])), deny_disruptions)
    assert bay.fake.processes[0].commands == ["config set"]
    assert program(bay)["managed_by"] == "file"


# A saved plan


@pytest.fixture
def saved(tmp_path: Path) -> OpenPlan:
    """For one node more."""
    bay = stack()
    (tmp_path / "pulumi.json").write_text("{}")
    plan = SavedPlan(
        made_by=installed_version(),
        made_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        bay="demo",
        managed_by="cli",
        spec=changed_spec(THREE, [{"nodes": 4}]),
        fingerprint=capture(bay, apply.resolve(THREE, bay.cloud)),
        pulumi={},
    )
    return OpenPlan(plan, tmp_path / "pulumi.json")


def test_of_a_saved_plan_pulumi_takes_no_step_aside(saved: OpenPlan) -> None:
    bay = stack()
    apply.update(bay, saved.specify, deny_disruptions, saved)
    assert bay.deeds == ["up by plan"]


def test_a_saved_plan_that_is_stale_is_refused(saved: OpenPlan) -> None:
    bay = stack()
    bay.fake.openstack.things["server"].pop()
    with pytest.raises(PlanStale, match="is stale: bay demo has changed since: server demo-node-2 is gone"):
        apply.update(bay, saved.specify, deny_disruptions, saved)
    assert bay.deeds == []


# Servers that Nova could not build

FAULT = "bay demo: waiting for instance: unexpected state 'ERROR'"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"message": "No valid host was found."}, "the cloud has no capacity for a server of bay demo: No valid host"),
        ({"message": "Disk is on fire"}, "bay demo: demo-node-0: Disk is on fire"),
        ({}, FAULT),
        (None, FAULT),
    ],
)
def test_why_nova_could_not_build_a_server_is_told(fault: dict[str, str] | None, message: str) -> None:
    cloud = ordinary_cloud()
    cloud.add("server", "s1", name="demo-node-0", fault=fault)
    bay = FakeStack(None, cloud)
    bay.on("up", ServerFault(FAULT, "run the same command again", "s1"))
    with pytest.raises(BayError) as failed:
        apply.create(bay, to(THREE))
    assert failed.value.message.startswith(message)


def test_a_server_that_is_gone_by_then_has_no_reason() -> None:
    bay = FakeStack(None, ordinary_cloud())
    bay.on("up", ServerFault(FAULT, "run the same command again", "s1"))
    with pytest.raises(ServerFault, match="unexpected state"):
        apply.create(bay, to(THREE))


def busy_bay(*answers: Exception | None) -> FakeStack:
    """A bay that is not there yet, on a cloud that turns calls away."""
    context = FakeContext(ordinary_cloud(), cancel=Clock())
    bay = FakeStack(None, context=context)
    bay.on("up", *answers)
    return bay


BUSY = CloudBusy("bay demo: demo-node-0: busy (HTTP 503)", "again")


def test_a_change_that_a_busy_cloud_stops_goes_on_by_itself() -> None:
    bay = busy_bay(BUSY, BUSY, None)
    apply.create(bay, to(THREE))
    assert [deed for deed in bay.deeds if deed == "up"] == ["up"] * 3
    assert bay.notices[-2:] == [f"{BUSY.message}; going on in {pause:.0f} s" for pause in patience.PAUSES[:2]]


def test_a_cloud_that_stays_busy_is_asked_only_so_often() -> None:
    bay = busy_bay(*[BUSY] * 9)
    with pytest.raises(CloudBusy):
        apply.create(bay, to(THREE))
    assert bay.deeds.count("up") == len(patience.PAUSES) + 1


def test_any_other_failure_ends_a_change_at_once() -> None:
    bay = busy_bay(BayError("bay demo: no"))
    with pytest.raises(BayError, match="bay demo: no"):
        apply.create(bay, to(THREE))
    assert bay.deeds.count("up") == 1
