"""What a backup and a restore have a master do: the real scripts, by bash's standard input, on a pretended server."""

import base64
import fcntl
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from bay.components.engines import ENGINES
from bay.components.node import user_data
from bay.components.node.cloudinit import environment
from tests.paths import ENGINE_FILES

MOVED = ("/etc/bay", "/run/bay", "/usr/local/lib/bay", "/var/lib/", "/dev/tcp")
FAKE = '#!/bin/bash\nnote() { echo "${0##*/} $*" >>"$FAKE/calls"; }\n'
DOCKER = """
case "$*" in
  info) ;;
  *LocalNodeState*) cat "$FAKE/state" ;;
  *ControlAvailable*) cat "$FAKE/manager" ;;
  *AutoLock*) cat "$FAKE/locked" ;;
  *NodeID*) echo own ;;
  *DockerRootDir*) echo "$FAKE/docker" ;;
  *Server.Version*) echo 26.1.5 ;;
  "node ls --quiet") [ "$(cat "$FAKE/manager")" = true ] ;;
  "node ls --filter role=manager --quiet") printf '%s\\n' own lost ;;
  "swarm leave --force") note "$@"; echo inactive >"$FAKE/state" ;;
  *) note "$@" ;;
esac
"""
SYSTEMCTL = """
case $1 in
  show) cat "$FAKE/pid" ;;
  *) note "$@" ;;
esac
"""


@dataclass(frozen=True)
class Server:
    """The first master of a Swarm bay, in a folder."""

    folder: Path

    def __post_init__(self) -> None:
        for name in ("bin", "etc/bay", "run/bay", "lib", "var/lib", "docker/swarm/raft"):
            (self.folder / name).mkdir(parents=True)
        for name, body in (("docker", DOCKER), ("systemctl", SYSTEMCTL), ("uname", "echo demo-master-0.novalocal\n")):
            self.fake(name, body)
        self.fake("ip", 'echo "default via 10.0.0.1 dev ens3"\n')
        for name in ("common.sh", "docker.sh", "networks.sh"):
            for folder in ("common", "swarm"):
                if (ENGINE_FILES / folder / name).exists():
                    (self.folder / "lib" / name).write_text(user_data.script(folder, name).content)
        settings = {
            "BAY_ROLE": "master",
            "BAY_MASTER_NAMES": ["demo-master-0", "demo-master-1"],
            "BAY_MASTER_ADDRESSES": ["10.0.0.5", "10.0.0.6"],
            "BAY_CONSOLE": str(self.folder / "console"),
            "BAY_JOIN_KEY": str(self.folder / "etc/bay/join_key"),
            "BAY_DOCKER_APPLIED": str(self.folder / "applied"),
        }
        files = {
            "etc/bay/env": environment(settings),
            "run/bay/prepared": "",
            "applied": "",
            "calls": "",
            "console": "",
            "state": "active\n",
            "manager": "true\n",
            "locked": "false\n",
            "docker/swarm/docker-state.json": "{}",
            "docker/swarm/raft/wal": "entries",
        }
        for name, text in files.items():
            (self.folder / name).write_text(text)

    def fake(self, name: str, body: str) -> None:
        (self.folder / "bin" / name).write_text(FAKE + body)
        (self.folder / "bin" / name).chmod(0o755)

    def run(self, *words: str, sent: bytes = b"", coe: str = "swarm") -> "subprocess.CompletedProcess[bytes]":
        script = ENGINES[coe].snapshots.script  # type: ignore[attr-defined]
        for path in MOVED:
            target = self.folder / "lib" if path == "/usr/local/lib/bay" else f"{self.folder}{path}"
            script = script.replace(path, str(target))
        return subprocess.run(
            ["bash", "-s", "--", *words],
            input=script.encode() + sent,
            env={"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "FAKE": str(self.folder)},
            capture_output=True,
            timeout=60,
            check=False,
        )

    @property
    def calls(self) -> list[str]:
        """What was called that changes something, in its order."""
        return (self.folder / "calls").read_text().splitlines()

    @property
    def left(self) -> list[str]:
        """What is in /var/lib."""
        return sorted(path.name for path in (self.folder / "var/lib").iterdir())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """With a process in Docker's place."""
    one = Server(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as docker:
        (tmp_path / "pid").write_text(f"{docker.pid}\n")
        yield one
        assert docker.poll() is None
        assert psutil.Process(docker.pid).status() != psutil.STATUS_STOPPED, "it goes on whatever happened"
        docker.kill()


def snapshot(**files: str) -> bytes:
    """An archive as `save` makes one."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"./swarm/{name.replace('__', '/')}")
            member.size, member.mode = len(text), 0o600
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


SNAPSHOT = snapshot(**{"docker-state.json": "{saved}", "raft__wal": "older entries"})


def sum_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_raft_directory_is_sent_with_its_sum(server: Server) -> None:
    done = server.run("save")
    assert done.returncode == 0, done.stderr
    assert done.stderr.decode() == f"bay: size={len(done.stdout)} sha256={sum_of(done.stdout)} version=26.1.5\n"
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        assert {"./swarm/docker-state.json", "./swarm/raft/wal"} <= set(archive.getnames())
    assert (server.calls, server.left) == ([], [])


def test_docker_stands_still_while_it_is_copied(server: Server) -> None:
    server.fake("cp", 'cut -d " " -f 3 "/proc/$(cat "$FAKE/pid")/stat" >"$FAKE/was"; exec /bin/cp "$@"\n')
    assert server.run("save").returncode == 0
    assert (server.folder / "was").read_text() == "T\n"


@pytest.mark.parametrize(
    ("file", "text", "code", "reason"),
    [
        ("manager", "false", 3, "it does not serve"),
        ("locked", "true", 4, "its managers are locked at their start"),
        ("etc/bay/env", None, 3, "this server is no part of a bay yet"),
    ],
)
def test_a_master_that_cannot_says_why_and_prints_nothing(
    file: str, text: str | None, code: int, reason: str, server: Server
) -> None:
    (server.folder / file).unlink() if text is None else (server.folder / file).write_text(text)
    done = server.run("save")
    assert (done.returncode, done.stdout) == (code, b"")
    assert reason in done.stderr.decode().splitlines()[-1]
    assert (server.calls, server.left) == ([], [])


def test_a_copy_that_fails_leaves_nothing(server: Server) -> None:
    server.fake("cp", "exit 1\n")
    done = server.run("save")
    assert (done.returncode, done.stdout, server.left) == (1, b"", [])


@pytest.mark.parametrize(("manager", "code"), [("true", 0), ("false", 3)])
def test_a_master_says_whether_it_serves(manager: str, code: int, server: Server) -> None:
    (server.folder / "manager").write_text(manager)
    assert server.run("probe").returncode == code


def test_a_snapshot_that_did_not_arrive_whole_is_not_kept(server: Server) -> None:
    done = server.run("put", sum_of(SNAPSHOT), sent=SNAPSHOT[:-1])
    assert (done.returncode, server.left) == (5, [])
    assert done.stderr.decode().strip() == "what arrived is not what was sent"


def test_a_master_that_gives_up_is_not_ready_any_more(server: Server) -> None:
    assert server.run("leave").returncode == 0
    assert server.calls == ["systemctl stop bay-swarm.service", "docker swarm leave --force"]
    assert "bay: stage=restoring node=demo-master-0" in (server.folder / "console").read_text()
    assert server.run("leave").returncode == 0
    assert server.calls[2:] == ["systemctl stop bay-swarm.service"], "it is in none any more"


def test_a_master_begins_with_the_snapshot_as_the_only_one(server: Server) -> None:
    (server.folder / "docker/swarm/raft/later").write_text("what it began by itself")
    assert server.run("put", sum_of(SNAPSHOT), sent=SNAPSHOT).returncode == 0
    assert server.left == ["bay-restore"]
    assert (server.folder / "var/lib/bay-restore").stat().st_mode & 0o777 == 0o700
    done = server.run("load")
    assert done.returncode == 0, done.stderr
    swarm = server.folder / "docker/swarm"
    assert sorted(str(path.relative_to(swarm)) for path in swarm.rglob("*") if path.is_file()) == [
        "docker-state.json",
        "raft/wal",
    ]
    assert (swarm / "docker-state.json").read_text() == "{saved}"
    assert server.calls == [
        "systemctl stop docker.socket docker.service",
        "systemctl start docker.service",
        "docker swarm init --force-new-cluster --advertise-addr 10.0.0.5",
        "docker node demote lost",
        "docker node rm --force lost",
        "docker node update --availability drain own",
        "systemctl start bay-swarm.service",
    ]
    assert server.left == []


def test_what_is_no_managers_data_replaces_none(server: Server) -> None:
    other = snapshot(something="else")
    assert server.run("put", sum_of(other), sent=other).returncode == 0
    done = server.run("load")
    assert (done.returncode, server.calls) == (4, [])
    assert done.stderr.decode().splitlines()[-1] == "the snapshot is no manager's"
    assert (server.folder / "docker/swarm/raft/wal").read_text() == "entries"
    assert server.run("load").returncode == 4


def test_without_a_snapshot_nothing_is_loaded(server: Server) -> None:
    done = server.run("load")
    assert (done.returncode, server.calls) == (4, [])
    assert done.stderr.decode().splitlines()[-1] == "there is no snapshot on this server"


def test_another_master_joins_with_the_key_that_it_is_given(server: Server) -> None:
    assert server.run("join", sent=b"-----BEGIN KEY-----\nabc\n-----END KEY-----\n").returncode == 0
    key = server.folder / "etc/bay/join_key"
    assert key.read_text() == "-----BEGIN KEY-----\nabc\n-----END KEY-----\n"
    assert key.stat().st_mode & 0o777 == 0o600
    assert server.calls == ["systemctl start bay-swarm.service"]


def test_only_one_is_at_work_on_a_server(server: Server) -> None:
    with (server.folder / "run/bay-snapshot.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = server.run("load")
    assert done.returncode == 4
    assert "another backup or restore is at work" in done.stderr.decode()


# Kubernetes


def blobs(*parts: bytes, error: str = "") -> bytes:
    """As etcd's gateway streams a snapshot."""
    lines: list[object] = [{"result": {"blob": base64.b64encode(part).decode()}} for part in parts]
    return b"".join(
        json.dumps(line).encode() + b"\n" for line in [*lines, *([{"error": {"message": error}}] if error else [])]
    )


def decode(stream: bytes) -> "subprocess.CompletedProcess[bytes]":
    script = (ENGINE_FILES / "kubernetes/snapshot.sh").read_text()
    code = script.partition("BLOBS='")[2].partition("'\n")[0]
    return subprocess.run(
        [sys.executable, "-I", "-c", code], input=stream, capture_output=True, check=False, timeout=60
    )


DATABASE = bytes(range(256)) * 512
WHOLE = DATABASE + hashlib.sha256(DATABASE).digest()


@pytest.mark.parametrize("size", [1, 31, 32, 33, 70_000, len(WHOLE)])
def test_a_snapshot_of_etcd_comes_in_pieces_of_any_size(size: int) -> None:
    stream = WHOLE if size > 100 else WHOLE[-3200:]
    if size <= 100:
        stream = DATABASE[:3168] + hashlib.sha256(DATABASE[:3168]).digest()
    done = decode(blobs(*(stream[start : start + size] for start in range(0, len(stream), size))))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == stream


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"", "etcd: the snapshot is not complete"),
        (blobs(WHOLE[:-33]), "etcd: the snapshot is not complete"),
        (blobs(WHOLE[:1000], error="rpc error: no leader"), "etcd: rpc error: no leader"),
        (blobs(error="etcdserver: permission denied"), "etcd: etcdserver: permission denied"),
    ],
)
def test_a_snapshot_of_etcd_that_is_not_whole_is_none(stream: bytes, reason: str) -> None:
    done = decode(stream)
    assert done.returncode == 1
    assert done.stderr.decode().strip() == reason
