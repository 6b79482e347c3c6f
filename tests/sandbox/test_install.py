"""The pinned packages of the services."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bay.sandbox import SandboxError, install


@pytest.mark.parametrize("file", [install.REQUIREMENTS, install.INSTALLER])
def test_every_package_is_pinned_with_hashes_and_no_address(file: Path) -> None:
    text = file.read_text()
    requirements = re.split(r"\n(?=\S)", text.strip())
    assert all(re.match(r"[a-z0-9-]+==[\w.]+( ;.*)? \\\n    --hash=sha256:", item) for item in requirements)
    assert "://" not in text


def test_the_listed_services_are_those_of_the_catalog() -> None:
    pinned = install.REQUIREMENTS.read_text()
    for service in ("keystone", "openstack-placement", "glance", "nova", "neutron", "cinder", "octavia", "barbican"):
        assert re.search(rf"^{service}==", pinned, re.MULTILINE)


def test_an_installation_that_fails_says_why_and_is_not_taken_for_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "installer.txt"
    broken.write_text("--no-index\nuv==0.13.9 --hash=sha256:" + "0" * 64)
    monkeypatch.setattr(install, "INSTALLER", broken)
    with pytest.raises(SandboxError) as caught:
        install.ensure(tmp_path / "cache", print)
    assert caught.value.message.startswith(
        "the OpenStack services could not be installed: ERROR: Could not find a version that satisfies"
    )
    assert "check that this machine reaches its Python package index" in caught.value.hint
    assert not list(tmp_path.glob("cache/environments/*/complete"))


def test_importing_the_package_imports_neither_openstack_nor_pulumi() -> None:
    code = "import sys, bay.sandbox; print(sorted({'openstack', 'pulumi', 'requests', 'pydantic'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
