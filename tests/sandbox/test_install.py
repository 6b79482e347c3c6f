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


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would have been run, without running it."""
    run: list[list[str]] = []

    def record(command: list[str], *_: object) -> None:
        run.append(command)
        if "venv" in command and command[-1].endswith(install.digest()):
            python = Path(command[-1], "bin", "python")
            python.parent.mkdir(exist_ok=True)
            python.symlink_to(sys.executable)

    monkeypatch.setattr(install, "_run", record)
    return run


def test_an_interrupted_installation_is_removed_and_done_again(tmp_path: Path, commands: list[list[str]]) -> None:
    rest = tmp_path / "environments" / install.digest() / "lib" / "half.py"
    rest.parent.mkdir(parents=True)
    rest.write_text("")
    folder = install.ensure(tmp_path, print)
    assert not rest.exists()
    assert (folder / "complete").exists()
    assert [str(install.INSTALLER) in command for command in commands] == [False, True, False, False]
    assert [str(install.REQUIREMENTS) in command for command in commands] == [False, False, False, True]


def test_a_complete_installation_is_taken_as_it_is(tmp_path: Path, commands: list[list[str]]) -> None:
    first = install.ensure(tmp_path, print)
    done, said = len(commands), list[str]()
    assert install.ensure(tmp_path, said.append) == first
    assert (len(commands), said) == (done, [])


def test_an_installation_whose_python_is_gone_is_done_again(tmp_path: Path, commands: list[list[str]]) -> None:
    folder = install.ensure(tmp_path, print)
    (folder / "bin" / "python").unlink()
    install.ensure(tmp_path, print)
    assert (folder / "bin" / "python").exists()
    assert len(commands) == 8


def test_a_cache_with_too_little_room_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "SPACE", 10**9)
    with pytest.raises(SandboxError, match=r"has \d+ MiB left; the OpenStack services need 1000000000 MiB"):
        install.ensure(tmp_path, print)


def test_importing_the_package_imports_neither_openstack_nor_pulumi() -> None:
    code = "import sys, bay.sandbox; print(sorted({'openstack', 'pulumi', 'requests', 'pydantic'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
