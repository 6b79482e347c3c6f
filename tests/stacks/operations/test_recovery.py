"""What an interrupted run left: adopted where it is complete, else deleted, and data that no run explains never."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from bay.components.errors import BayError
from bay.stacks.errors import Interrupted
from bay.stacks.operations import recovery
from tests.fakes.openstack import FakeCloud
from tests.fakes.stack import Clock, FakeContext, FakeStack
from tests.fakes.states import BAY_ID, FINISHED, NODE_URN, WRITTEN, Deployment, complete, cut_off, failed

MARK = {"bay:id": BAY_ID}
NODE_ID = next(r["id"] for r in complete()["resources"] if r["urn"] == NODE_URN)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def add_server(cloud: FakeCloud, id: str, name: str = "demo-node-0", status: str = "ACTIVE", **fields: Any) -> None:
    cloud.add("server", id, name=name, status=status, metadata=MARK, **fields)


def resumed(cloud: FakeCloud, deployment: Deployment) -> FakeStack:
    """The bay after what its last run left was looked at, which was needed."""
    bay = FakeStack(deployment, cloud)
    assert recovery.resume(bay)
    return bay


def resources(bay: FakeStack) -> dict[str, dict[str, Any]]:
    assert bay.deployment is not None
    return {resource["urn"]: resource for resource in bay.deployment["resources"]}


def deleted(cloud: FakeCloud) -> list[str]:
    return [line for line in cloud.deeds if line.startswith("delete_")]


def test_a_server_that_runs_is_put_into_the_state(cloud: FakeCloud) -> None:
    add_server(cloud, "adopted")
    bay = resumed(cloud, cut_off())
    entry = resources(bay)[NODE_URN]
    recorded = next(r for r in complete()["resources"] if r["urn"] == NODE_URN)
    assert (entry["id"], entry["inputs"]) == ("adopted", recorded["inputs"])
    assert entry["refreshBeforeUpdate"] is True
    assert bay.notices == [
        "the previous run was interrupted while creating Instance demo-node-0",
        "adopting server demo-node-0",
    ]
    assert deleted(cloud) == []
    assert bay.state.interrupted_operations == ()
    assert cloud.deeds == ["edit"], "one edit, whatever there was to do"


def test_a_server_that_failed_is_deleted_to_be_created_again(cloud: FakeCloud) -> None:
    add_server(cloud, "broken", status="ERROR")
    bay = resumed(cloud, cut_off())
    assert NODE_URN not in resources(bay)
    assert cloud.ids("server") == []
    assert bay.notices[-1] == "deleting server demo-node-0"


def test_what_was_not_created_is_forgotten(cloud: FakeCloud) -> None:
    bay = resumed(cloud, cut_off())
    assert set(resources(bay)) == {r["urn"] for r in cut_off()["resources"]}
    assert bay.notices == ["the previous run was interrupted while creating Instance demo-node-0"]
    assert bay.deployment is not None
    assert "pending_operations" not in bay.deployment


def test_of_two_that_are_alike_one_is_adopted(cloud: FakeCloud) -> None:
    add_server(cloud, "adopted")
    add_server(cloud, "double")
    bay = resumed(cloud, cut_off())
    assert resources(bay)[NODE_URN]["id"] == "adopted"
    assert deleted(cloud)[0] == "delete_server double ignore_missing=False"
    assert cloud.ids("server") == ["adopted"]


def test_a_server_that_no_run_explains_is_never_deleted(cloud: FakeCloud) -> None:
    add_server(cloud, "other", "demo-node-7")
    with pytest.raises(BayError) as refused:
        resumed(cloud, cut_off())
    assert refused.value.message == (
        "found resources tagged for bay demo that are not in its state: server demo-node-7"
    )
    assert refused.value.hint.startswith("if this state is an old copy, use the newest")
    assert cloud.deeds == []


def test_what_holds_no_data_is_deleted_though_no_run_explains_it(cloud: FakeCloud) -> None:
    cloud.add("port", "stray", name="demo-node-7", description=f"bay:id={BAY_ID}")
    bay = resumed(cloud, cut_off())
    assert cloud.ids("port") == []
    assert bay.notices[-1] == "deleting port demo-node-7"


def test_what_pulumi_was_changing_is_read_again(cloud: FakeCloud) -> None:
    deployment = complete()
    node = next(r for r in deployment["resources"] if r["urn"] == NODE_URN)
    deployment["pending_operations"] = [{"type": "updating", "resource": copy.deepcopy(node)}]
    found = resources(resumed(cloud, deployment))
    assert [urn for urn, resource in found.items() if resource.get("refreshBeforeUpdate")] == [NODE_URN]


def test_what_was_created_while_its_answer_was_lost_is_read_again_and_not_changed(cloud: FakeCloud) -> None:
    deployment = complete()
    rule = next(r for r in deployment["resources"] if r["type"].startswith("openstack:networking"))
    rule["initErrors"] = ["connection error, retries exhausted"]
    deployment["pending_operations"] = []
    found = resources(resumed(cloud, deployment))
    assert [urn for urn, resource in found.items() if resource.get("refreshBeforeUpdate")] == [rule["urn"]]


def test_a_server_that_never_ran_goes_from_cloud_and_state_and_everything_else_stays(cloud: FakeCloud) -> None:
    add_server(cloud, NODE_ID, launched_at=None)
    bay = resumed(cloud, failed())
    assert set(resources(bay)) == {r["urn"] for r in failed()["resources"]} - {NODE_URN}
    assert cloud.ids("server") == [], "what the state is not said to know is deleted by its mark"


def test_a_server_that_once_ran_is_kept_whatever_failed_later(cloud: FakeCloud) -> None:
    add_server(cloud, NODE_ID, launched_at="2026-01-02T03:04:05.000000")
    bay = resumed(cloud, failed())
    assert set(resources(bay)) == {r["urn"] for r in failed()["resources"]}
    assert cloud.ids("server") == [NODE_ID]
    assert deleted(cloud) == []


def test_after_a_run_that_went_through_nobody_looks(cloud: FakeCloud) -> None:
    bay = FakeStack({**complete(), "manifest": {"time": WRITTEN}}, cloud, last=FINISHED)
    assert not recovery.resume(bay)
    assert cloud.journal == []


def test_where_a_later_run_wrote_the_state_and_never_ended_somebody_looks(cloud: FakeCloud) -> None:
    bay = FakeStack({**complete(), "manifest": {"time": "2026-01-02T03:09:00Z"}}, cloud, last=FINISHED)
    assert recovery.resume(bay)
    assert "servers name=^demo-" in cloud.journal
    assert cloud.deeds == [], "there was nothing to do"


def just_interrupted() -> Deployment:
    return {**cut_off(), "manifest": {"time": datetime.now(UTC).isoformat()}}


def waited(cloud: FakeCloud, state: Deployment) -> float:
    clock = Clock()
    recovery.resume(FakeStack(state, context=FakeContext(cloud, cancel=clock)))
    return clock.seconds


def test_a_request_that_was_sent_just_before_the_end_is_waited_for(cloud: FakeCloud) -> None:
    assert 0 < waited(cloud, just_interrupted()) <= recovery.IN_FLIGHT.total_seconds()
    assert waited(cloud, {**cut_off(), "manifest": {"time": WRITTEN}}) == 0
    assert waited(cloud, cut_off()) == 0, "nobody knows when that was"


def test_who_cancels_meanwhile_does_not_wait(cloud: FakeCloud) -> None:
    clock = Clock()
    clock.request()
    with pytest.raises(Interrupted):
        recovery.resume(FakeStack(just_interrupted(), context=FakeContext(cloud, cancel=clock)))
    assert cloud.deeds == []


def test_what_was_created_late_and_once_more_by_the_next_run_is_deleted(cloud: FakeCloud) -> None:
    add_server(cloud, NODE_ID)
    add_server(cloud, "late")
    cloud.add("volume", "of another name", name="demo-master-0-state", metadata=MARK)
    recovery.delete_duplicates(FakeStack(complete(), cloud))
    assert cloud.ids("server") == [NODE_ID]
    assert cloud.ids("volume") == ["of another name"]


def test_nothing_is_pending_afterwards_in_place() -> None:
    content = cut_off()
    recovery.clear_pending(content)
    recovery.clear_pending(content)
    assert "pending_operations" not in content


def test_a_bay_that_was_not_interrupted_has_nothing_to_tell(cloud: FakeCloud) -> None:
    bay = FakeStack(complete(), cloud)
    recovery.tell_interrupted(bay)
    assert bay.notices == []
