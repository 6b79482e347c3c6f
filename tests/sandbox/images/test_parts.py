"""Digests: what makes a part another one, and what does not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bay.sandbox.images import catalog, common, kubernetes, parts, programs
from bay.sandbox.images.containers import Archives
from bay.sandbox.images.debian import Base
from bay.sandbox.images.node import Node
from bay.sandbox.images.parts import Part, fingerprint, in_order


def digests(image: Node) -> dict[str, str]:
    """Digests of the image and its parts, by title."""
    return {part.title: part.digest for part in in_order(image)}


def base(*packages: str) -> Base:
    return Base("base", "the base", 1, packages=packages)


def node(bottom: Part, **more: object) -> Node:
    return Node("docker", "the image", 1, needs=(bottom,), **more)  # type: ignore[arg-type]


def test_packages_and_where_they_come_from_make_another_image() -> None:
    variants = [
        node(base("a")),
        node(base("a", "b")),
        node(base("a"), packages=("b",)),
        node(base("a"), apt_sources=("deb x y",)),
        node(base("a"), archives="opt"),
        node(base("a"), preloaded=True),
    ]
    assert len({variant.digest for variant in variants}) == len(variants)
    assert node(base("a")).digest == node(base("a")).digest


def test_titles_and_sizes_make_no_other_part() -> None:
    assert Base("base", "some", 1).digest == Base("base", "other", 2).digest


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sources of the images, to change."""
    folder = tmp_path / "images"
    shutil.copytree(parts.HERE, folder)
    monkeypatch.setattr(parts, "HERE", folder)
    monkeypatch.setattr(programs, "HERE", folder)
    return folder


def test_a_change_of_a_program_makes_the_images_with_it_and_no_other_program(copied: Path) -> None:
    before = digests(fresh(kubernetes.NODE))
    (copied / "go" / "pause" / "main.go").write_text("package main\n")
    after = digests(fresh(kubernetes.NODE))
    assert {title for title in before if before[title] != after[title]} == {
        "the program that holds a pod",
        "container images of Kubernetes",
        "the image of nodes with Kubernetes",
    }


def test_versions_of_kubernetes_are_side_by_side_and_share_what_they_have_in_common(copied: Path) -> None:
    def another() -> Node:
        return kubernetes.node(kubernetes.Release("kubernetes-next", "v1.34.9"), beside=(kubernetes.CURRENT,))

    first = {part.place(Path("/nodes")) for part in in_order(kubernetes.node(kubernetes.CURRENT))}
    own = {part.name: part for part in in_order(another()) if part.place(Path("/nodes")) not in first}
    assert own.keys() == {"kubernetes-next", "kubernetes-next-images"}
    archives = own["kubernetes-next-images"]
    assert isinstance(archives, Archives)
    names = [name.rpartition("/")[2] for one in archives.containers for name in one.names if "/kube-" in name]
    assert names == [
        "kube-apiserver:v1.34.9",
        "kube-controller-manager:v1.34.9",
        "kube-scheduler:v1.34.9",
        "kube-proxy:v1.34.9",
        f"kube-proxy:{kubernetes.KUBERNETES}",
    ]
    before = another().digest
    with (copied / "go" / "kubernetes" / "go.sum").open("a") as sums:
        sums.write("\n")
    assert another().digest != before, "its programs are of that module"


def test_a_change_of_the_code_that_makes_a_part_makes_another_part(copied: Path) -> None:
    before = fresh(common.WEB).digest
    with (copied / "programs.py").open("a") as code:
        code.write("\n")
    assert fresh(common.WEB).digest != before


def fresh(part: Part) -> Part:
    """The part without what it remembers."""
    from dataclasses import replace

    return replace(part, needs=tuple(fresh(needed) for needed in part.needs))


def test_files_count_by_name_and_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    first = list(fingerprint(tmp_path))
    (tmp_path / "a").rename(tmp_path / "b")
    second = list(fingerprint(tmp_path))
    (tmp_path / "b").write_text("2")
    assert len({*first, *second, *fingerprint(tmp_path)}) == 3
    assert list(fingerprint(tmp_path / "none")) == []


def test_all_images_stand_on_one_base() -> None:
    images = [catalog.image(engine) for engine in catalog.ENGINES]
    assert {image.needs[0].digest for image in images} == {common.BASE.digest}
    assert {part.place(Path("nodes")) for image in images for part in in_order(image) if part.name == "base"} == {
        Path("nodes/parts") / f"base-{common.BASE.digest}"
    }


def test_shellcheck_finds_no_fault_in_the_scripts() -> None:
    scripts = [path for path in (parts.HERE / "files").rglob("*") if path.is_file() and path.read_bytes()[:2] == b"#!"]
    assert len(scripts) == 5
    shellcheck = Path(sys.executable).parent / "shellcheck"
    done = subprocess.run([shellcheck, *scripts], capture_output=True, text=True, check=False)
    assert done.stdout == ""
