"""Building with a made-up `go`: once, in parts, interrupted, by two at a time."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bay.toolchain import ensure, find, parts
from tests.waiting import eventually

Builds = Callable[[], list[str]]
PutGo = Callable[..., Path]

MODULES = ["openstack", "language-python", "cli"]


@pytest.fixture
def start(cache: Path, programs: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts `python -m bay.toolchain` with the made-up programs in front on PATH."""
    started: list[subprocess.Popen[str]] = []
    environment = os.environ | {"XDG_CACHE_HOME": str(cache.parent), "PATH": f"{programs}:/usr/bin:/bin"}

    def start_build() -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "bay.toolchain"]
        started.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        )
        return started[-1]

    yield start_build
    for process in started:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@pytest.fixture
def hanging_go(put_go: PutGo, tmp_path: Path) -> Iterator[Callable[[], bool]]:
    """A `go` that builds all but the last part, at which it hangs; tells whether it hangs."""
    record = tmp_path / "hanging"
    # Renamed, so that whoever sees the file sees the number in it too.
    put_go(f'case "$PWD" in */cli) echo $$ > {record}.new; mv {record}.new {record}; exec sleep 600;; esac')

    def hangs() -> bool:
        return record.exists() and _is_running(int(record.read_text()))

    yield hangs
    if record.exists():
        with suppress(ProcessLookupError):
            os.kill(int(record.read_text()), signal.SIGKILL)


def _is_running(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state) and not state.startswith("Z")


def test_every_part_is_built_once_and_then_found(cache: Path, programs: Path, put_go: PutGo, builds: Builds) -> None:
    put_go()
    said: list[str] = []
    toolchain = ensure(cache, str(programs), said.append)
    assert builds() == MODULES
    assert toolchain == find(cache, str(programs))
    assert sorted(path.name for path in (toolchain.root / "bin").iterdir()) == [
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-resource-pulumi-python",
    ]
    assert toolchain.pulumi_home is not None
    plugin = toolchain.pulumi_home / "plugins" / "resource-openstack-v5.5.1" / "pulumi-resource-openstack"
    assert all(os.access(path, os.X_OK) for path in [plugin, *(toolchain.root / "bin").iterdir()])
    assert said[0] == "building the OpenStack plugin (1 of 3)"
    assert re.fullmatch(r"built the OpenStack plugin in \d+ s, \d+ MB", said[1])
    assert re.fullmatch(r"Pulumi is ready, after \d+ s", said[-1])

    said.clear()
    assert ensure(cache, str(programs), said.append) == toolchain
    assert builds() == MODULES, "nothing is built again"
    assert said == []


def test_a_change_of_one_part_builds_that_part_only(
    cache: Path, programs: Path, put_go: PutGo, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_go()
    before = ensure(cache, str(programs), lambda _: None)
    monkeypatch.setitem(parts.PARTS[0].__dict__, "digest", "changed")
    after = ensure(cache, str(programs), lambda _: None)
    assert after.root != before.root
    assert builds() == [*MODULES, "openstack"]


def test_parts_that_a_cache_cleaner_took_are_built_again(
    cache: Path, programs: Path, put_go: PutGo, builds: Builds
) -> None:
    put_go()
    toolchain = ensure(cache, str(programs), lambda _: None)
    for program in (cache / "toolchain").glob("*/bin/pulumi"):
        program.unlink()
    assert ensure(cache, str(programs), lambda _: None) == toolchain
    assert builds() == [*MODULES, "cli"]


def test_the_compiler_cannot_be_told_to_skip_the_sums(
    cache: Path, programs: Path, put_go: PutGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=mod -insecure")
    monkeypatch.setenv("GOOS", "plan9")
    put_go(f"env >> {tmp_path}/environment")
    ensure(cache, str(programs), lambda _: None)
    seen = set((tmp_path / "environment").read_text().splitlines())
    assert {"GOFLAGS=-mod=readonly", "GOTOOLCHAIN=local", "GOWORK=off", "CGO_ENABLED=0"} <= seen
    assert not any(line.startswith("GOOS=") for line in seen)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_build_ends_its_compiler_and_the_next_call_goes_on(
    number: signal.Signals,
    start: Callable[[], "subprocess.Popen[str]"],
    hanging_go: Callable[[], bool],
    put_go: PutGo,
    builds: Builds,
    cache: Path,
    programs: Path,
) -> None:
    build = start()
    eventually(hanging_go)
    build.send_signal(number)
    _, said = build.communicate(timeout=60)
    assert build.returncode == 130
    assert said.endswith("interrupted; what is compiled is kept, the same command goes on from there\n")
    assert not hanging_go()
    assert find(cache, str(programs)) is None
    assert not list((cache / "toolchain").glob("*.part"))

    put_go()
    assert start().wait(60) == 0
    assert builds() == [*MODULES, "cli"], "the two parts that were ready are kept"
    assert find(cache, str(programs)) is not None


def test_after_a_killed_build_the_next_call_goes_on_and_leaves_nothing_half_made(
    start: Callable[[], "subprocess.Popen[str]"],
    hanging_go: Callable[[], bool],
    put_go: PutGo,
    builds: Builds,
    cache: Path,
    programs: Path,
) -> None:
    build = start()
    eventually(hanging_go)
    build.send_signal(signal.SIGKILL)
    build.communicate()
    assert list((cache / "toolchain").glob("*.part"))

    put_go()
    assert start().wait(60) == 0
    assert builds() == [*MODULES, "cli"]
    assert find(cache, str(programs)) is not None
    assert not list((cache / "toolchain").glob("*.part"))


def test_of_two_builds_the_second_waits_says_so_and_uses_the_result(
    start: Callable[[], "subprocess.Popen[str]"], put_go: PutGo, builds: Builds, cache: Path, tmp_path: Path
) -> None:
    go_on = tmp_path / "go on"
    put_go(f'while [ ! -e "{go_on}" ]; do sleep 0.05; done')
    first = start()
    eventually(builds)
    second = start()
    assert second.stderr is not None
    assert second.stderr.readline() == f"waiting for another build (process {first.pid}), 0 s\n"
    go_on.touch()
    assert first.wait(60) == 0
    assert second.wait(60) == 0
    assert builds() == MODULES
