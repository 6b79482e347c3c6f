"""`backup`: from a master that serves, over SSH, into a file that opens with the bay's own state."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bay.components.engines import ENGINES
from bay.components.errors import BayError
from bay.components.spec.merge import build_spec
from bay.stacks.cluster.backup_reader import open_backup
from bay.stacks.operations import backup as operation
from bay.stacks.operations.backup import BackupRequest, backup
from bay.stacks.state import pki
from bay.stacks.state.snapshot import IDENTITY_TYPE
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud, boot, ordinary_cloud
from tests.fakes.ssh import FakeSsh
from tests.fakes.stack import FakeContext, FakeStack
from tests.fakes.states import BAY_ID, FINISHED, bay_of

KEYS = {
    "phase": "current",
    "serial": 1,
    "ca_key": "ca",
    "ssh_host_key": "host",
    "ssh_host_public_key": "ssh-ed25519 H",
    "join_master_key": "join\n",
}
SNAPSHOT = b"what the engine keeps" * 1000


def saves(content: bytes = SNAPSHOT, **facts: str) -> str:
    """As a master answers that serves."""
    said = {"size": str(len(content)), "sha256": hashlib.sha256(content).hexdigest(), "version": "26.1.5", **facts}
    words = " ".join(f"{name}={value}" for name, value in said.items())
    return f"echo 'bay: {words}' >&2; printf %s '{content.decode()}'"


def stack(folder: Path, ssh: FakeSsh, model: str = "swarm", cloud: FakeCloud | None = None, **spec: Any) -> FakeStack:
    """A complete bay that lets its user in by SSH; its masters are at 10.0.0.0 and so on."""
    cloud = cloud or ordinary_cloud()
    opened = {"keypair": "ada", "access": {"ssh": ["192.0.2.0/24"]}}
    deployment = bay_of(build_spec([{"model": model, "nodes": 1}, {**opened, **spec}]))
    for resource in deployment["resources"]:
        if resource["type"] == IDENTITY_TYPE:
            resource["outputs"]["generations"] = [KEYS]
        if resource["type"].endswith(":Instance"):
            number = resource["id"].rpartition(" ")[2]
            resource["outputs"] = {"imageId": "image 1", "accessIpV4": f"10.0.0.{number}"}
    cloud.add("keypair", "ada", name="ada", public_key="ssh-ed25519 A")
    cloud.add("image", "image 1", name="debian-12-docker", os_distro="debian")
    context = FakeContext(cloud, folder)
    context.settings = replace(context.settings, environment=ssh.environment)
    bay = FakeStack(deployment, cloud, context=context, last=FINISHED)
    boot(cloud, bay.state)
    return bay


@pytest.fixture
def ssh(tmp_path: Path) -> FakeSsh:
    return FakeSsh(tmp_path / "ssh")


def test_a_backup_opens_with_the_state_of_its_bay(ssh: FakeSsh, tmp_path: Path) -> None:
    bay, folder = stack(tmp_path, ssh), tmp_path / "backups"
    ssh.answer("10.0.0.0", "save", saves())
    result = backup(bay, BackupRequest(folder))
    assert result.file.parent == folder
    assert result.file.stat().st_mode & 0o777 == 0o600
    opened = open_backup(result.file, "demo", BAY_ID, pki.generations(bay.secrets()))
    assert b"".join(opened.snapshot()) == SNAPSHOT
    assert (opened.summary.version, opened.header.master) == ("26.1.5", "demo-master-0")
    assert result.row == {
        "bay": "demo",
        "file": str(result.file),
        "size": result.file.stat().st_size,
        "created": opened.header.created.isoformat(),
        "coe": "swarm",
        "version": "26.1.5",
        "master": "demo-master-0",
        "removed": [],
    }
    assert ssh.calls == ["10.0.0.0 save"]
    assert bay.deeds == []
    assert bay.notices == ["the Raft directory is saved from demo-master-0"]
    assert [file.name for file in folder.iterdir()] == [result.file.name]


def test_a_master_that_does_not_serve_or_lets_nobody_in_is_passed_over(ssh: FakeSsh, tmp_path: Path) -> None:
    bay = stack(tmp_path, ssh, "swarm-ha")
    ssh.answer("10.0.0.0", "save", "echo 'it does not serve' >&2; exit 3")
    ssh.answer("10.0.0.1", "save", "echo 'Connection timed out' >&2; exit 255")
    ssh.answer("10.0.0.2", "save", saves())
    assert backup(bay, BackupRequest(tmp_path / "b")).header.master == "demo-master-2"
    assert ssh.calls == ["10.0.0.0 save", "10.0.0.1 save", "10.0.0.2 save"]


def test_masters_that_the_engine_calls_unhealthy_come_last(
    ssh: FakeSsh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ill:
        nodes = {"demo-master-0": "UNHEALTHY", "demo-master-1": "HEALTHY"}  # noqa: RUF012

    monkeypatch.setattr(operation, "health_of", lambda _bay: Ill)
    ssh.answer("10.0.0.1", "save", saves())
    assert backup(stack(tmp_path, ssh, "swarm-ha"), BackupRequest(tmp_path / "b")).header.master == "demo-master-1"
    assert ssh.calls == ["10.0.0.1 save"]


def test_the_master_that_is_named_is_the_one(ssh: FakeSsh, tmp_path: Path) -> None:
    ssh.answer("10.0.0.2", "save", saves())
    request = BackupRequest(tmp_path / "b", node="master-2")
    assert backup(stack(tmp_path, ssh, "swarm-ha"), request).header.master == "demo-master-2"
    assert ssh.calls == ["10.0.0.2 save"]


def test_older_backups_go_only_once_there_is_a_new_one(ssh: FakeSsh, tmp_path: Path) -> None:
    bay, folder = stack(tmp_path, ssh), tmp_path / "b"
    ssh.answer("10.0.0.0", "save", saves())
    first, second = (backup(bay, BackupRequest(folder)).file for _ in range(2))
    assert first != second, "two of the same second"
    ssh.answer("10.0.0.0", "save", "exit 3")
    with pytest.raises(BayError):
        backup(bay, BackupRequest(folder, keep=1))
    assert sorted(folder.iterdir()) == sorted([first, second])
    ssh.answer("10.0.0.0", "save", saves())
    result = backup(bay, BackupRequest(folder, keep=2))
    assert result.file.exists()
    assert len(result.removed) == 1
    assert len(list(folder.iterdir())) == 2


SILENT = "'bay ssh demo' has to get in (access.ssh, -i KEY); 'bay show demo' asks the engine"
KEPT = "nothing was written; the bay is as it was"


@pytest.mark.parametrize(
    ("answer", "message", "hint"),
    [
        ("echo 'it does not serve' >&2; exit 3", "no master gives a backup: {0}: it does not serve", SILENT),
        ("echo 'Permission denied (publickey).' >&2; exit 255", "no master gives a backup: {0}", SILENT),
        ("echo 'sudo: a password is required' >&2; exit 1", "{0}: sudo: a password is required", KEPT),
        ("echo 'its managers are locked' >&2; exit 4", "{0}: its managers are locked", KEPT),
        ("printf half; exit 1", "{0}: exit code 1", KEPT),
        (saves(sha256="0" * 64), "{0}: the snapshot did not arrive as it was sent", "run the same again"),
        (saves(size="1"), "{0}: the snapshot did not arrive as it was sent", "run the same again"),
        ("printf half", "{0}: the snapshot did not arrive as it was sent", "run the same again"),
    ],
)
def test_a_snapshot_that_is_none_leaves_nothing(
    answer: str, message: str, hint: str, ssh: FakeSsh, tmp_path: Path
) -> None:
    ssh.answer("10.0.0.0", "save", answer)
    said = told(lambda: backup(stack(tmp_path, ssh), BackupRequest(tmp_path / "b")))
    assert message.format("demo-master-0") in said[0]
    assert said[1] == hint
    assert list((tmp_path / "b").iterdir()) == []


@pytest.mark.parametrize(
    ("spec", "request_", "message", "hint"),
    [
        ({"keypair": None}, {}, "bay demo has no keypair, so its servers let nobody in by SSH", "'bay logs demo NODE'"),
        ({"access": {"ssh": []}}, {}, "SSH to the servers of bay demo is closed", "'bay update demo --set access.ssh"),
        ({}, {"node": "node-0"}, "demo-node-0 is no master", "--node names the master"),
        ({}, {"node": "master-7"}, "bay demo has no node 'master-7'", "nearest: demo-master-0"),
        ({}, {"keep": 0}, "to keep 0 backups is to keep none", "keep at least 1"),
    ],
)
def test_what_cannot_be_is_said_before_anybody_is_asked(
    spec: dict[str, Any], request_: dict[str, Any], message: str, hint: str, ssh: FakeSsh, tmp_path: Path
) -> None:
    said = told(lambda: backup(stack(tmp_path, ssh, **spec), BackupRequest(tmp_path / "b", **request_)))
    assert said[0] == message
    assert said[1].startswith(hint)
    assert ssh.calls == []
    assert not (tmp_path / "b").exists()


def test_an_engine_without_snapshots_says_so(ssh: FakeSsh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Site:
        title = "Nomad"

    monkeypatch.setattr(operation, "ENGINES", {"swarm": Site()})
    said = told(lambda: backup(stack(tmp_path, ssh), BackupRequest(tmp_path / "b")))
    assert said[:2] == ("bay demo: Nomad has no backup", "save what it holds by its own means")


@pytest.mark.parametrize("coe", ["swarm", "kubernetes", "mesos"])
def test_every_engine_of_bay_can_be_saved(coe: str) -> None:
    script = ENGINES[coe].snapshots.script  # type: ignore[attr-defined]
    assert script.endswith('}\nmain "$@"; exit\n')
    assert {"\nserves() {", "\nsave() {", "\nleave() {", "\nload() {", "\nis_installed() {"} <= {
        f"\n{line}" for line in script.splitlines() if line.endswith("() {")
    }


def test_a_bay_that_was_never_begun_has_nothing_to_save(ssh: FakeSsh, tmp_path: Path) -> None:
    with pytest.raises(BayError, match="bay demo has no spec yet"):
        backup(FakeStack(None, ordinary_cloud()), BackupRequest(tmp_path / "b"))
