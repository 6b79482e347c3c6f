"""Debian packages come from where this machine's own apt gets them."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import ClassVar

import pytest

from bay.sandbox.errors import SandboxError
from bay.sandbox.images import debian
from bay.sandbox.images.failures import explain
from bay.sandbox.images.workshop import Workshop
from bay.toolchain.process import ProcessFailed

Put = Callable[[str, str], None]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Puts a program of apt that prints something into the folder of programs."""

    def put_program(name: str, output: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\ncat <<'END'\n{output}\nEND\n")
        (tmp_path / name).chmod(0o755)

    return put_program


def test_only_debians_own_repositories_of_the_suite_are_taken(put: Put, tmp_path: Path) -> None:
    put(
        "apt-get",
        "bookworm-security main Debian http://security.example/debian-security/\n"
        "bookworm main Debian http://mirror.example/debian/\n"
        "bookworm contrib Debian http://mirror.example/debian/\n"
        "bookworm stable Somebody http://else.example/\n"
        "bookworm main Somebody http://else.example/\n"
        "trixie main Debian http://mirror.example/debian/\n"
        "sdk-bookworm main $(ORIGIN) http://sdk.example/\n",
    )
    assert debian.sources(str(tmp_path)) == [
        ("http://mirror.example/debian/", "bookworm"),
        ("http://security.example/debian-security/", "bookworm-security"),
    ]


def test_a_repository_whose_lists_were_never_read_is_taken_too(put: Put, tmp_path: Path) -> None:
    put("apt-get", "bookworm main $(ORIGIN) http://mirror.example/debian/")
    assert debian.sources(str(tmp_path)) == [("http://mirror.example/debian/", "bookworm")]


def test_a_machine_without_apt_has_none(tmp_path: Path) -> None:
    assert debian.sources(str(tmp_path)) == []
    assert debian.options(str(tmp_path)) == []


def test_proxies_and_checks_of_this_machine_are_taken_over_and_nothing_else(put: Put, tmp_path: Path) -> None:
    put(
        "apt-config",
        'APT::Architecture "amd64";\nAcquire::http "";\nAcquire::http::Proxy "http://proxy.example:3128";\n'
        'Acquire::https::Verify-Peer "true";\nAcquire::Check-Valid-Until "false";\nAcquire::Retries "3";\n'
        'Acquire::cdrom::mount "/media/cdrom/";\n',
    )
    assert debian.options(str(tmp_path)) == [
        'Acquire::http::Proxy "http://proxy.example:3128";',
        'Acquire::https::Verify-Peer "true";',
        'Acquire::Check-Valid-Until "false";',
        'Acquire::Retries "3";',
    ]


def test_files_are_laid_over_a_root_file_system_and_scripts_can_be_run(tmp_path: Path) -> None:
    source, rootfs = tmp_path / "source", tmp_path / "rootfs"
    (source / "etc").mkdir(parents=True)
    (source / "etc" / "settings").write_text("a")
    (source / "script").write_text("#!/bin/sh\n")
    debian.lay(source, rootfs)
    assert (rootfs / "etc" / "settings").read_text() == "a"
    assert (rootfs / "etc" / "settings").stat().st_mode & 0o777 == 0o644
    assert (rootfs / "script").stat().st_mode & 0o777 == 0o755


class Recorded(Workshop):
    """Runs nothing; writes down what is asked for, and which files are there at that moment."""

    calls: ClassVar[list[tuple[str, ...]]] = []
    seen: ClassVar[dict[str, str]] = {}
    failing = False

    def inside(self, rootfs: Path, command: Sequence[str | Path], title: str) -> str:
        self.calls.append(tuple(map(str, command)))
        files = [path for path in rootfs.rglob("*") if path.is_file() and not path.is_symlink()]
        self.seen.update({str(path.relative_to(rootfs)): path.read_text() for path in files})
        if self.failing:
            raise SandboxError("broken", "")
        return ""


@pytest.fixture
def shop(tmp_path: Path) -> Recorded:
    Recorded.calls.clear()
    Recorded.seen.clear()
    return Recorded(tmp_path, str(tmp_path), tmp_path / "log", print)


@pytest.fixture
def rootfs(tmp_path: Path) -> Path:
    """A root file system with the folders that every one has."""
    for folder in ("etc/apt/apt.conf.d", "etc/apt/sources.list.d", "usr/sbin"):
        (tmp_path / "rootfs" / folder).mkdir(parents=True)
    return tmp_path / "rootfs"


@pytest.mark.parametrize("failing", [False, True])
def test_while_packages_are_installed_apt_has_what_it_needs_and_nothing_of_it_stays(
    put: Put, shop: Recorded, rootfs: Path, tmp_path: Path, failing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recorded, "failing", failing)
    put("apt-get", "bookworm main Debian http://mirror.example/debian/")
    put("apt-config", 'Acquire::http::Proxy "http://proxy.example:3128";')
    key = tmp_path / "site.gpg"
    key.write_text("key")
    source = f"deb [arch=amd64 signed-by={key}] http://site.example stable main"
    with pytest.raises(SandboxError) if failing else nullcontext():
        debian.install(shop, rootfs, ["mesos"], [source])
    assert shop.seen["etc/apt/sources.list"] == "deb http://mirror.example/debian/ bookworm main\n"
    assert shop.seen["etc/apt/sources.list.d/bay-build.list"] == source + "\n"
    assert "proxy.example" in shop.seen["etc/apt/apt.conf.d/90bay-build"]
    assert shop.seen["usr/sbin/policy-rc.d"] == "#!/bin/sh\nexit 101\n"
    assert shop.seen["etc/resolv.conf"] == Path("/etc/resolv.conf").read_text()
    assert shop.seen[str(key.relative_to("/"))] == "key"
    assert [call[0] for call in shop.calls] == ["apt-get"] * (1 if failing else 3)
    left = {str(path.relative_to(rootfs)) for path in rootfs.rglob("*") if path.is_file() or path.is_symlink()}
    assert left == {"etc/apt/sources.list", "etc/resolv.conf", str(key.relative_to("/"))}
    assert (rootfs / "etc/resolv.conf").readlink() == Path("/run/systemd/resolve/stub-resolv.conf")


def test_without_packages_what_is_there_is_brought_up_to_date(shop: Recorded, rootfs: Path) -> None:
    debian.install(shop, rootfs, (), ())
    assert shop.calls[1][-1] == "dist-upgrade"


@pytest.mark.parametrize(
    ("output", "message", "hint"),
    [
        ("cp: error writing 'x': No space left on device\nE: failed", "the disk is full", "make room"),
        (
            "E: Unable to locate package mesos",
            "not in the repositories: E: Unable to locate package mesos",
            "apt-source",
        ),
        ("E: Couldn't find these debs: foo", "not in the repositories", "apt sources"),
        ("W: GPG error: NO_PUBKEY 12", "signature cannot be checked: W: GPG error: NO_PUBKEY 12", "signed-by"),
        ("E: Failed getting release file http://x", "could not be downloaded: E: Failed getting", "apt-get update"),
        ("unshare: unshare failed: Operation not permitted", "root may not do here", "where root may mount"),
        ("one\nE: Sub-process returned an error\ntwo\n", "failed: E: Sub-process returned an error", "read /the/log"),
        ("one\nlast words\n\n", "failed: last words", "read /the/log"),
        ("", "failed: exit code 1", "read /the/log"),
    ],
)
def test_a_failure_is_said_in_words(output: str, message: str, hint: str) -> None:
    error = explain("installing", ProcessFailed(1, output), Path("/the/log"))
    assert error.message.startswith("installing")
    assert message in error.message
    assert hint in error.hint
