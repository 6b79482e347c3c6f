"""`rebuild`: what is refused before anybody is asked, what is changed in which order, and how it resumes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bay.components.errors import BayError, InvalidInput
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.components.yaml_file import dump
from bay.stacks.approval import Approvable, Approval, deny_disruptions
from bay.stacks.cluster import readiness
from bay.stacks.errors import Declined, NotReady, QuotaExceeded
from bay.stacks.operations import rebuild as operation
from bay.stacks.operations.backup import BackupRequest
from bay.stacks.operations.rebuild import RebuildRequest, make_plan, rebuild, with_image
from bay.stacks.operations.rebuild_plan import Selection
from bay.stacks.program.config import config_of
from bay.stacks.state.snapshot import IMAGE_TYPE, StateSnapshot
from tests.fakes.openstack import FakeCloud, boot, ordinary_cloud
from tests.fakes.pulumi_events import begins, outdated, urn
from tests.fakes.stack import Clock, FakeContext, FakeStack
from tests.fakes.states import FINISHED, Deployment, bay_of

HA = build_spec([{"model": "swarm-ha", "nodes": 2}])
SMALL = build_spec([{"model": "swarm", "nodes": 2}])
EVERYTHING = RebuildRequest(wait=False)


def deployment_of(spec: BaySpec, flavor: str = "id-m1.small", image: str = "id-debian-12-docker") -> Deployment:
    """A bay whose servers have this flavor, and whose image was this one first."""
    deployment = bay_of(spec)
    for resource in deployment["resources"]:
        if resource["type"].endswith(":Instance"):
            resource["inputs"]["flavorId"] = flavor
    known = {"name": "debian-12-docker", "image_id": image}
    resource = {"urn": urn("Image", "demo-image", "Bay"), "type": IMAGE_TYPE, "id": image, "outputs": known}
    deployment["resources"].append(resource)
    return deployment


def bay_with(
    spec: BaySpec, *names: str, paths: tuple[str, ...] = ("imageId",), cloud: FakeCloud | None = None, **of: Any
) -> FakeStack:
    """A bay whose servers are well; these of them are outdated."""
    deployment, cloud = deployment_of(spec, **of), cloud or ordinary_cloud()
    boot(cloud, StateSnapshot.from_deployment("demo", deployment))
    steps = [outdated(name, *paths) for name in names]
    return FakeStack(deployment, cloud, steps=steps, last=FINISHED)


def done(bay: FakeStack) -> list[str]:
    """What happened, in its order."""
    lines = [line.replace("get_server_console_output ", "wait for ") for line in bay.journal]
    return list(dict.fromkeys(line for line in lines if line.startswith(("up", "unprotect", "wait", "edit"))))


def rebuilt(bay: FakeStack, request: RebuildRequest = EVERYTHING) -> list[str]:
    rebuild(bay, request, deny_disruptions)
    return done(bay)


def test_each_batch_is_waited_for_and_only_a_master_that_goes_is_unprotected() -> None:
    bay = bay_with(HA, "demo-master-0", "demo-master-2", "demo-node-0", "demo-node-1")
    assert rebuilt(bay, RebuildRequest()) == [
        "unprotect demo-master-0",
        "up replacing demo-master-0 without demo-master-2, demo-node-0, demo-node-1",
        "wait for id master 0",
        "unprotect demo-master-2",
        "up replacing demo-master-2 without demo-node-0, demo-node-1",
        "wait for id master 2",
        "up replacing demo-node-0 without demo-node-1",
        "wait for id node 0",
        "up replacing demo-node-1",
        "wait for id node 1",
    ]
    assert bay.fake.batches == [("demo-master-0",), ("demo-master-2",), ("demo-node-0",), ("demo-node-1",)]


def test_a_name_that_stands_for_another_image_by_now_is_taken_up_with_the_first_batch() -> None:
    bay = bay_with(SMALL, "demo-node-0", image="id of last month")
    assert rebuilt(bay) == ["up replacing demo-image, demo-node-0"]
    same = bay_with(SMALL, "demo-node-0")
    assert rebuilt(same) == ["up replacing demo-node-0"]


@pytest.mark.parametrize(
    ("names", "begin"),
    [
        (["demo-master-1", "demo-node-0"], ["backup", "unprotect demo-master-1"]),
        (["demo-node-0"], ["up replacing demo-node-0"]),
    ],
)
def test_masters_are_saved_before_the_first_one_goes(
    names: list[str], begin: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = BackupRequest(Path("/b"))
    bay = bay_with(HA, *names)

    def save(saved: FakeStack, request: BackupRequest) -> SimpleNamespace:
        assert (saved, request) == (bay, wanted)
        bay.journal.append("wait: backup")
        return SimpleNamespace(file="/b/f", header=SimpleNamespace(master="demo-master-0"))

    monkeypatch.setattr(operation, "backup", save)
    found = [line.removeprefix("wait: ") for line in rebuilt(bay, RebuildRequest(wait=False, backup=wanted))]
    assert found[: len(begin)] == begin


def test_masters_that_cannot_be_saved_stay() -> None:
    bay = bay_with(HA, "demo-master-1")
    with pytest.raises(BayError, match="bay demo has no keypair"):
        rebuilt(bay, RebuildRequest(backup=BackupRequest(Path("/b"))))
    assert bay.deeds == []


def test_where_nothing_is_outdated_nobody_is_asked() -> None:
    bay = bay_with(SMALL, image="id of last month")

    def ask(_plan: Approvable) -> Approval:
        raise AssertionError("nobody is asked")

    assert rebuild(bay, EVERYTHING, ask).is_empty
    assert done(bay) == []


def test_who_says_no_keeps_everything() -> None:
    bay = bay_with(SMALL, "demo-node-0")

    def ask(plan: Approvable) -> Approval:
        assert plan.disruption == "replace demo-node-0 of bay demo in 1 batch"
        raise Declined("no")

    with pytest.raises(Declined):
        rebuild(bay, EVERYTHING, ask)
    assert done(bay) == []


def test_another_image_is_part_of_the_spec_from_the_first_batch_on() -> None:
    bay = bay_with(SMALL, "demo-node-0", "demo-node-1")
    plan = rebuild(bay, RebuildRequest(image="debian-12-kubernetes", wait=False), deny_disruptions)
    assert plan.fields == ("image: debian-12-docker -> debian-12-kubernetes",)
    assert plan.summary == "image: debian-12-docker -> debian-12-kubernetes; 2 servers are outdated"
    assert {run.args[1].image for run in bay.programs} == {"debian-12-kubernetes"}  # type: ignore[attr-defined]


def test_an_image_without_a_server_that_needs_it_still_gets_into_the_spec() -> None:
    assert rebuilt(bay_with(SMALL), RebuildRequest(image="debian-12-kubernetes")) == ["up"]


def test_an_image_is_for_the_bay_or_for_a_group() -> None:
    grouped = build_spec([{"model": "swarm", "node_groups": {"gpu": {"count": 1, "image": "cuda"}}}])
    assert with_image("demo", grouped, "", "new").image == "new"
    assert with_image("demo", grouped, "", "new").groups["gpu"].image == "cuda"
    of_group = with_image("demo", grouped, "gpu", "new")
    assert (of_group.image, of_group.groups["gpu"].image) == (grouped.image, "new")
    assert with_image("demo", grouped, "gpu", "") is grouped
    with pytest.raises(InvalidInput, match="bay demo has no group 'cpu'"):
        with_image("demo", grouped, "cpu", "new")
    with pytest.raises(BayError, match="image: there is no image 'debian-12-dokcer'") as unknown:
        rebuild(bay_with(SMALL), RebuildRequest(image="debian-12-dokcer"), deny_disruptions)
    assert "debian-12-docker" in unknown.value.hint


def test_it_stops_at_the_first_that_does_not_come_back_and_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    bay = bay_with(SMALL, "demo-node-0", "demo-node-1")
    bay.context.cancel = clock = Clock(60)
    monkeypatch.setattr(readiness, "time", clock)
    bay.fake.openstack.consoles["id node 0"] = [""]
    with pytest.raises(NotReady, match="server demo-node-0 is not ready after 7 minutes") as stopped:
        rebuild(bay, RebuildRequest(timeout=timedelta(minutes=7)), deny_disruptions)
    assert stopped.value.hint.endswith("; 'bay rebuild demo' resumes, --image goes back to another image")
    assert [line for line in done(bay) if line.startswith("up")] == ["up replacing demo-node-0 without demo-node-1"]


def test_a_server_of_an_interrupted_rebuild_is_waited_for_before_the_next_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    bay = bay_with(SMALL, "demo-node-1")
    (young,) = [one for one in bay.fake.openstack.things["server"] if one.name == "demo-node-0"]
    young.launched_at = datetime.now(UTC).replace(tzinfo=None).isoformat()
    assert rebuilt(bay) == ["wait for id node 0", "up replacing demo-node-1"]
    old = bay_with(SMALL, "demo-node-1")
    (server,) = [one for one in old.fake.openstack.things["server"] if one.name == "demo-node-0"]
    server.launched_at = (datetime.now(UTC) - timedelta(days=1)).replace(tzinfo=None).isoformat()
    assert rebuilt(old) == ["up replacing demo-node-1"]

    broken = bay_with(SMALL, "demo-node-1")
    broken.context.cancel = clock = Clock(600)
    monkeypatch.setattr(readiness, "time", clock)
    (server,) = [one for one in broken.fake.openstack.things["server"] if one.name == "demo-node-0"]
    server.launched_at = young.launched_at
    broken.fake.openstack.consoles["id node 0"] = [""]
    with pytest.raises(NotReady):
        rebuild(broken, EVERYTHING, deny_disruptions)
    assert not any(line.startswith("up") for line in done(broken)), "another that does not come back would be too many"


def test_an_unhealthy_server_that_stays_refuses_it() -> None:
    bay = bay_with(SMALL, "demo-node-1")
    (server,) = [one for one in bay.fake.openstack.things["server"] if one.name == "demo-node-0"]
    server.status = "SHUTOFF"
    with pytest.raises(BayError) as refused:
        rebuild(bay, EVERYTHING, deny_disruptions)
    assert refused.value.message == ("bay demo: demo-node-0 is SHUTOFF, and not one of those that would be rebuilt")
    assert refused.value.hint.endswith("'bay repair demo --node demo-node-0' replaces it")
    assert done(bay) == []
    assert make_plan(bay, EVERYTHING).refusal is not None, "a look says the same"
    server.status = "ACTIVE"
    assert make_plan(bay, EVERYTHING).refusal is None


def test_a_server_that_is_locked_is_named_before_anything_is_changed() -> None:
    bay = bay_with(SMALL, "demo-node-0", "demo-node-1")
    (server,) = [one for one in bay.fake.openstack.things["server"] if one.name == "demo-node-1"]
    server.is_locked = True
    with pytest.raises(BayError, match="bay demo: demo-node-1 is locked in Nova") as refused:
        rebuild(bay, EVERYTHING, deny_disruptions)
    assert refused.value.hint.startswith("'openstack server unlock SERVER'")
    assert done(bay) == []


def test_masters_without_a_quorum_beside_them_stay() -> None:
    bay = bay_with(HA, "demo-master-0", "demo-master-1")
    assert make_plan(bay, EVERYTHING).refusal is None
    for name in ("demo-master-0", "demo-master-1"):
        (server,) = [one for one in bay.fake.openstack.things["server"] if one.name == name]
        server.status = "ERROR"
    refused = "without demo-master-0 only 1 of 3 masters would be healthy; quorum needs 2"
    with pytest.raises(BayError, match=refused):
        rebuild(bay, EVERYTHING, deny_disruptions)
    assert done(bay) == []


def test_an_unhealthy_server_that_is_outdated_goes_first_since_it_is_no_loss() -> None:
    bay = bay_with(HA, "demo-master-0", "demo-master-1", "demo-node-0", "demo-node-1")
    for name in ("demo-master-1", "demo-node-1"):
        (server,) = [one for one in bay.fake.openstack.things["server"] if one.name == name]
        server.status = "ERROR"
    assert make_plan(bay, EVERYTHING).names == ["demo-master-1", "demo-master-0", "demo-node-1", "demo-node-0"]
    assert make_plan(bay, EVERYTHING).refusal is None


def test_a_larger_flavor_has_to_fit_the_quota() -> None:
    spec = build_spec([{"model": "swarm", "nodes": {"count": 2, "flavor": "m1.large"}}])
    bay = bay_with(spec, "demo-node-0", "demo-node-1", paths=("flavorId",))
    limits = bay.fake.openstack.compute_limits
    limits |= {"total_cores": 20, "total_cores_used": 14}
    assert rebuilt(bay)[0] == "up replacing demo-node-0 without demo-node-1"
    bay = bay_with(spec, "demo-node-0", "demo-node-1", paths=("flavorId",))
    bay.fake.openstack.compute_limits |= {"total_cores": 20, "total_cores_used": 15}
    with pytest.raises(QuotaExceeded) as refused:
        rebuilt(bay)
    assert "cores (by 1)" in refused.value.message, "from one core to four, two times"
    assert done(bay) == []


def test_the_only_master_is_resized_and_stays_protected() -> None:
    spec = build_spec([{"model": "swarm", "masters": {"flavor": "m1.large"}}])
    bay = bay_with(spec, "demo-master-0", paths=("flavorId",))
    assert rebuilt(bay) == ["up"]
    assert [run.keywords["resized"] for run in bay.programs] == [["demo-master-0"]]  # type: ignore[attr-defined]


def test_what_an_earlier_run_left_uncreated_is_back_before_the_first_batch() -> None:
    bay = bay_with(SMALL, "demo-node-0")
    bay.steps.append(begins("create", urn("Instance", "demo-node-1", "Bay", "Servers")))
    assert rebuilt(bay, RebuildRequest(Selection(), wait=False))[:3] == [
        "up without demo-node-0",
        "wait for id node 1",
        "up replacing demo-node-0",
    ]


def test_a_master_that_an_earlier_run_left_uncreated_is_a_member_again_before_the_next_goes() -> None:
    bay = bay_with(HA, "demo-master-1", "demo-master-2")
    assert bay.deployment is not None
    resources = bay.deployment["resources"]
    (lost,) = [one for one in resources if one["urn"].endswith("::demo-master-0")]
    resources.remove(lost)
    bay.steps.append(begins("create", urn("Instance", "demo-master-0", "Bay", "Servers")))
    bay.on("up", lambda: resources_of(bay).append(lost))
    assert rebuilt(bay) == [
        "up without demo-master-1, demo-master-2",
        "wait for id master 0",
        "unprotect demo-master-1",
        "up replacing demo-master-1 without demo-master-2",
        "wait for id master 1",
        "unprotect demo-master-2",
        "up replacing demo-master-2",
    ]


def resources_of(bay: FakeStack) -> list[Any]:
    assert bay.deployment is not None
    found: list[Any] = bay.deployment["resources"]
    return found


def test_a_file_with_changes_that_are_not_applied_yet_is_applied_first(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: bay\n")
    (tmp_path / "stacks").mkdir()
    file = tmp_path / "stacks" / "Pulumi.demo.yaml"
    deployment = deployment_of(SMALL)
    next(r for r in deployment["resources"] if r["type"].endswith(":Identity"))["outputs"]["managed_by"] = "file"
    cloud = ordinary_cloud()
    boot(cloud, StateSnapshot.from_deployment("demo", deployment))
    context = FakeContext(cloud, checkout=tmp_path)
    steps = [outdated("demo-node-0", "imageId")]
    bay = FakeStack(deployment, context=context, steps=steps, last=FINISHED)
    file.write_text(dump({"config": config_of(build_spec([{"model": "swarm", "nodes": 5}]))}))
    with pytest.raises(BayError, match="has changes that are not applied yet") as refused:
        rebuild(bay, EVERYTHING, deny_disruptions)
    assert refused.value.hint == "'bay update demo' applies them; then rebuild"
    file.write_text(dump({"config": config_of(SMALL)}))
    rebuild(bay, RebuildRequest(image="debian-12-kubernetes", wait=False), deny_disruptions)
    assert context.commands == ["config set"], "the image is written there, and nothing else"
