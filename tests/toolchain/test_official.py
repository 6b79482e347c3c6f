"""The official Pulumi and plugin: taken where a server, here a local one, has them whole, else built."""

import hashlib
import os
import socket
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from bay.toolchain import Check, Toolchain, checks, ensure, find, official
from tests.toolchain.releases import CLI, PLUGIN, PULUMI, Server, files_of, packed

Builds = Callable[[], list[str]]
PutGo = Callable[..., Path]

#: Seconds in which a server that says nothing for a minute has to be given up, with a stall of half a second.
SOON = 30


def test_what_is_offered_is_taken_and_nothing_is_built(
    cache: Path, programs: Path, put_go: PutGo, builds: Builds, offers: Server
) -> None:
    put_go()
    said: list[str] = []
    toolchain = ensure(cache, str(programs), said.append)
    assert said[:2] == ["downloading Pulumi 3.259.0", "downloading its OpenStack plugin 5.5.1"]
    assert builds() == []
    assert toolchain == find(cache, str(programs))
    assert (toolchain.origin, toolchain.version) == ("downloaded", "3.259.0")
    assert (toolchain.root / "bin" / "pulumi").read_bytes() == PULUMI
    assert "bay.toolchain.providers" in (toolchain.root / "bin" / "pulumi-resource-pulumi-python").read_text(), "ours"
    assert toolchain.pulumi_home is not None
    plugin = toolchain.pulumi_home / "plugins" / "resource-openstack-v5.5.1" / "pulumi-resource-openstack"
    assert all(os.access(path, os.X_OK) for path in [plugin, *(toolchain.root / "bin").iterdir()])
    assert sorted(path.name for path in (cache / "toolchain").iterdir()) == [
        "lock",
        toolchain.root.name,
    ], "nothing else is left"

    offers.asked.clear()
    assert ensure(cache, str(programs), said.append) == toolchain
    assert offers.asked == []


def test_the_environment_finds_what_was_downloaded_and_nothing_else(
    cache: Path, programs: Path, offers: Server
) -> None:
    toolchain = ensure(cache, str(programs), lambda _: None)
    environment = toolchain.environment()
    assert str(toolchain.root / "bin") in environment["PATH"].split(os.pathsep)
    assert environment["PULUMI_HOME"] == str(toolchain.root / "home")
    assert environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    again = find(cache, environment["PATH"])
    assert again is not None
    assert again.origin == "downloaded", "it is not taken for the user's own"


def wrong_checksum(server: Server) -> None:
    server.offer(CLI, packed(*files_of(CLI)), checksum="a" * 64)


def truncated(server: Server) -> None:
    whole = packed(*files_of(CLI))
    server.offer(CLI, whole[: len(whole) // 2], checksum=hashlib.sha256(whole).hexdigest())


def truncated_before_its_sum_was_made(server: Server) -> None:
    server.offer(CLI, packed(*files_of(CLI))[:-20])


def no_archive_at_all(server: Server) -> None:
    server.offer(CLI, b"<html>log in first</html>")


def not_named_in_the_sums(server: Server) -> None:
    server.files[f"/{CLI.folder}/{CLI.sums}"] = f"{'0' * 64}  another-file.tar.gz\n".encode()


def not_there(server: Server) -> None:
    server.files.clear()


def no_plugin(server: Server) -> None:
    del server.files[f"/{PLUGIN.folder}/{PLUGIN.archive}"]


def hanging_at_its_sums(server: Server) -> None:
    server.hanging.add(f"/{CLI.folder}/{CLI.sums}")


def hanging_in_the_archive(server: Server) -> None:
    server.hanging.add(f"/{PLUGIN.folder}/{PLUGIN.archive}")


def up_and_out(server: Server) -> None:
    server.offer(CLI, packed(*files_of(CLI), ("pulumi/../../../../escaped", b"out")))


def an_absolute_path(server: Server) -> None:
    # The data filter takes the slash away; what is then called like this is no file that is wanted.
    files = [("/" + name, content) for name, content in files_of(CLI)]
    server.offer(CLI, packed(*files))


def a_link_to_elsewhere(server: Server) -> None:
    link = tarfile.TarInfo("pulumi/pulumi")
    link.type, link.linkname = tarfile.SYMTYPE, "/bin/sh"
    rest = [(name, content) for name, content in files_of(CLI) if name != "pulumi/pulumi"]
    server.offer(CLI, packed(*rest, (link, b"")))


def a_link_inside(server: Server) -> None:
    link = tarfile.TarInfo("pulumi/pulumi")
    link.type, link.linkname = tarfile.SYMTYPE, "pulumi-language-python"
    rest = [(name, content) for name, content in files_of(CLI) if name != "pulumi/pulumi"]
    server.offer(CLI, packed(*rest, (link, b"")))


def another_version(server: Server) -> None:
    server.offer(CLI, packed(*files_of(CLI, b"#!/bin/sh\necho v3.1.0\n")))


def for_another_machine(server: Server) -> None:
    server.offer(CLI, packed(*files_of(CLI, b"\x7fELF of another machine")))


#: What is wrong with the server -> a part of the line that says so.
FAULTS: dict[Callable[[Server], None], str] = {
    wrong_checksum: f"the checksum of {CLI.archive} is wrong",
    truncated: f"the checksum of {CLI.archive} is wrong",
    truncated_before_its_sum_was_made: "ended before the end-of-stream marker was reached",
    no_archive_at_all: f"{CLI.archive}: not a gzip file",
    not_named_in_the_sums: f"{CLI.sums} does not name {CLI.archive}",
    not_there: "127.0.0.1: HTTP 404 Not Found",
    no_plugin: "127.0.0.1: HTTP 404 Not Found",
    hanging_at_its_sums: "127.0.0.1: nothing came for",
    hanging_in_the_archive: "127.0.0.1: nothing came for",
    up_and_out: "would be extracted to",
    an_absolute_path: "has no file pulumi/pulumi",
    a_link_to_elsewhere: "is a link to an absolute path",
    a_link_inside: "has no file pulumi/pulumi",
    another_version: "what was downloaded says that it is v3.1.0, not v3.259.0",
    for_another_machine: "what was downloaded says that it is nothing, not v3.259.0",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_what_is_wrong_is_refused_in_one_line_and_pulumi_is_built(
    fault: Callable[[Server], None],
    cache: Path,
    programs: Path,
    put_go: PutGo,
    builds: Builds,
    offers: Server,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("bay.toolchain.download.STALL", 0.5)
    put_go()
    fault(offers)
    said: list[str] = []
    started = time.monotonic()
    toolchain = ensure(cache, str(programs), said.append)
    assert time.monotonic() - started < SOON
    assert toolchain.origin == "built"
    assert builds() == ["openstack", "language-python", "cli"]
    refusals = [line for line in said if line.startswith("no official Pulumi (")]
    assert len(refusals) == 1
    assert FAULTS[fault] in refusals[0]
    assert refusals[0].endswith("; it is built from Go modules instead, which takes minutes")
    assert not official.root(cache).exists()
    assert not list(tmp_path.rglob("escaped"))
    assert not list((cache / "toolchain").glob("*.part"))


def test_a_name_that_nobody_answers_for_holds_up_the_build_for_seconds_only(
    cache: Path, programs: Path, put_go: PutGo, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Event()

    def look_up_for_ever(*_: object, **__: object) -> list[object]:
        released.wait(60)
        raise OSError("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", look_up_for_ever)
    monkeypatch.setattr("bay.toolchain.download.STALL", 0.5)
    monkeypatch.setenv("BAY_PULUMI_RELEASES", "http://releases.example")
    put_go()
    said: list[str] = []
    started = time.monotonic()
    assert ensure(cache, str(programs), said.append).origin == "built"
    assert time.monotonic() - started < SOON
    assert "releases.example: nothing came for" in said[0]
    released.set()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "not a url", "http://127.0.0.1:99999", "file:///nowhere"])
def test_a_place_that_is_none_is_a_line_and_a_build(
    url: str, cache: Path, programs: Path, put_go: PutGo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAY_PULUMI_RELEASES", url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    put_go()
    said: list[str] = []
    assert ensure(cache, str(programs), said.append).origin == "built"
    assert said[0].startswith("no official Pulumi (")


@pytest.mark.parametrize("setting", ["off", ""])
def test_switched_off_nothing_is_asked_for_and_an_official_one_of_before_does_not_count(
    setting: str, cache: Path, programs: Path, put_go: PutGo, offers: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_go()
    before = ensure(cache, str(programs), lambda _: None)
    assert before.origin == "downloaded"
    offers.asked.clear()
    monkeypatch.setenv("BAY_PULUMI_RELEASES", setting)
    assert find(cache, str(programs)) == before, "what is there can be used"
    after = ensure(cache, str(programs), lambda _: None)
    assert after.origin == "built"
    assert find(cache, str(programs)) == after, "the built one goes before the official one"
    assert offers.asked == []


def test_doctor_says_which_is_used_and_what_that_costs(cache: Path, programs: Path, offers: Server) -> None:
    toolchain: Toolchain = ensure(cache, str(programs), lambda _: None)
    found: dict[str, Check] = {check.name: check for check in checks(cache, str(programs))}
    assert found["pulumi"].detail == (
        f"3.259.0, official, downloaded ({toolchain.root}/bin/pulumi); it keeps no journal beside the state, "
        "which costs minutes and gigabytes from some hundred nodes on (docs/speed.md): "
        "`BAY_PULUMI_RELEASES=off bay doctor --build` builds one that does"
    )
    assert found["plugin"].detail == (
        f"openstack 5.5.1, official, downloaded ({toolchain.root}/home/plugins/resource-openstack-v5.5.1)"
    )
    assert all(check.ok for check in found.values())


@pytest.mark.parametrize(
    ("system", "machine", "archives"),
    [
        ("Linux", "x86_64", ["linux-x64", "linux-amd64"]),
        ("Linux", "aarch64", ["linux-arm64", "linux-arm64"]),
        ("Darwin", "arm64", ["darwin-arm64", "darwin-arm64"]),
        ("Darwin", "x86_64", ["darwin-x64", "darwin-amd64"]),
        ("Linux", "riscv64", []),
        ("FreeBSD", "x86_64", []),
    ],
)
def test_the_archives_are_those_of_the_machine(system: str, machine: str, archives: list[str]) -> None:
    names = [release.archive for release in official.releases(system, machine)]
    expected = [f"pulumi-v3.259.0-{name}" for name in archives[:1]]
    expected += [f"pulumi-resource-openstack-v5.5.1-{name}" for name in archives[1:]]
    assert names == [f"{name}.tar.gz" for name in expected]


def test_without_a_setting_the_releases_are_pulumis_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BAY_PULUMI_RELEASES")
    assert official.base() == official.RELEASES
