"""One bay's part of the state of a program that declares more."""

import copy
from typing import Any

from bay.stacks.state.known import require_known
from bay.stacks.state.program_state import bay_names, part_of
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.states import BAY_ID, complete

STACK = "urn:pulumi:production::annex::pulumi:pulumi:Stack::annex-production"
HOUSE = "urn:pulumi:production::annex::my:house:House::house"
BUCKET = "urn:pulumi:production::annex::aws:s3/bucket:Bucket::backup"


def declared(*bays: str) -> dict[str, Any]:
    """A program with a bucket, a component of its own, and these bays in it; of the recorded bay, each renamed."""
    deployment = complete()
    stack = {"urn": STACK, "type": "pulumi:pulumi:Stack", "outputs": {"bucket": "b"}}
    house = {"urn": HOUSE, "type": "my:house:House", "parent": STACK}
    bucket = {"urn": BUCKET, "type": "aws:s3/bucket:Bucket", "id": "b", "parent": STACK, "custom": True}
    resources = [stack, house, bucket]
    for bay in bays:
        for one in copy.deepcopy(deployment["resources"][1:]):
            one["urn"] = renamed(one["urn"], bay)
            top = one["type"] in ("bay:index:Bay", "pulumi-python:dynamic/bay:Identity")
            one["parent"] = HOUSE if top else renamed("urn:pulumi:demo::bay::bay:index:Bay::demo", bay)
            one["dependencies"] = [BUCKET, renamed("urn:pulumi:demo::bay::bay:index:Bay::demo", bay)]
            one["propertyDependencies"] = {"x": [BUCKET], "y": None}
            if one["type"] == "bay:index:Bay":
                one["outputs"] = {"bay_id": BAY_ID, "api_addresses": ["192.0.2.1:2376"]}
            resources.append(one)
    return {**deployment, "resources": resources, "pending_operations": []}


def renamed(urn: str, bay: str) -> str:
    head, name = urn.rsplit("::", 1)
    named = name.replace("demo", bay, 1)
    return f"{head.replace('urn:pulumi:demo::bay::', 'urn:pulumi:production::annex::my:house:House$')}::{named}"


def test_the_bays_of_a_stack_are_found_by_their_names() -> None:
    assert bay_names(declared("web", "batch")) == ["batch", "web"]
    assert bay_names({"resources": [{"urn": BUCKET, "type": "aws:s3/bucket:Bucket"}]}) == []
    assert bay_names({}) == []


def test_the_part_of_one_bay_is_a_state_that_bay_knows() -> None:
    part = part_of(declared("web", "batch"), "web")
    assert part is not None
    require_known("web", part)
    names = {one["urn"].rsplit("::", 1)[1] for one in part["resources"]}
    assert names == {"annex-production", "web", "web-master-0", "web-node-0"}
    assert "batch" not in str(part["resources"])
    assert BUCKET not in str(part["resources"])
    assert HOUSE not in [one.get("parent") for one in part["resources"]]
    assert {one["parent"] for one in part["resources"] if one["urn"].endswith("Bay::web")} == {STACK}


def test_it_reads_as_the_bay_of_a_stack_of_its_own() -> None:
    part = part_of(declared("web", "batch"), "web")
    state = StateSnapshot.from_deployment("web", part)
    assert (state.bay_id, state.is_complete, state.managed_by) == (BAY_ID, True, "cli")
    assert state.outputs["api_address"] == "192.0.2.1:2376"
    assert {"bucket"} & set(state.outputs) == set()
    assert [urn.rsplit("::", 1)[1] for urn in (server.urn for server in state.servers)] == [
        "web-master-0",
        "web-node-0",
    ]


def test_a_bay_without_outputs_is_not_complete() -> None:
    deployment = declared("web")
    bay = next(one for one in deployment["resources"] if one["type"] == "bay:index:Bay")
    del bay["outputs"]
    part = part_of(deployment, "web")
    assert not StateSnapshot.from_deployment("web", part).is_complete


def test_what_was_interrupted_goes_with_the_bay_that_it_is_of() -> None:
    deployment = declared("web", "batch")
    inside = {"urn": f"{HOUSE}$x::web-node-1", "type": "openstack:compute/instance:Instance"}
    web = next(one["urn"] for one in deployment["resources"] if one["urn"].endswith("Bay::web"))
    deployment["pending_operations"] = [
        {"type": "creating", "resource": {**inside, "parent": web}},
        {"type": "deleting", "resource": {"urn": BUCKET, "type": "aws:s3/bucket:Bucket", "parent": STACK}},
    ]
    part, other = part_of(deployment, "web"), part_of(deployment, "batch")
    assert part is not None
    assert other is not None
    assert [op["type"] for op in part["pending_operations"]] == ["creating"]
    assert other["pending_operations"] == []


def test_a_bay_that_is_not_there_has_no_part() -> None:
    assert part_of(declared("web"), "batch") is None
    assert part_of({}, "batch") is None
