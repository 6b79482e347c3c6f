"""What an upgrade leads to: the version, the image that brings it, and the spec of afterwards."""

from dataclasses import replace
from pathlib import Path

import pytest

from bay.components.errors import BayError, InvalidInput
from bay.components.spec.merge import build_spec
from bay.stacks.operations.upgrade_target import UpgradeRequest, find_target
from tests.fakes.openstack import FakeCloud

K8S = build_spec([{"model": "kubernetes", "image": "jammy-133", "options": {"version": "1.33.5"}}])
SWARM = build_spec([{"model": "swarm", "image": "docker-20"}])
IMAGES = {
    "jammy-133": ("ubuntu", {"kube_version": "v1.33.5"}),
    "jammy-134": ("ubuntu", {"kube_version": "v1.34.2"}),
    "rocky-134": ("rocky", {"kube_version": "1.34.2"}),
    "rocky-135-a": ("rocky", {"kube_version": "1.35.0"}),
    "rocky-135-b": ("rocky", {"kube_version": "1.35.0"}),
    "plain": ("debian", {}),
    "docker-20": ("debian", {"docker_version": "20.10.24"}),
    "docker-28": ("debian", {"docker_version": "28.0.1"}),
}
MODELS = {
    "next": "extends: kubernetes\nimage: rocky-134\n"
    "options: {version: 1.34.2, versions: {flannel: v0.27.0}, pods: 10.9.0.0/16}\n",
    "of-image": "extends: kubernetes\nimage: jammy-134\n",
    "other-engine": "extends: swarm\n",
    "wrong": "extends: kubernetes\nimage: jammy-133\noptions: {version: 1.34.2}\n",
    "closed": "extends: kubernetes\nimage: jammy-134\npublic: false\nprojects: [biology]\n",
}


@pytest.fixture
def cloud() -> FakeCloud:
    found = FakeCloud()
    for name, (distro, properties) in IMAGES.items():
        found.add("image", f"id-{name}", name=name, status="active", os_distro=distro, properties=properties)
    return found


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for name, text in MODELS.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("version", "image", "found"),
    [
        ("1.34.2", "", "jammy-134"),  # of the same system as the bay's own
        ("v1.34.2", "", "jammy-134"),
        ("1.33.5", "", "jammy-133"),  # the bay's own
        ("1.34.2", "rocky-134", "rocky-134"),
        ("", "rocky-134", "rocky-134"),
        ("", "id-rocky-134", "rocky-134"),
    ],
)
def test_the_image_is_found_by_the_version_or_the_other_way_round(
    cloud: FakeCloud, version: str, image: str, found: str
) -> None:
    target = find_target(cloud, "demo", K8S, UpgradeRequest(version, image=image))  # type: ignore[arg-type]
    assert target.image.name == found
    assert target.spec.options["version"] == str(target.version)
    assert target.spec.image == (image or found)
    assert target.spec.model_copy(update={"image": K8S.image, "options": K8S.options}) == K8S, "nothing else changes"


def test_an_engine_whose_version_is_no_option_gets_it_by_the_image_alone(cloud: FakeCloud) -> None:
    target = find_target(cloud, "demo", SWARM, UpgradeRequest("28.0.1"))  # type: ignore[arg-type]
    assert (target.spec.image, target.spec.options) == ("docker-28", SWARM.options)


def test_a_bay_whose_image_is_gone_finds_another(cloud: FakeCloud) -> None:
    cloud.things["image"] = [one for one in cloud.things["image"] if one.name != "jammy-133"]
    cloud.things["image"] = [one for one in cloud.things["image"] if one.name != "rocky-134"]
    assert find_target(cloud, "demo", K8S, UpgradeRequest("1.34.2")).image.name == "jammy-134"  # type: ignore[arg-type]


def test_a_model_gives_image_and_versions_and_nothing_else(cloud: FakeCloud, models: Path) -> None:
    spec = find_target(cloud, "demo", K8S, UpgradeRequest(model="next", models=[models])).spec  # type: ignore[arg-type]
    assert (spec.model, spec.image, spec.options["version"]) == ("next", "rocky-134", "1.34.2")
    assert spec.options["versions"]["flannel"] == "v0.27.0"
    assert spec.options["pods"] == K8S.options["pods"], "a change of it would be another cluster"
    pinned = {"versions": {"coredns": "v1.12.0"}, "digests": {"flannel": f"sha256:{'0' * 64}"}}
    own = build_spec([K8S.model_dump(), {"options": pinned}])
    options = find_target(cloud, "demo", own, UpgradeRequest(model="next", models=[models])).spec.options  # type: ignore[arg-type]
    assert (options["versions"]["coredns"], options["versions"]["flannel"]) == ("v1.12.0", "v0.27.0")
    assert options["digests"] == {}, "it was that of the version of before"
    spec = find_target(cloud, "demo", K8S, UpgradeRequest(model="of-image", models=[models])).spec  # type: ignore[arg-type]
    assert spec.options["version"] == "1.34.2", "that of its image"


def test_a_group_keeps_an_image_of_its_own_that_fits(cloud: FakeCloud) -> None:
    groups = {"gpu": {"count": 1, "image": "rocky-134"}}
    spec = build_spec([K8S.model_dump(), {"node_groups": groups}])
    assert find_target(cloud, "demo", spec, UpgradeRequest("1.34.2")).spec.groups["gpu"].image == "rocky-134"  # type: ignore[arg-type]


REFUSED = [
    (UpgradeRequest(), "an upgrade needs a version, a model or an image", "--version 1.34.2"),
    (UpgradeRequest("1.34"), "'1.34' is no version of Kubernetes", "all three numbers"),
    (
        UpgradeRequest("1.34.9"),
        "no image brings Kubernetes 1.34.9 (property kube_version)",
        "there is: jammy-133 1.33.5, jammy-134 1.34.2, rocky-134 1.34.2, rocky-135-a 1.35.0, rocky-135-b 1.35.0",
    ),
    (UpgradeRequest("1.35.0"), "2 images bring Kubernetes 1.35.0", "name one: --image rocky-135-a, rocky-135-b"),
    (
        UpgradeRequest("1.34.2", image="plain"),
        "image: plain does not say which Kubernetes it brings (property kube_version)",
        "'openstack image set --property kube_version=VERSION plain'",
    ),
    (UpgradeRequest(image="plain"), "image: plain does not say which Kubernetes it brings", "openstack image set"),
    (
        UpgradeRequest("1.34.2", image="jammy-133"),
        "image: jammy-133 brings Kubernetes 1.33.5, not 1.34.2",
        "choose an image of 1.34.2, or give --version 1.33.5",
    ),
    (UpgradeRequest("1.34.2", image="jamy-134"), "image: there is no image 'jamy-134'", "nearest: jammy-134"),
    (UpgradeRequest(model="nxt"), "there is no model 'nxt'", "nearest: next"),
    (
        UpgradeRequest(model="other-engine"),
        "model other-engine is of Docker Swarm, and bay demo of Kubernetes",
        "bay model",
    ),
    (UpgradeRequest(model="wrong"), "image: jammy-133 brings Kubernetes 1.33.5, not 1.34.2", "choose an image"),
    (
        UpgradeRequest("1.33.5", model="next"),
        "image: rocky-134 brings Kubernetes 1.34.2, not 1.33.5",
        "choose an image",
    ),
    (UpgradeRequest(model="closed"), "model closed is for biology, and the login is for physics", "--os-cloud"),
]


@pytest.mark.parametrize(("request_", "message", "hint"), REFUSED)
def test_what_leads_nowhere_is_refused(
    cloud: FakeCloud, models: Path, request_: UpgradeRequest, message: str, hint: str
) -> None:
    with pytest.raises(BayError) as refused:
        find_target(cloud, "demo", K8S, replace(request_, models=[models]))  # type: ignore[arg-type]
    assert refused.value.message.startswith(message)
    assert hint in refused.value.hint


def test_a_group_with_an_older_image_of_its_own_is_named(cloud: FakeCloud) -> None:
    spec = build_spec([K8S.model_dump(), {"node_groups": {"gpu": {"count": 1, "image": "jammy-133"}}}])
    with pytest.raises(BayError) as refused:
        find_target(cloud, "demo", spec, UpgradeRequest("1.34.2"))  # type: ignore[arg-type]
    assert refused.value.message == "node_groups.gpu.image: jammy-133 brings Kubernetes 1.33.5, not 1.34.2"
    assert "bay update demo --set node_groups.gpu.image=IMAGE" in refused.value.hint


def test_a_version_that_this_release_of_bay_does_not_know_is_refused(cloud: FakeCloud) -> None:
    cloud.add("image", "id-next", name="next", status="active", properties={"kube_version": "1.36.0"})
    with pytest.raises(InvalidInput, match=r"options.version"):
        find_target(cloud, "demo", K8S, UpgradeRequest(image="next"))  # type: ignore[arg-type]
