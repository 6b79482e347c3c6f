"""Plans in files: what they rest on, what makes them fail to fit, and files that are none."""

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bay.components.errors import BayError
from bay.components.openstack.resolved import Flavor, GlanceImage, Named, ResolvedSpec
from bay.components.openstack.scope import ProjectScope
from bay.stacks.plan import fingerprint
from bay.stacks.plan.bound import OpenPlan, open_plan
from bay.stacks.plan.fingerprint import Fingerprint
from bay.stacks.plan.saved import SavedPlan, engine_plan, read, this_version
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.states import BAY_ID, Deployment, complete

PLACE = ResolvedSpec(
    login=ProjectScope("https://cloud.example:5000", "north", "0" * 32),
    images={"debian-12-docker": GlanceImage("image-1", "debian-12-docker")},
    flavors={"m1.small": Flavor("1", "m1.small")},
    network=None,
    external=Named("public-1", "public"),
)
OTHER_IMAGE = {"images": {"debian-12-docker": GlanceImage("image-2", "debian-12-docker")}}


def nova(record: StateSnapshot, **statuses: str) -> Any:
    """A cloud in which the bay's servers are ACTIVE, or as said."""
    servers = [SimpleNamespace(id=n.id, status=statuses.get(n.group, "ACTIVE")) for n in record.servers]
    return SimpleNamespace(compute=SimpleNamespace(servers=lambda **_: iter([s for s in servers if s.status])))


def resting_on(deployment: Deployment | None = None, place: ResolvedSpec = PLACE, **statuses: str) -> Fingerprint:
    record = StateSnapshot.from_deployment("demo", deployment or complete())
    return fingerprint.capture(record, place, nova(record, **statuses))


@pytest.fixture
def plan() -> SavedPlan:
    """Of the complete bay, for one node more."""
    rests_on = resting_on()
    assert rests_on.intended is not None
    members = rests_on.intended.groups["node"]
    return SavedPlan(
        made_by=this_version(),
        made_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        bay="demo",
        managed_by="cli",
        spec=rests_on.intended.with_group("node", members.model_copy(update={"count": members.count + 1})),
        basis=rests_on,
        engine={"resourcePlans": {}},
    )


def of_type(deployment: Deployment, kind: str) -> dict[str, Any]:
    return next(r for r in deployment["resources"] if r["type"].endswith(kind))


def without_node(deployment: Deployment) -> None:
    deployment["resources"].remove(of_type(deployment, "instance:Instance"))


def with_other_port(deployment: Deployment) -> None:
    of_type(deployment, "port:Port")["inputs"]["name"] = "another"


def with_other_spec(deployment: Deployment) -> None:
    of_type(deployment, "bay:index:Bay")["inputs"]["spec"]["keypair"] = "ada"


def of_another_id(deployment: Deployment) -> None:
    of_type(deployment, "bay:Identity")["id"] = "another"


def encrypted_anew(deployment: Deployment) -> None:
    """What a run that changes nothing, and a refresh, do to a state."""
    for resource in deployment["resources"]:
        resource["modified"] = "2030-01-01T00:00:00Z"
        inputs = resource.get("inputs") or {}
        inputs.pop("__defaults", None)
        if isinstance(inputs.get("userData"), dict):
            inputs["userData"]["ciphertext"] = "v1:other"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_node, "is gone from the state"),
        (with_other_port, "Port demo-master-0 was changed in the state"),
        (with_other_spec, "Bay demo was changed in the state, its spec was changed"),
        (of_another_id, "it is another bay of the same name"),
    ],
)
def test_a_state_that_moved_on_is_named(plan: SavedPlan, change: Callable[[Deployment], None], words: str) -> None:
    state = complete()
    change(state)
    record = StateSnapshot.from_deployment("demo", state)
    with pytest.raises(BayError) as refused:
        OpenPlan(plan, Path("none")).require_fresh(record, PLACE, nova(record))
    assert refused.value.message.startswith("bay demo is not what the plan of 2026-01-02 03:04 UTC was made for: ")
    assert words in refused.value.message
    assert refused.value.hint == "nothing was changed: make a new one: bay preview demo ... --save FILE"


def test_a_state_that_was_only_written_again_is_the_same(plan: SavedPlan) -> None:
    state = complete()
    encrypted_anew(state)
    assert fingerprint.changes_since(plan.basis, resting_on(state), plan.spec) == []


def test_a_server_that_stopped_or_is_gone_is_named(plan: SavedPlan) -> None:
    assert fingerprint.changes_since(plan.basis, resting_on(node="ERROR"), plan.spec) == [
        "server demo-node-0 is ERROR, was ACTIVE"
    ]
    assert fingerprint.changes_since(plan.basis, resting_on(node=""), plan.spec) == [
        "server demo-node-0 is gone, was ACTIVE"
    ]


def test_another_image_of_the_same_name_and_another_project_are_named(plan: SavedPlan) -> None:
    moved = fingerprint.changes_since(
        plan.basis, resting_on(place=ResolvedSpec(**{**vars(PLACE), **OTHER_IMAGE})), plan.spec
    )
    assert moved == ["images.debian-12-docker.id is image-2, was image-1"]
    elsewhere = ResolvedSpec(**{**vars(PLACE), "login": ProjectScope("https://cloud.example:5000", "north", "1" * 32)})
    assert fingerprint.changes_since(plan.basis, resting_on(place=elsewhere), plan.spec) == [
        f"login.project_id is {'1' * 32}, was {'0' * 32}"
    ]


def test_a_file_that_says_by_now_what_the_plan_does_is_no_change(plan: SavedPlan) -> None:
    merged = plan.basis.model_copy(update={"intended": plan.spec})
    assert fingerprint.changes_since(plan.basis, merged, plan.spec) == []


def test_a_plan_for_a_new_bay_holds_until_there_is_one(plan: SavedPlan) -> None:
    nothing = fingerprint.capture(None, PLACE, SimpleNamespace())
    assert nothing.bay_id == ""
    assert fingerprint.changes_since(nothing, fingerprint.capture(None, PLACE, SimpleNamespace()), plan.spec) == []
    assert fingerprint.changes_since(nothing, resting_on(), plan.spec) == ["it was made meanwhile"]
    assert resting_on().bay_id == BAY_ID


def test_a_plan_is_read_as_it_was_written_and_is_its_owners_alone(plan: SavedPlan, tmp_path: Path) -> None:
    file = tmp_path / "one.plan"
    plan.write(file)
    assert read(file) == plan
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with open_plan(file, "demo") as bound:
        assert json.loads(bound.engine.read_text()) == plan.engine
    assert not bound.engine.exists()


def edited(**changes: Any) -> Callable[[str], str]:
    return lambda text: json.dumps({**json.loads(text), **changes})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text[:-20], "is no saved plan, or only a part of one"),
        (lambda text: "", "is no saved plan, or only a part of one"),
        (lambda text: "[]", "is no saved plan"),
        (lambda text: '{"manifest": {}, "resourcePlans": {}}', "is no saved plan"),
        (edited(version=2), "a plan of format 2, and this bay reads format 1"),
        (lambda text: text.replace('"count": 2', '"count": 9'), "the plan is damaged: its checksum does not fit"),
        (edited(sha256=None), "the plan is damaged: its checksum does not fit"),
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
    assert refused.value.exit_code == 2


def test_plans_of_other_versions_of_bay_and_of_other_bays_are_refused(plan: SavedPlan, tmp_path: Path) -> None:
    file = tmp_path / "one.plan"
    plan.model_copy(update={"made_by": "9.9"}).write(file)
    with pytest.raises(BayError, match=f"was made by bay 9.9, and this is bay {this_version()}"):
        read(file)
    plan.write(file)
    with pytest.raises(BayError, match="the plan is for bay demo, not for other"), open_plan(file, "other"):
        pass


def test_what_the_engine_keeps_of_expected_outputs_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "engine.json"
    goal = {"name": "demo-node-0"}
    made = {"goal": goal, "steps": ["create"], "state": {"__meta": '{"_new_extra_shim":{"user_data":"secret"}}'}}
    file.write_text(json.dumps({"resourcePlans": {"urn": made}}))
    assert engine_plan(file) == {"resourcePlans": {"urn": {"goal": goal, "steps": ["create"]}}}
