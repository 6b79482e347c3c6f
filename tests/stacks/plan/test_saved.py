"""Plans in files: what is saved, what makes one stale, and files that are none."""

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bay.cli.errors import exit_code
from bay.components.distribution import installed_version
from bay.components.errors import BayError
from bay.components.openstack.resolve import resolve
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec, changed_spec
from bay.stacks.errors import NotFound, PlanRefused, PlanStale
from bay.stacks.plan.fingerprint import capture
from bay.stacks.plan.planner import OnCloud, prepare
from bay.stacks.plan.saved import OpenPlan, SavedPlan, open_plan, read, save
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import FakeCloud, boot, ordinary_cloud
from tests.fakes.pulumi_events import begins, urn
from tests.fakes.stack import FakeStack
from tests.fakes.states import FINISHED, Deployment, bay_of, cut_off, failed

SPEC = build_spec([{"model": "swarm", "nodes": 1}])
TWO = changed_spec(SPEC, [{"nodes": 2}])


def stack(deployment: Deployment | None = None, cloud: FakeCloud | None = None, **options: Any) -> FakeStack:
    deployment, cloud = deployment or bay_of(SPEC), cloud or ordinary_cloud()
    boot(cloud, StateSnapshot.from_deployment("demo", deployment))
    return FakeStack(deployment, cloud, last=FINISHED, **options)


def on(bay: FakeStack) -> OnCloud:
    return OnCloud(bay.cloud, resolve(SPEC, bay.cloud), ())


@pytest.fixture
def plan() -> SavedPlan:
    """Of a complete bay, for one node more."""
    bay = stack()
    return SavedPlan(
        made_by=installed_version(),
        made_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        bay="demo",
        managed_by="cli",
        spec=TWO,
        fingerprint=capture(bay, on(bay).resolved),
        pulumi={"resourcePlans": {}},
    )


def with_other_image(deployment: Deployment) -> None:
    deployment["resources"][-1]["inputs"]["imageId"] = "another"


def without_server(deployment: Deployment) -> None:
    deployment["resources"].pop()


def with_other_spec(deployment: Deployment) -> None:
    bay = next(r for r in deployment["resources"] if r["type"] == "bay:index:Bay")
    bay["inputs"]["spec"]["keypair"] = "ada"


def of_another_id(deployment: Deployment) -> None:
    next(r for r in deployment["resources"] if r["type"].endswith("bay:Identity"))["id"] = "another"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_server, "Instance demo-node-0 is gone from the state"),
        (with_other_image, "Instance demo-node-0 was changed in the state"),
        (with_other_spec, "Bay demo was changed in the state, its spec was changed"),
        (of_another_id, "it is another bay of the same name"),
    ],
)
def test_a_plan_whose_bay_moved_on_is_stale(plan: SavedPlan, change: Callable[[Deployment], None], words: str) -> None:
    state = bay_of(SPEC)
    change(state)
    bay = stack(state)
    with pytest.raises(PlanStale) as refused:
        OpenPlan(plan, Path("none")).require_fresh(bay, on(bay))
    assert refused.value.message == f"the plan of 2026-01-02 03:04 UTC is stale: bay demo has changed since: {words}"
    assert refused.value.hint == "nothing was changed: make a new one: bay preview demo ... --save FILE"


def test_a_plan_whose_bay_is_as_it_was_is_carried_out(plan: SavedPlan) -> None:
    bay = stack()
    opened = OpenPlan(plan, Path("none"))
    opened.require_fresh(bay, on(bay))
    assert opened.specify(SPEC) == TWO


def test_a_plan_of_a_bay_that_is_no_more_is_not_that_of_a_new_one(plan: SavedPlan) -> None:
    with pytest.raises(NotFound, match="there is no bay 'demo' in this state"):
        OpenPlan(plan, Path("none")).specify(None)
    new = plan.model_copy(update={"fingerprint": plan.fingerprint.model_copy(update={"bay_id": ""})})
    assert OpenPlan(new, Path("none")).specify(None) == TWO


def test_a_plan_is_read_as_it_was_written_and_is_its_owners_alone(plan: SavedPlan, tmp_path: Path) -> None:
    file = tmp_path / "one.plan"
    plan.write(file)
    assert read(file) == plan
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with open_plan(file, "demo") as opened:
        assert json.loads(opened.pulumi.read_text()) == plan.pulumi
    assert not opened.pulumi.exists()


def edited(**changes: Any) -> Callable[[str], str]:
    return lambda text: json.dumps({**json.loads(text), **changes})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text[:-20], "not a saved plan, or truncated"),
        (lambda text: "", "not a saved plan, or truncated"),
        (lambda text: "[]", "not a saved plan"),
        (lambda text: '{"manifest": {}, "resourcePlans": {}}', "not a saved plan"),
        (edited(version=1), "a plan of format 1, and this bay reads format 2"),
        (lambda text: text.replace('"count": 2', '"count": 9'), "the plan is damaged: its checksum does not match"),
        (edited(sha256=None), "the plan is damaged: its checksum does not match"),
    ],
)
def test_files_that_are_no_plans_are_told_from_damaged_ones(
    plan: SavedPlan, tmp_path: Path, change: Callable[[str], str], words: str
) -> None:
    file = tmp_path / "one.plan"
    plan.write(file)
    text = change(file.read_text())
    assert text != file.read_text()
    file.write_text(text)
    with pytest.raises(BayError) as refused:
        read(file)
    assert refused.value.message == f"{file}: {words}"
    assert exit_code(refused.value) == 2


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BayError) as refused:
        read(tmp_path / "none.plan")
    assert refused.value.message == f"{tmp_path / 'none.plan'}: No such file or directory"
    assert refused.value.hint == "name a file that 'bay preview NAME --save FILE' wrote"


def test_plans_of_other_versions_of_bay_and_of_other_bays_are_refused(plan: SavedPlan, tmp_path: Path) -> None:
    file = tmp_path / "one.plan"
    plan.model_copy(update={"made_by": "9.9"}).write(file)
    with pytest.raises(BayError, match=f"is from bay 9.9, and this is bay {installed_version()}"):
        read(file)
    plan.write(file)
    with pytest.raises(BayError, match="the plan is for bay demo, not for other"), open_plan(file, "other"):
        pass


# What is saved


def saved(bay: FakeStack, path: Path, spec: BaySpec = TWO) -> SavedPlan:
    plan = save(prepare(bay, lambda _before: spec), path, started=0.0)
    assert plan.bay == "demo"
    return read(path)


def test_a_plan_that_is_saved_rests_on_the_bay_as_it_is(tmp_path: Path, plan: SavedPlan) -> None:
    bay = stack()
    found = saved(bay, tmp_path / "one.plan")
    assert (found.spec, found.fingerprint, found.managed_by) == (TWO, plan.fingerprint, "cli")
    assert bay.deeds == []


def test_a_plan_that_would_be_refused_is_not_saved(tmp_path: Path) -> None:
    network = begins("replace", urn("Network", "demo", "Bay", "Network"))
    bay = stack(steps=[network])
    with pytest.raises(PlanRefused) as refused:
        saved(bay, tmp_path / "one.plan")
    assert refused.value.message.startswith("the plan is not saved, since it would be refused: Network demo replaced;")
    assert refused.value.hint == "create another bay"
    assert not (tmp_path / "one.plan").exists()


def test_a_batch_is_what_a_reviewer_of_the_plan_agrees_to(tmp_path: Path) -> None:
    going = [begins("delete", urn("Instance", f"demo-node-{i}", "Bay", "Servers")) for i in range(2)]
    bay = stack(bay_of(TWO), steps=going)
    assert saved(bay, tmp_path / "one.plan", SPEC).spec == SPEC


@pytest.mark.parametrize(("state", "verb"), [(cut_off(), "create"), (failed(), "update")])
def test_a_bay_that_is_not_complete_is_resumed_first(tmp_path: Path, state: Deployment, verb: str) -> None:
    with pytest.raises(BayError) as refused:
        saved(FakeStack(state, ordinary_cloud()), tmp_path / "one.plan")
    assert refused.value.message == (
        "bay demo is not complete: a run of it was interrupted or failed, and a change first resumes that"
    )
    assert refused.value.hint == f"resume it, then save a plan: bay {verb} demo"


def test_a_plan_for_a_new_bay_can_be_saved(tmp_path: Path) -> None:
    bay = FakeStack(None, ordinary_cloud())
    assert bay.state.spec is None
    assert saved(bay, tmp_path / "one.plan").fingerprint.bay_id == ""


def test_what_pulumi_keeps_of_expected_outputs_is_left_out(tmp_path: Path) -> None:
    """It would hold user data in the clear."""
    goal = {"name": "demo-node-0"}
    made = {"goal": goal, "steps": ["create"], "state": {"__meta": '{"_new_extra_shim":{"user_data":"secret"}}'}}
    bay = stack()
    bay.update_plan = {"resourcePlans": {"urn": made}}
    assert saved(bay, tmp_path / "one.plan").pulumi == {"resourcePlans": {"urn": {"goal": goal, "steps": ["create"]}}}
    assert "secret" not in (tmp_path / "one.plan").read_text()
