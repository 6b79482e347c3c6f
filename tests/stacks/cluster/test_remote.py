"""A script on a server over SSH: streams both ways, an exit code, and an end when it is asked for.

`ssh` here is a program on PATH that runs the command on this machine, and notes what it was called with.
"""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bay.components.errors import BayError
from bay.stacks.cancellation import Cancellation
from bay.stacks.cluster.remote import Shell
from bay.stacks.cluster.ssh import SshTarget
from bay.stacks.errors import Interrupted
from tests.fakes.messages import told

SSH = """#!/bin/bash
printf '%s\\n' "$@" >"$(dirname "$0")/called"
while [ "$1" != -- ]; do shift; done
shift
exec bash -c "$*"
"""
SUDO = """#!/bin/bash
[ "$1" = -n ] && shift && AS_ROOT=yes exec "$@"
"""


@pytest.fixture
def bin(tmp_path: Path) -> Path:
    for name, text in (("ssh", SSH), ("sudo", SUDO)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def shell(bin: Path, user: str = "debian", cancel: Cancellation | None = None) -> Shell:
    target = SshTarget("demo-master-0", "203.0.113.7", user, "ada", Path("/k"), "id 0", Path("/known"), True)
    return Shell(target, {"PATH": f"{bin}:{os.environ['PATH']}"}, cancel or Cancellation())


def test_a_script_reads_what_comes_behind_it_and_its_output_arrives_whole(bin: Path) -> None:
    payload, came = os.urandom(3_000_000), bytearray()
    script = 'main() { cat; echo "bay: version=2 size=$(( $1 ))" >&2; }\nmain "$@"; exit\n'
    pieces = (payload[start : start + 999_999] for start in range(0, len(payload), 999_999))
    answer = shell(bin).run(script, ["7"], pieces, came.extend)
    assert hashlib.sha256(came).digest() == hashlib.sha256(payload).digest()
    assert (answer.code, dict(answer.facts), answer.lines) == (0, {"version": "2", "size": "7"}, ())


@pytest.mark.parametrize(("user", "as_root"), [("debian", "yes"), ("root", "")])
def test_who_is_not_root_becomes_it(user: str, as_root: str, bin: Path) -> None:
    came = bytearray()
    assert shell(bin, user).run('printf %s "${AS_ROOT:-}"', [], output=came.extend).code == 0
    assert came.decode() == as_root


def test_nothing_is_ever_asked_at_the_terminal(bin: Path) -> None:
    shell(bin).run("exit", [])
    called = (bin / "called").read_text().splitlines()
    assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "-T"} <= set(called)


def test_how_it_ended_is_told(bin: Path) -> None:
    answer = shell(bin).run("echo first >&2; echo 'it cannot be done' >&2; echo >&2; exit 4", [])
    assert (answer.code, answer.reason, answer.is_unreachable) == (4, "it cannot be done", False)
    assert shell(bin).run("exit 255", []).is_unreachable
    assert shell(bin).run("exit 9", []).reason == "exit code 9"


def test_a_script_that_reads_nothing_more_ends_as_it_does(bin: Path) -> None:
    assert shell(bin).run("exit 3\n", [], (bytes(1_000_000) for _ in range(20))).code == 3


def test_what_goes_wrong_on_this_side_is_raised_and_ends_the_script(bin: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"begin"
        raise BayError("damaged", "")

    assert told(lambda: shell(bin).run("cat >/dev/null", [], broken()))[0] == "damaged"

    def full(_data: bytes) -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        shell(bin).run("echo x; exec sleep 60", [], output=full)


def test_a_script_ends_when_the_caller_wants_to(bin: Path) -> None:
    cancel, started = Cancellation(), time.monotonic()
    timer = threading.Timer(0.3, cancel.request)
    timer.start()
    with pytest.raises(Interrupted):
        shell(bin, cancel=cancel).run("exec sleep 60", [])
    timer.join()
    assert time.monotonic() - started < 30


def test_a_script_that_finishes_is_not_cut_off(bin: Path) -> None:
    cancel, done = Cancellation(), bin / "done"
    timer = threading.Timer(0.1, cancel.request)
    timer.start()
    with pytest.raises(Interrupted):
        shell(bin, cancel=cancel).run(f"sleep 0.5; touch {done}", [], finishes=True)
    timer.join()
    assert done.exists()


def test_a_machine_without_ssh_is_told_what_to_install(tmp_path: Path) -> None:
    one = Shell(shell(tmp_path).target, {"PATH": str(tmp_path)}, Cancellation())
    assert told(lambda: one.run("exit", []))[:2] == ("there is no ssh on this machine", "install OpenSSH's client")
