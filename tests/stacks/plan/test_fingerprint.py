"""What a plan rests on, and what of it is no longer so, in words."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bay.components.openstack.resolved import Flavor, GlanceImage, Named, ResolvedSpec
from bay.components.openstack.scope import ProjectScope
from bay.components.spec import BaySpec
from bay.components.spec.merge import changed_spec
from bay.stacks.plan.fingerprint import Fingerprint, capture, changes_since
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import FakeCloud, boot
from tests.fakes.stack import FakeStack
from tests.fakes.states import BAY_ID, Deployment, complete

RESOLVED = ResolvedSpec(
    login=ProjectScope("https://cloud.example:5000", "north", "0" * 32),
    images={"debian-12-docker": GlanceImage("image-1", "debian-12-docker")},
    flavors={"m1.small": Flavor("1", "m1.small")},
    network=None,
    external=Named("public-1", "public"),
)


def resting_on(deployment: Deployment | None = None, resolved: ResolvedSpec = RESOLVED, **statuses: str) -> Fingerprint:
    """Of the complete bay; statuses: of the servers of a group, which are ACTIVE else."""
    state, cloud = deployment or complete(), FakeCloud()
    boot(cloud, StateSnapshot.from_deployment("demo", state), **statuses)
    return capture(FakeStack(state, cloud), resolved)


THEN = resting_on()
assert THEN.intended is not None
WANTED = changed_spec(THEN.intended, [{"nodes": 2}])


def changes(now: Fingerprint, wanted: BaySpec = WANTED) -> list[str]:
    return changes_since(THEN, now, wanted)


def of_type(deployment: Deployment, kind: str) -> dict[str, Any]:
    return next(r for r in deployment["resources"] if r["type"].endswith(kind))


def without_node(deployment: Deployment) -> None:
    deployment["resources"].remove(of_type(deployment, "instance:Instance"))


def with_other_port(deployment: Deployment) -> None:
    of_type(deployment, "port:Port")["inputs"]["name"] = "another"


def with_other_spec(deployment: Deployment) -> None:
    of_type(deployment, "bay:index:Bay")["inputs"]["spec"]["keypair"] = "ada"


def with_one_more(deployment: Deployment) -> None:
    port = of_type(deployment, "port:Port")
    deployment["resources"].append({**port, "urn": port["urn"].replace("master-0", "master-1"), "id": "new"})


def of_another_id(deployment: Deployment) -> None:
    of_type(deployment, "bay:Identity")["id"] = "another"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_node, ["Instance demo-node-0 is gone from the state"]),
        (with_one_more, ["Port demo-master-1 is new in the state"]),
        (with_other_port, ["Port demo-master-0 was changed in the state"]),
        (with_other_spec, ["Bay demo was changed in the state", "its spec was changed"]),
        (of_another_id, ["it is another bay of the same name"]),
    ],
)
def test_a_state_that_moved_on_is_named(change: Callable[[Deployment], None], words: list[str]) -> None:
    state = complete()
    change(state)
    assert changes(resting_on(state)) == words


def encrypted_anew(deployment: Deployment) -> None:
    """What a run that changes nothing, and a refresh, do to a state."""
    for resource in deployment["resources"]:
        resource["modified"] = "2030-01-01T00:00:00Z"
        inputs = resource.get("inputs") or {}
        inputs.pop("__defaults", None)
        if isinstance(inputs.get("userData"), dict):
            inputs["userData"]["ciphertext"] = "v1:other"


def test_a_state_that_was_only_written_again_is_the_same() -> None:
    state = complete()
    encrypted_anew(state)
    assert changes(resting_on(state)) == []


def test_a_resource_that_is_replaced_and_its_successor_are_two() -> None:
    state = complete()
    state["resources"].append({**of_type(state, "port:Port"), "delete": True, "id": "old"})
    assert changes(resting_on(state)) == ["Port demo-master-0 (replaced) is new in the state"]


def test_a_server_that_stopped_or_is_gone_is_named() -> None:
    assert changes(resting_on(node="ERROR")) == ["server demo-node-0 is ERROR, was ACTIVE"]
    state, cloud = StateSnapshot.from_deployment("demo", complete()), FakeCloud()
    boot(cloud, state)
    cloud.things["server"] = [server for server in cloud.things["server"] if server.name != "demo-node-0"]
    assert changes(capture(FakeStack(complete(), cloud), RESOLVED)) == ["server demo-node-0 is gone, was ACTIVE"]


def test_another_image_of_the_same_name_and_another_project_are_named() -> None:
    image = {"debian-12-docker": GlanceImage("image-2", "debian-12-docker")}
    assert changes(resting_on(resolved=replace(RESOLVED, images=image))) == [
        "images.debian-12-docker.id is image-2, was image-1"
    ]
    elsewhere = replace(RESOLVED, login=ProjectScope("https://cloud.example:5000", "north", "1" * 32))
    assert changes(resting_on(resolved=elsewhere)) == [f"login.project_id is {'1' * 32}, was {'0' * 32}"]


def test_what_the_cloud_has_more_by_now_is_named() -> None:
    more = replace(RESOLVED, flavors={**RESOLVED.flavors, "m1.large": Flavor("4", "m1.large")})
    assert 'flavors["m1.large"].id is 4, was not there' in changes(resting_on(resolved=more))


def test_a_file_that_says_by_now_what_the_plan_does_is_no_change() -> None:
    assert changes(THEN.model_copy(update={"intended": WANTED})) == []


def test_a_plan_for_a_new_bay_holds_until_there_is_one() -> None:
    cloud = FakeCloud()
    nothing = capture(unborn(cloud), RESOLVED)
    assert nothing.bay_id == ""
    assert cloud.journal == []
    assert changes_since(nothing, capture(unborn(cloud), RESOLVED), WANTED) == []
    assert changes_since(nothing, THEN, WANTED) == ["it was created since"]
    assert THEN.bay_id == BAY_ID


def unborn(cloud: FakeCloud) -> FakeStack:
    bay = FakeStack(None, cloud)
    assert bay.state.spec is None
    return bay
