"""Debian packages come from where this machine's own apt gets them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bay.sandbox.images import debian
from bay.sandbox.images.failures import explain
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
