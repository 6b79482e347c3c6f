"""Which version an image brings, by a property of it."""

import pytest

from bay.components.engines.upgrades import EngineVersion
from bay.components.errors import BayError
from bay.components.spec.merge import build_spec
from bay.stacks.cloud.engine_images import booted_versions, find_engine_image, list_engine_images
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import FakeCloud
from tests.fakes.states import bay_of

OLD, NEW = EngineVersion(1, 9, 0), EngineVersion(1, 34, 2)


@pytest.fixture
def cloud() -> FakeCloud:
    found = FakeCloud()
    for name, status, properties in (
        ("new", "active", {"kube_version": "v1.34.2"}),
        ("old", "active", {"kube_version": "1.9.0", "docker_version": "20.10.24"}),
        ("plain", "active", {}),
        ("odd", "active", {"kube_version": "stable"}),
        ("gone", "deactivated", {"kube_version": "1.34.2"}),
    ):
        found.add("image", f"id-{name}", name=name, status=status, os_distro="debian", properties=properties)
    return found


def test_an_image_is_found_by_name_or_id_with_what_it_says(cloud: FakeCloud) -> None:
    for word in ("new", "id-new"):
        found = find_engine_image(cloud, word, "kube_version")  # type: ignore[arg-type]
        assert (found.id, found.name, found.version, found.os_distro) == ("id-new", "new", NEW, "debian")
    for word in ("plain", "odd"):
        assert find_engine_image(cloud, word, "kube_version").version is None  # type: ignore[arg-type]
    with pytest.raises(BayError, match="was deactivated"):
        find_engine_image(cloud, "gone", "kube_version")  # type: ignore[arg-type]


def test_only_images_that_servers_boot_and_that_say_a_version_are_listed(cloud: FakeCloud) -> None:
    found = list_engine_images(cloud, "kube_version")  # type: ignore[arg-type]
    assert [(image.name, image.version) for image in found] == [("old", OLD), ("new", NEW)], "in the order of numbers"


def test_a_server_has_the_version_of_the_image_that_it_was_created_from(cloud: FakeCloud) -> None:
    deployment = bay_of(build_spec([{"model": "kubernetes", "nodes": 3}]))
    booted = {
        "demo-master-0": {"imageId": "id-new"},
        "demo-node-0": {"blockDevices": [{"uuid": "id-old"}]},
        "demo-node-1": {"imageId": "id-plain"},
        "demo-node-2": {"imageId": "id of one that is deleted"},
    }
    for resource in deployment["resources"]:
        if resource["type"].endswith(":Instance"):
            resource["inputs"] |= booted[resource["inputs"]["name"]]
    state = StateSnapshot.from_deployment("demo", deployment)
    found = booted_versions(cloud, state, "kube_version")  # type: ignore[arg-type]
    assert found == {"demo-master-0": NEW, "demo-node-0": OLD}
