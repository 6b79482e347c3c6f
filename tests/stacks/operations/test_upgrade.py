"""`upgrade`: rules before anything else, masters before nodes, and how it resumes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bay.components.engines import ENGINES
from bay.components.engines.upgrades import DeprecatedCall, EngineVersion, UpgradeRules
from bay.components.errors import BayError
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.stacks.approval import Approvable, Approval, deny_disruptions
from bay.stacks.cluster import readiness
from bay.stacks.cluster.engine_report import EngineReport
from bay.stacks.errors import NotReady
from bay.stacks.operations import upgrade as operation
from bay.stacks.operations.backup import BackupRequest
from bay.stacks.operations.rebuild import RebuildRequest, rebuild
from bay.stacks.operations.upgrade import make_plan, upgrade
from bay.stacks.operations.upgrade_target import UpgradeRequest
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import FakeCloud, boot, ordinary_cloud
from tests.fakes.pulumi_events import begins, outdated, urn
from tests.fakes.stack import Clock, FakeStack
from tests.fakes.states import FINISHED, bay_of

HA = build_spec([{"model": "kubernetes-ha", "nodes": 2, "image": "k-133", "options": {"version": "1.33.5"}}])
ONE = build_spec([{"model": "kubernetes", "nodes": 1, "image": "k-133", "options": {"version": "1.33.5"}}])
SWARM = build_spec([{"model": "swarm-ha", "nodes": 1, "image": "d-20"}])
IMAGES = {
    "k-133": ("kube_version", "1.33.5"),
    "k-134": ("kube_version", "v1.34.2"),
    "k-135": ("kube_version", "1.35.0"),
    "d-20": ("docker_version", "20.10.24"),
    "d-28": ("docker_version", "28.0.1"),
    "m-10": ("mesos_version", "1.10.0"),
    "m-11": ("mesos_version", "1.11.0"),
}
NEXT = UpgradeRequest("1.34.2", wait=False)
MASTERS = ("demo-master-0", "demo-master-1", "demo-master-2")
ALL = (*MASTERS, "demo-node-0", "demo-node-1")


def cloud_with_images() -> FakeCloud:
    cloud = ordinary_cloud()
    for name, (property, version) in IMAGES.items():
        cloud.add("image", f"id-{name}", name=name, status="active", os_distro="debian", properties={property: version})
    return cloud


def bay_with(spec: BaySpec, *names: str, new: tuple[str, ...] = (), image: str = "k-134") -> FakeStack:
    """A bay whose servers are well and of the spec's image; names: these are outdated; new: booted the other image."""
    deployment, cloud = bay_of(spec), cloud_with_images()
    for resource in deployment["resources"]:
        if resource["type"].endswith(":Instance"):
            name = resource["inputs"]["name"]
            resource["inputs"] |= {"flavorId": "id-m1.small", "imageId": f"id-{image if name in new else spec.image}"}
    boot(cloud, StateSnapshot.from_deployment("demo", deployment))
    steps = [outdated(name, "imageId", "userData") for name in names]
    return FakeStack(deployment, cloud, steps=steps, last=FINISHED)


def done(bay: FakeStack) -> list[str]:
    lines = [line.replace("get_server_console_output ", "wait for ") for line in bay.journal]
    return list(dict.fromkeys(line for line in lines if line.startswith(("up", "unprotect", "wait", "edit"))))


def test_masters_go_one_by_one_before_the_nodes() -> None:
    bay = bay_with(HA, *ALL)
    plan = upgrade(bay, UpgradeRequest("1.34.2"), deny_disruptions)
    assert done(bay)[:6] == [
        "unprotect demo-master-0",
        "up replacing demo-master-0 without demo-master-1, demo-master-2, demo-node-0, demo-node-1",
        "wait for id master 0",
        "unprotect demo-master-1",
        "up replacing demo-master-1 without demo-master-2, demo-node-0, demo-node-1",
        "wait for id master 1",
    ]
    assert bay.fake.batches == [*((name,) for name in MASTERS), ("demo-node-0",), ("demo-node-1",)]
    specs = [run.args[1] for run in bay.programs]  # type: ignore[attr-defined]
    assert {(spec.image, spec.options["version"]) for spec in specs} == {("k-134", "1.34.2")}
    assert plan.summary == "Kubernetes 1.33.5 -> 1.34.2; image: k-133 -> k-134; 5 servers to replace"


def test_masters_that_cannot_be_saved_stay() -> None:
    bay = bay_with(HA, *ALL)
    with pytest.raises(BayError, match="bay demo has no keypair"):
        upgrade(bay, replace(NEXT, backup=BackupRequest(Path("/b"))), deny_disruptions)
    assert done(bay) == []


def rows(plan: Any) -> list[tuple[Any, ...]]:
    return [(row["batch"], row["action"], row["name"], row["from"], row["to"]) for row in plan.rows]


def test_the_plan_says_what_is_done_first_and_what_last() -> None:
    plan = make_plan(bay_with(HA, *ALL), NEXT)
    step = ("1.33.5", "1.34.2")
    assert rows(plan) == [
        (1, "configure", "kubeadm-config", *step),
        (1, "configure", "kubelet-config", *step),
        (1, "replace", "demo-master-0", *step),
        (2, "replace", "demo-master-1", *step),
        (3, "replace", "demo-master-2", *step),
        (3, "configure", "kube-proxy", *step),
        (3, "configure", "coredns", *step),
        (3, "configure", "add-ons", *step),
        (4, "replace", "demo-node-0", *step),
        (5, "replace", "demo-node-1", *step),
    ]
    assert plan.rows[2]["reason"] == "image, boot-data"
    assert plan.refusal is None


def test_what_an_interrupted_upgrade_did_is_not_done_again() -> None:
    spec = build_spec([HA.model_dump(), {"image": "k-134", "options": {"version": "1.34.2"}}])
    bay = bay_with(spec, *ALL[1:], new=("demo-master-0",), image="k-134")
    for resource in bay.deployment["resources"]:  # type: ignore[index]
        if resource["type"].endswith(":Instance") and resource["inputs"]["name"] != "demo-master-0":
            resource["inputs"]["imageId"] = "id-k-133"
    plan = make_plan(bay, NEXT)
    assert rows(plan)[0] == (1, "replace", "demo-master-1", "1.33.5", "1.34.2"), "the configuration is written"
    assert [row[2] for row in rows(plan) if row[1] == "configure"] == ["kube-proxy", "coredns", "add-ons"]
    assert plan.summary == "Kubernetes 1.33.5 and 1.34.2 -> 1.34.2; 4 servers to replace"
    nodes = bay_with(spec, "demo-node-1")
    assert {row[1] for row in rows(make_plan(nodes, NEXT))} == {"replace"}, "the masters are done"


def test_where_all_is_done_nobody_is_asked() -> None:
    spec = build_spec([HA.model_dump(), {"image": "k-134", "options": {"version": "1.34.2"}}])
    bay = bay_with(spec)

    def ask(_plan: Approvable) -> Approval:
        raise AssertionError("nobody is asked")

    plan = upgrade(bay, NEXT, ask)
    assert (plan.is_empty, plan.summary, done(bay)) == (True, "runs Kubernetes 1.34.2 already", [])


def test_another_image_of_the_same_version_leaves_the_control_plane_as_it_is() -> None:
    bay = bay_with(HA, *ALL)
    bay.fake.openstack.add("image", "id-weekly", name="weekly", status="active", properties={"kube_version": "1.33.5"})
    plan = make_plan(bay, UpgradeRequest(image="weekly"))
    assert {row[1] for row in rows(plan)} == {"replace"}


@pytest.mark.parametrize(
    ("model", "old", "new", "step"),
    [("swarm-ha", "d-20", "d-28", ("20.10.24", "28.0.1")), ("mesos-ha", "m-10", "m-11", ("1.10.0", "1.11.0"))],
)
def test_other_engines_get_masters_before_nodes_and_nothing_is_configured(
    model: str, old: str, new: str, step: tuple[str, str]
) -> None:
    spec = build_spec([{"model": model, "nodes": 1, "image": old}])
    bay = bay_with(spec, *MASTERS, "demo-node-0")
    plan = upgrade(bay, UpgradeRequest(image=new, wait=False), deny_disruptions)
    assert rows(plan) == [
        *((number, "replace", name, *step) for number, name in enumerate(MASTERS, 1)),
        (4, "replace", "demo-node-0", *step),
    ]
    assert bay.fake.batches == [*((name,) for name in MASTERS), ("demo-node-0",)]


def refused(bay: FakeStack, request: UpgradeRequest) -> BayError:
    with pytest.raises(BayError) as found:
        upgrade(bay, request, deny_disruptions)
    assert done(bay) == []
    return found.value


def test_a_skip_is_refused_before_an_interrupted_change_is_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    def resume(_bay: object) -> bool:
        raise AssertionError("the rules come first")

    monkeypatch.setattr(operation.recovery, "resume", resume)
    error = refused(bay_with(HA, *ALL), UpgradeRequest("1.35.0"))
    assert error.message == "bay demo: from Kubernetes 1.33.5 to 1.35.0 leaves out 1.34"
    with pytest.raises(BayError, match="leaves out"):
        make_plan(bay_with(HA, *ALL), UpgradeRequest("1.35.0"))


def test_an_only_master_without_a_volume_is_refused_and_one_with_it_goes() -> None:
    bay = bay_with(ONE, "demo-master-0", "demo-node-0")
    error = refused(bay, NEXT)
    assert error.message.startswith(
        "bay demo: demo-master-0 is the only master, with its control-plane data on its own"
    )
    planned = make_plan(bay, NEXT)
    assert planned.refusal
    assert planned.refusal.message == error.message
    assert rows(planned)[-1] == (None, "leave", "demo-master-0", "1.33.5", "1.33.5")
    kept = build_spec([ONE.model_dump(), {"masters": {"state_volume": 1}}])
    bay = bay_with(kept, "demo-master-0", "demo-node-0")
    upgrade(bay, NEXT, deny_disruptions)
    assert bay.fake.batches == [("demo-master-0",), ("demo-node-0",)]


def test_an_ill_master_is_refused() -> None:
    bay = bay_with(HA, "demo-master-0", "demo-master-1")
    for name in ("demo-master-1", "demo-master-2"):
        (server,) = [one for one in bay.fake.openstack.things["server"] if one.name == name]
        server.status = "ERROR"
    assert "demo-master-2 is ERROR" in refused(bay, NEXT).message


def test_it_says_how_it_resumes(monkeypatch: pytest.MonkeyPatch) -> None:
    bay = bay_with(HA, "demo-node-0", "demo-node-1")
    bay.context.cancel = clock = Clock(600)
    monkeypatch.setattr(readiness, "time", clock)
    bay.fake.openstack.consoles["id node 0"] = [""]
    with pytest.raises(NotReady) as stopped:
        upgrade(bay, UpgradeRequest("1.34.2"), deny_disruptions)
    assert stopped.value.hint.endswith("; 'bay upgrade demo --version 1.34.2' resumes")


def bay_without_image(**more: Any) -> FakeStack:
    """A bay with a node whose image is gone, so that its version is not known; more: of that node in the state."""
    bay = bay_with(HA, *ALL)
    for resource in bay.deployment["resources"]:  # type: ignore[index]
        if resource["urn"].endswith("demo-node-1"):
            resource["inputs"]["imageId"] = "id of an image that is gone"
            resource.update(more)
    return bay


def test_a_server_that_could_not_be_created_has_no_version_that_matters() -> None:
    assert "which Kubernetes demo-node-1 runs is not known" in refused(bay_without_image(), NEXT).message
    failed = make_plan(bay_without_image(initErrors=["no valid host was found"]), NEXT)
    assert rows(failed)[-1] == (5, "replace", "demo-node-1", None, "1.34.2")


def test_what_an_earlier_run_left_undone_comes_first_and_has_no_version() -> None:
    bay = bay_with(HA, *ALL)
    bay.steps.append(begins("create", urn("Port", "demo-node-2", "Bay", "Servers")))
    assert rows(make_plan(bay, NEXT))[0] == (0, "finish", "demo-node-2", None, None)


def report(versions: dict[str, EngineVersion], calls: tuple[DeprecatedCall, ...] | None, patch: Any) -> None:
    def asked(_bay: object, _rules: UpgradeRules) -> EngineReport:
        return EngineReport(versions, calls)

    patch.setattr(operation, "report_of", asked)


def test_what_the_engine_says_counts_more_than_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    report(dict.fromkeys(ALL, EngineVersion(1, 34, 2)), (), monkeypatch)
    error = refused(bay_with(HA, *ALL), UpgradeRequest("1.33.5"))
    assert error.message == "bay demo: demo-master-0 runs Kubernetes 1.34.2, not 1.33.5"


def test_calls_that_go_away_are_in_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    gone, later = (
        DeprecatedCall("batch/v1beta1 cronjobs", EngineVersion(1, 34)),
        DeprecatedCall("v1 endpoints", None),
    )
    report({}, (gone, later), monkeypatch)
    plan = make_plan(bay_with(HA, *ALL), NEXT)
    assert plan.rows[:2] == [
        {
            "batch": 0,
            "action": "check",
            "type": "DeprecatedAPI",
            "name": "batch/v1beta1 cronjobs",
            "from": None,
            "to": "1.34",
            "reason": "clients have called it; Kubernetes 1.34.2 has it no more",
        },
        {
            "batch": 0,
            "action": "check",
            "type": "DeprecatedAPI",
            "name": "v1 endpoints",
            "from": None,
            "to": None,
            "reason": "clients have called it; it goes in a later version",
        },
    ]
    assert plan.removed == [gone]


def test_a_rebuild_does_not_get_around_the_rules() -> None:
    with pytest.raises(BayError) as found:
        rebuild(bay_with(HA, *ALL), RebuildRequest(image="k-134"), deny_disruptions)
    assert found.value.message == "image: k-134 brings Kubernetes 1.34.2, and bay demo is of 1.33.5"
    assert found.value.hint.startswith("'bay upgrade demo --image k-134'")
    swarm = bay_with(SWARM, "demo-node-0")
    rebuild(swarm, RebuildRequest(image="d-28", wait=False), deny_disruptions)
    assert swarm.fake.batches == [("demo-node-0",)]
    weekly = bay_with(HA, "demo-node-0")
    weekly.fake.openstack.add("image", "id-w", name="w", status="active", properties={"kube_version": "1.33.9"})
    rebuild(weekly, RebuildRequest(image="w", wait=False), deny_disruptions)
    assert weekly.fake.batches == [("demo-node-0",)]


def test_an_engine_of_a_sites_own_without_rules_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "bay.stacks.operations.upgrade_target.upgrade_rules", lambda engine: None if engine is ENGINES["swarm"] else 1
    )
    assert refused(bay_with(SWARM), NEXT).message == "bay demo: Docker Swarm says nothing of upgrades"
