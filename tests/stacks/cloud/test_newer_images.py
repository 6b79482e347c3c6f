"""Bays whose image has a newer one of its name."""

from typing import Any

from bay.components.spec.merge import build_spec
from bay.stacks.cloud.newer_images import booted_image, find_newer_images
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import FakeCloud
from tests.fakes.states import bay_of

IMAGE = "debian-12-docker"


def cloud(*images: tuple[str, str, str]) -> FakeCloud:
    """Images: id, name, day on which it was created."""
    found = FakeCloud()
    for id, name, day in images:
        found.add("image", id, name=name, status="active", created_at=f"2026-01-{day}T00:00:00Z")
    return found


def bay(image: str = IMAGE, **booted: str) -> StateSnapshot:
    """A bay whose servers boot these images, by group and index."""
    spec = build_spec([{"model": "swarm", "nodes": 2, "image": image, "node_groups": {"gpu": {"image": "cuda"}}}])
    deployment = bay_of(spec, [f"demo-{name.replace('_', '-')}" for name in booted])
    for resource in deployment["resources"]:
        if resource["type"].endswith(":Instance"):
            name = resource["inputs"]["name"].removeprefix("demo-").replace("-", "_")
            resource["inputs"]["imageId"] = booted[name]
    return StateSnapshot.from_deployment("demo", deployment)


def newer(cloud: FakeCloud, *states: StateSnapshot) -> Any:
    return find_newer_images(cloud, states)  # type: ignore[arg-type]


def test_servers_of_an_older_image_are_counted_by_its_name() -> None:
    has = cloud(("new", IMAGE, "20"), ("old", IMAGE, "10"), ("c2", "cuda", "20"))
    assert newer(has, bay(master_0="old", node_0="new", node_1="old", gpu_0="c2")) == {"demo": {IMAGE: 2}}
    assert newer(has, bay(master_0="new", node_0="new", node_1="new", gpu_0="c1")) == {"demo": {"cuda": 1}}
    assert newer(has, bay(master_0="new")) == {"demo": {}}


def test_an_image_by_id_or_one_that_is_not_listed_is_no_reason() -> None:
    has = cloud(("new", IMAGE, "20"), ("old", IMAGE, "10"))
    assert newer(has, bay(image="old", master_0="old")) == {"demo": {}}
    assert newer(cloud(), bay(master_0="old", node_0="other")) == {"demo": {}}
    assert newer(has, StateSnapshot("demo")) == {"demo": {}}


def test_one_list_of_images_is_enough_for_all() -> None:
    has = cloud(("new", IMAGE, "20"))
    newer(has, bay(master_0="new"), bay(master_0="old"))
    assert len(has.journal) == 1


def test_a_server_that_boots_from_a_volume_has_its_image_there() -> None:
    assert booted_image({"imageId": "a", "blockDevices": [{"uuid": "b"}]}) == "a"
    assert booted_image({"blockDevices": [{"uuid": "b"}, {"uuid": "volume"}]}) == "b"
    assert booted_image({}) == ""
