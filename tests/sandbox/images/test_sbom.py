"""Bills of materials name what is in the wheel and in the images, by package URLs."""

import json
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from cyclonedx.model.bom import Bom
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bay.sandbox.images import catalog, sbom
from bay.sandbox.images.parts import in_order
from bay.sandbox.images.programs import Programs
from bay.sandbox.images.sbom import Item, debian_packages, go_modules

STATUS = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u13
Description: library
 Version: of a line that goes on

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1
"""
MODULE = """\
module bay

go 1.26

require github.com/flannel-io/flannel v0.26.7

require (
\tgithub.com/spf13/cobra v1.9.1
\tgo.etcd.io/etcd/client/v3 v3.6.5 // indirect
\tk8s.io/api v0.0.0
)

replace (
\tk8s.io/api => k8s.io/api v0.34.2
\tk8s.io/kms v0.0.0 => k8s.io/kms v0.34.2
)
"""


def test_packages_that_are_installed_are_read_from_dpkg() -> None:
    assert list(debian_packages(STATUS)) == [
        Item("deb", "debian", "libc6", "2.36-9+deb12u13", (("arch", "amd64"),)),
    ]


def test_modules_are_those_of_go_mod_with_what_replaces_them() -> None:
    assert sorted(go_modules(MODULE)) == [
        Item("golang", "github.com/flannel-io", "flannel", "v0.26.7"),
        Item("golang", "github.com/spf13", "cobra", "v1.9.1"),
        Item("golang", "go.etcd.io/etcd/client", "v3", "v3.6.5"),
        Item("golang", "k8s.io", "api", "v0.34.2"),
    ]


@pytest.mark.parametrize("engine", ["kubernetes", "docker"])
def test_an_image_has_what_its_parts_are_built_from(engine: str, tmp_path: Path) -> None:
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text(STATUS)
    names = {f"{item.namespace}/{item.name}" for item in sbom.image_items(engine, tmp_path)}
    assert "debian/libc6" in names
    built = [part for part in in_order(catalog.image(engine)) if isinstance(part, Programs)]
    assert ("k8s.io/kubernetes" in names) == (engine == "kubernetes")
    for part in (part for part in built if (part.module / "go.sum").exists()):
        modules = {f"{one.namespace}/{one.name}" for one in go_modules((part.module / "go.mod").read_text())}
        for package in set(part.packages) - {"."}:
            assert any(f"{package}/".startswith(f"{module}/") for module in modules), package


def test_the_wheel_has_all_that_it_needs_in_a_document_that_reads_back(tmp_path: Path) -> None:
    (written,) = sbom.write(tmp_path / "sbom", tmp_path / "cache")
    document = Bom.from_json(json.loads(written.read_text()))  # type: ignore[attr-defined]
    urls = {PackageURL.from_string(str(component.purl)) for component in document.components}
    found = {url.name: url.version for url in urls}
    named = [Requirement(text) for text in requires("openstack-bay") or []]
    direct = {canonicalize_name(one.name) for one in named if not one.marker or one.marker.evaluate({"extra": ""})}
    assert direct <= set(found)
    assert found["pulumi"] == version("pulumi")
    assert "grpcio" in found, "what others need counts"
    assert "pytest" not in found, "and no tools"
    assert document.metadata.component is not None
    assert document.metadata.component.name == "openstack-bay"
