"""Which image an engine gets, and that all of it is pinned."""

import re
from pathlib import Path

import pytest

from bay.sandbox.errors import SandboxError
from bay.sandbox.images import catalog, containers, kubernetes, parts
from bay.sandbox.images.parts import in_order
from bay.sandbox.images.programs import Programs
from bay.toolchain import golang, versions

MODULES = sorted((parts.HERE / "go").iterdir())


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        ("docker", "docker"),
        ("swarm", "docker"),
        ("kubernetes", "kubernetes"),
        ("kubernetes-1.33", "kubernetes-1.33"),
        ("mesos", "mesos"),
    ],
)
def test_each_engine_has_an_image(engine: str, name: str) -> None:
    assert catalog.image(engine).name == name


def test_an_unknown_engine_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(SandboxError, match="no node image for 'kubernets'") as raised:
        catalog.image("kubernets")
    assert raised.value.hint == "did you mean kubernetes?"


def test_an_engine_like_none_is_refused_with_all_known_ones() -> None:
    with pytest.raises(SandboxError) as raised:
        catalog.image("xyz")
    assert raised.value.hint == "name one of: docker, swarm, kubernetes, kubernetes-1.33, mesos"


def test_mesos_itself_is_taken_from_a_repository_of_the_site_alone() -> None:
    assert "mesos" not in catalog.image("mesos").packages
    assert "mesos" in catalog.image("mesos", ["deb https://packages.example stable main"]).packages


def test_other_images_take_nothing_from_further_repositories() -> None:
    with pytest.raises(SandboxError, match="takes nothing from further repositories"):
        catalog.image("swarm", ["deb https://packages.example stable main"])


def test_every_go_module_is_built_and_every_one_that_is_built_is_there() -> None:
    built = {part.module for engine in catalog.ENGINES for part in in_order(catalog.image(engine)) if is_program(part)}
    assert built == set(MODULES)


def is_program(part: parts.Part) -> bool:
    return isinstance(part, Programs)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_go_modules_are_pinned_and_ask_for_no_newer_go_than_there_is(module: Path) -> None:
    text = (module / "go.mod").read_text()
    wanted = re.search(r"^go (\S+)$", text, re.MULTILINE)
    assert wanted
    version = versions.parse(wanted[1])
    assert version
    assert version <= golang.needed()
    assert ("require" in text) == (module / "go.sum").exists()


def test_the_versions_that_images_are_called_by_are_those_of_the_modules() -> None:
    text = {module.name: (module / "go.mod").read_text() for module in MODULES}
    for release in (kubernetes.CURRENT, kubernetes.PREVIOUS):
        (etcd, etcd_tag), (coredns, coredns_tag) = release.etcd, release.coredns
        assert re.search(rf"k8s.io/kubernetes {release.version}\s", text[release.folder])
        assert re.search(rf"go.etcd.io/etcd/server/v3 v{etcd_tag.split('-')[0]}\s", text[etcd])
        assert re.search(rf"go.etcd.io/etcd/etcdctl/v3 v{etcd_tag.split('-')[0]}\s", text[etcd])
        assert re.search(rf"github.com/coredns/coredns {coredns_tag}\s", text[coredns])
    assert f"k8s.io/cloud-provider-openstack {kubernetes.CLOUD_PROVIDER} " in text["cloud-provider"]
    assert f"github.com/flannel-io/flannel {kubernetes.FLANNEL} " in text["flannel"]


def test_programs_of_containers_come_from_parts_that_are_needed() -> None:
    for engine in catalog.ENGINES:
        for part in in_order(catalog.image(engine)):
            if isinstance(part, containers.Archives):
                named = {name.split("/")[0] for container in part.containers for name, _ in container.programs}
                assert named == {needed.name for needed in part.needs[1:]}


@pytest.mark.parametrize(
    "made", [kubernetes.CONTAINERS, kubernetes.containers(kubernetes.PREVIOUS, (kubernetes.CURRENT,))]
)
def test_container_images_have_one_archive_each_and_no_name_twice(made: tuple[containers.Container, ...]) -> None:
    names = [name for container in made for name in container.names]
    files = [container.file for container in made]
    assert len(set(names)) == len(names)
    assert len(set(files)) == len(files)
    assert all(":" in name.rpartition("/")[2] for name in names)
