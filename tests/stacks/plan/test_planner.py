"""How a plan is made: what is asked of the state, the cloud and Pulumi, where it is previewed, and what it notes."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bay.components.errors import BayError
from bay.components.node import lifetimes
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec, changed_spec
from bay.stacks.cluster.health import Health
from bay.stacks.errors import Protected
from bay.stacks.plan import planner
from bay.stacks.plan.planner import build_plan, prepare
from bay.stacks.plan.types import Plan
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud, boot, ordinary_cloud
from tests.fakes.pulumi_events import begins, state, urn
from tests.fakes.stack import FakeContext, FakeStack
from tests.fakes.states import FINISHED, bay_of, cut_off, failed

SWARM = build_spec([{"model": "swarm", "nodes": 3}])
HA = build_spec([{"model": "swarm-ha", "nodes": 3}])


def stack(spec: BaySpec = HA, cloud: FakeCloud | None = None, **options: Any) -> FakeStack:
    """A complete bay, all of whose servers are well."""
    deployment, cloud = bay_of(spec), cloud or ordinary_cloud()
    boot(cloud, StateSnapshot.from_deployment("demo", deployment))
    return FakeStack(deployment, cloud, last=FINISHED, **options)


def planned(bay: FakeStack, *layers: dict[str, Any], **options: Any) -> Plan:
    def specify(before: BaySpec | None) -> BaySpec:
        return changed_spec(before or SWARM, layers)

    return build_plan(prepare(bay, specify), **options)


def deleting(*names: str) -> list[Any]:
    return [begins("delete", urn("Instance", f"demo-{name}", "Bay", "Servers")) for name in names]


def runs(bay: FakeStack) -> list[str]:
    return [line for line in bay.journal if line.startswith(("preview", "aside", "edit", "up"))]


def test_a_plan_changes_nothing() -> None:
    bay = stack(steps=deleting("node-2"))
    plan = planned(bay, {"nodes": 2})
    assert [(c.operation, c.name) for c in plan.changes] == [("delete", "demo-node-2")]
    assert [field.path for field in plan.fields] == ["nodes.count"]
    assert (plan.bay, plan.exists, plan.risks) == ("demo", True, ())
    assert bay.deeds == []
    assert runs(bay) == ["preview"]


def test_a_plan_says_with_what_it_was_compared() -> None:
    bay = stack()
    plan = planned(bay, refresh=True)
    assert runs(bay) == ["preview --refresh"]
    assert plan.compared.with_cloud
    assert plan.compared.changed_at == bay.state.changed_at is not None
    assert planned(stack()).compared.with_cloud is False


def test_a_new_bay_is_previewed_in_a_state_that_nobody_else_sees() -> None:
    bay = FakeStack(None, ordinary_cloud(), steps=[begins("create", urn("Instance", "demo-node-0", "Bay", "Servers"))])
    plan = planned(bay)
    assert (plan.exists, plan.summary) == (False, "1 to create")
    assert ("nodes.count", None, "3") in [(field.path, field.old, field.new) for field in plan.fields]
    assert not [field.path for field in plan.fields if field.later or field.new in (None, "[]", "{}")]
    assert runs(bay) == ["aside create", "aside preview"]
    assert bay.fake.processes[-1].environment["PULUMI_CONFIG_PASSPHRASE"] == "a preview keeps no secret"


@pytest.mark.parametrize(
    "layer",
    [{"masters": 1}, {"network": {"cidr": "10.99.0.0/20"}}],
    ids=["masters that go", "another network"],
)
def test_where_pulumi_would_stop_at_what_is_protected_a_copy_without_protection_is_previewed(
    layer: dict[str, Any],
) -> None:
    deployment = bay_of(HA)
    for resource in deployment["resources"]:
        resource["protect"] = True
    bay = FakeStack(deployment, ordinary_cloud(), steps=deleting("master-2"))
    plan = planned(bay, layer)
    assert runs(bay) == ["aside create", "aside edit", "aside preview"]
    (copied,) = bay.copies
    assert copied.deployment is not None
    assert not any("protect" in resource for resource in copied.deployment["resources"])
    assert len(copied.deployment["resources"]) == len(deployment["resources"])
    assert [c.name for c in plan.changes] == ["demo-master-2"]


def test_where_pulumi_stops_all_the_same_a_copy_is_previewed() -> None:
    bay = stack(steps=deleting("node-2"))
    bay.on("preview", Protected("bay demo: a volume would be deleted", ""))
    assert planned(bay).summary == "1 to delete"
    assert runs(bay) == ["preview", "aside create", "aside edit", "aside preview"]


def test_what_the_cloud_lacks_is_told_in_its_own_words_and_not_in_pulumis() -> None:
    bay = stack()
    bay.fake.openstack.things["image"].clear()
    bay.on("preview", BayError("the program failed"))
    assert told(lambda: planned(bay))[0] == "image: there is no image 'debian-12-docker'"


def test_an_error_of_pulumis_own_stays_what_it_is() -> None:
    bay = stack()
    bay.on("preview", BayError("Pulumi is tired"))
    assert told(lambda: planned(bay))[0] == "Pulumi is tired"


def test_a_login_for_another_project_plans_nothing() -> None:
    cloud = ordinary_cloud(project_id="9" * 32)
    with pytest.raises(BayError, match="bay demo belongs to project"):
        planned(stack(cloud=cloud))


def test_what_a_bay_cannot_become_is_refused() -> None:
    with pytest.raises(BayError, match="its container engine, Docker Swarm, cannot be changed"):
        build_plan(prepare(stack(), lambda _before: build_spec([{"model": "kubernetes"}])))


def test_a_plan_says_what_it_takes_of_the_quotas() -> None:
    (instances, *_) = planned(stack(SWARM), {"nodes": 5}).quota
    assert (instances.resource, instances.needed) == ("instances", 2)
    bay = stack(SWARM)
    assert planned(bay, {"nodes": 5}, quotas=False).quota == ()
    assert "get_limits" not in bay.journal


def test_servers_that_never_ran_are_replaced_and_no_loss() -> None:
    cloud = ordinary_cloud()
    node = next(server for server in StateSnapshot.from_deployment("demo", failed()).failed_servers)
    cloud.add("server", node.id, name=node.name, status="ERROR")
    update = begins("update", urn("Instance", "demo-node-0", "Bay", "Servers"), ["metadata"])
    plan = planned(FakeStack(failed(), cloud, steps=[update]))
    assert [(c.operation, c.name) for c in plan.changes] == [("replace", "demo-node-0")]
    assert plan.impact == plan.risks == ()


def test_an_interrupted_run_is_noted() -> None:
    assert planned(FakeStack(cut_off(), ordinary_cloud())).notes == (
        "the previous run was interrupted while creating Instance demo-node-0",
    )


def test_servers_that_run_another_image_than_new_ones_would_get_are_noted() -> None:
    def event(kind: str, name: str, inputs: dict[str, Any]) -> Any:
        one = begins("same", urn(kind, name, "Bay", *(["Servers"] if kind == "Instance" else [])))
        assert one.resource_pre_event is not None
        one.resource_pre_event.metadata.old = one.resource_pre_event.metadata.new = state(kind, inputs)
        return one

    steps = [
        event("Image", "demo-image", {"image_id": "new"}),
        event("Instance", "demo-node-0", {"imageId": "old"}),
        event("Instance", "demo-node-1", {"imageId": "new"}),
        event("Instance", "demo-master-0", {"imageId": "old"}),
    ]
    assert planned(stack(SWARM, steps=steps)).notes == (
        "demo-master-0: created from another image than debian-12-docker; 'bay rebuild demo' replaces them",
        "demo-node-0: created from another image than debian-12-docker; 'bay rebuild demo' replaces them",
    )


def masters_of(bay: FakeStack, *going: str) -> tuple[str, ...]:
    """What is said of the quorum where these go."""
    bay.steps = deleting(*going)
    return tuple(risk.message for risk in planned(bay).risks if risk.kind == "masters")


def test_only_where_one_of_several_masters_goes_the_cloud_is_asked_how_the_others_are() -> None:
    bay = stack()
    (server,) = [one for one in bay.fake.openstack.things["server"] if one.name == "demo-master-1"]
    server.status = "ERROR"
    assert masters_of(bay) == ()
    assert not any(line.startswith("servers") for line in bay.journal), "it is not asked for what nobody needs"
    assert masters_of(bay, "node-0") == ()
    (message,) = masters_of(bay, "master-2")
    assert message.endswith("quorum needs 2 of 3, of which 1 would be healthy (demo-master-1 unhealthy)")
    assert "servers name=^demo-" in bay.journal


def test_a_master_that_the_engine_calls_unhealthy_is_none_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    health = Health("UNHEALTHY", "", {"demo-master-0": "UNHEALTHY"})
    monkeypatch.setattr(planner, "health_of", lambda _bay: health)
    (message,) = masters_of(stack(), "master-2")
    assert message.endswith("of which 1 would be healthy (demo-master-0 unhealthy)")


@pytest.fixture
def managed_by_file(tmp_path: Path) -> FakeStack:
    """A bay, in its checkout, whose file there cannot be read."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.demo.yaml").write_text("config: [")
    deployment = bay_of(SWARM)
    next(r for r in deployment["resources"] if r["type"].endswith("Identity"))["outputs"]["managed_by"] = "file"
    return FakeStack(deployment, context=FakeContext(ordinary_cloud(), checkout=tmp_path), last=FINISHED)


def same_spec(before: BaySpec | None) -> BaySpec:
    assert before is not None
    return before


def test_a_plan_starts_from_the_file_of_the_checkout_that_manages_the_bay(managed_by_file: FakeStack) -> None:
    with pytest.raises(BayError, match=r"Pulumi\.demo\.yaml"):
        prepare(managed_by_file, same_spec)


def test_a_plan_of_a_commits_file_does_not_read_the_one_in_the_folder(managed_by_file: FakeStack) -> None:
    assert prepare(managed_by_file, same_spec, from_file=True).spec == SWARM


def test_certificates_that_end_soon_are_a_risk_that_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifetimes, "NOTICE", timedelta(days=3000))
    (risk,) = planned(stack()).risks
    assert (risk.kind, risk.refused, risk.allowed_by) == ("certificates", False, None)
    assert risk.message.startswith("certificates of bay demo: server ends at 2031-11-21T16:59:09Z, in ")
