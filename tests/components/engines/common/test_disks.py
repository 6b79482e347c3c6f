"""Volumes with real disks (loop devices), file systems and mounts, in a mount namespace that goes away by itself."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.components.engines.common.machine import GIB, VOLUME_IDS, CommonMachine

NEEDED = (
    "blockdev",
    "losetup",
    "unshare",
    "mkfs.ext4",
    "e2fsck",
    "resize2fs",
    "wipefs",
    "blkid",
    "lsblk",
    "mountpoint",
    "mount",
)
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
DOCKER, SWARM = "var/lib/docker", "var/lib/docker/swarm"


def loop(*arguments: str) -> str:
    """losetup; its output."""
    done = subprocess.run(["losetup", *arguments], capture_output=True, text=True, env={"PATH": PATH}, check=True)
    return done.stdout.strip()


@dataclass
class Disks:
    """Files that are disks of this machine while a test runs."""

    folder: Path
    devices: list[str]

    def add(self, size: int = GIB) -> str:
        """A disk with nothing on it, by its path."""
        file = self.folder / f"disk{len(self.devices)}.raw"
        with file.open("wb") as content:
            content.truncate(size)
        self.devices.append(loop("--find", "--show", str(file)))
        return self.devices[-1]


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[Disks]:
    missing = [command for command in NEEDED if shutil.which(command, path=PATH) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"needs root and {', '.join(missing or ['nothing else'])}")
    if subprocess.run(["losetup", "--find"], capture_output=True, env={"PATH": PATH}, check=False).returncode:
        pytest.skip("needs loop devices")
    made = Disks(tmp_path, [])
    yield made
    for device in made.devices:
        loop("--detach", device)


@dataclass
class Server:
    """A master with both volumes, whose disks are real."""

    machine: CommonMachine
    engine: str
    state: str

    @classmethod
    def make(cls, folder: Path, engine: str, state: str, *others: str) -> "Server":
        """others: further disks, which are not the bay's."""
        machine = CommonMachine.make(
            folder,
            BAY_ENGINE_SIZE=1,
            BAY_ENGINE_PATHS=[f"{folder}/{DOCKER}"],
            BAY_STATE_PATHS=[f"{folder}/{SWARM}"],
            BAY_STATE_VOLUMES=VOLUME_IDS,
        )
        machine.use(*(command for command in NEEDED if command != "lsblk"))
        (folder / "dev/disk/by-id" / f"virtio-{VOLUME_IDS[0][:20]}").symlink_to(state)
        # The real one calls loop devices what they are.
        lsblk = shutil.which("lsblk", path=PATH)
        listed = " ".join([*others, engine, state])
        machine.fake("lsblk", f'{lsblk} "$@" $([[ $* != *--nodeps* ]] || echo {listed}) | sed "s/ loop$/ disk/"\n')
        script = folder / "lib" / "volumes.sh"
        script.write_text(script.read_text().replace("FOUND_WITHIN=60", "FOUND_WITHIN=2"))
        return cls(machine, engine, state)

    def boot(self, then: str = "true") -> "subprocess.CompletedProcess[str]":
        """Prepares the server, maybe several times, and runs a command; all mounts are gone afterwards."""
        folder = self.machine.folder
        self.machine.reboot()
        script = f"{folder}/lib/prepare {folder}/env && cd {folder} && {then}"
        return subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "bash", "-euc", script],
            env={"PATH": f"{folder}/bin:{PATH}", "FAKE": str(folder)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def ok(self, then: str = "true") -> str:
        """What a command prints after a boot."""
        done = self.boot(then)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def file_systems(*devices: str) -> list[str]:
    command = ["blkid", "--probe", "--output", "value", "--match-tag", "LABEL"]
    return [
        subprocess.run(
            [*command, device], capture_output=True, text=True, env={"PATH": PATH}, check=False
        ).stdout.strip()
        for device in devices
    ]


def beginning(device: str) -> bytes:
    """Its first MiB."""
    with Path(device).open("rb") as content:
        return content.read(1 << 20)


def may_resize() -> bool:
    """Whether the kernel lets this user extend a mounted file system (CAP_SYS_RESOURCE)."""
    status = Path("/proc/self/status").read_text()
    (effective,) = [line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")]
    return bool(int(effective, 16) >> 24 & 1)


def test_both_volumes_over_their_folders_and_what_was_there_goes_along(disks: Disks, tmp_path: Path) -> None:
    server = Server.make(tmp_path, disks.add(), disks.add())
    server.machine.write(f"{DOCKER}/engine-id", "made by the package")
    (tmp_path / DOCKER).chmod(0o710)
    sources = f"findmnt -no SOURCE -M {DOCKER}; findmnt -no SOURCE -M {SWARM}"
    shown = server.ok(f"{sources}; stat -c %a {DOCKER}; cat {DOCKER}/engine-id")
    dashed = str(tmp_path).strip("/").replace("/", "-")
    assert shown.splitlines()[-4:] == [
        f"{server.engine}[/{dashed}-var-lib-docker]",
        f"{server.state}[/{dashed}-var-lib-docker-swarm]",
        "710",
        "made by the package",
    ]
    assert file_systems(server.engine, server.state) == ["bay-engine", "bay-state"]
    assert (tmp_path / DOCKER / "engine-id").read_text() == "made by the package", "the root disk's is only covered"


def test_data_outlive_a_reboot_and_a_second_preparation(disks: Disks, tmp_path: Path) -> None:
    server = Server.make(tmp_path, disks.add(), disks.add())
    again = f"lib/prepare ./env && [ $(findmnt -rno TARGET | grep -c {tmp_path}) = 4 ]"
    server.ok(f"{again} && echo images >{DOCKER}/images && echo raft >{SWARM}/raft")
    assert server.ok(f"cat {DOCKER}/images {SWARM}/raft").splitlines()[-2:] == ["images", "raft"]
    assert server.machine.calls("sleep") == []


def test_a_server_built_anew_finds_the_state_of_the_one_before(disks: Disks, tmp_path: Path) -> None:
    state = disks.add()
    Server.make(tmp_path / "first", disks.add(), state).ok(f"echo raft >{SWARM}/raft")
    second = Server.make(tmp_path / "second", disks.add(), state)
    # The folder's name on the volume comes from its path, which is the same on a real server.
    rename = "mount $(readlink {0}) /mnt && mv /mnt/* /mnt/$(echo {1} | sed 's,^/,,; s,/,-,g') && umount /mnt"
    move = rename.format(tmp_path / f"second/dev/disk/by-id/virtio-{VOLUME_IDS[0][:20]}", tmp_path / "second" / SWARM)
    subprocess.run(
        ["unshare", "-m", "bash", "-c", move.replace("/mnt/*", "/mnt/*swarm")], env={"PATH": PATH}, check=True
    )
    second.machine.write(f"{SWARM}/raft", "of the image")
    assert second.ok(f"cat {SWARM}/raft").splitlines()[-1] == "raft"


def test_the_engines_volume_is_known_by_its_label_whatever_else_is_empty(disks: Disks, tmp_path: Path) -> None:
    engine, state = disks.add(), disks.add()
    Server.make(tmp_path / "first", engine, state).ok()
    other = disks.add()
    shown = Server.make(tmp_path / "second", engine, state, other).ok(f"findmnt -no SOURCE -M {DOCKER}")
    assert shown.splitlines()[-1].startswith(f"{engine}[")
    assert file_systems(other) == [""]


@pytest.mark.parametrize(
    "content",
    ["mkfs.ext4 -q {0}", "mkswap -q {0}", "echo ,,L | sfdisk -q {0}", "printf LUKS\\\\272\\\\276\\\\0\\\\1 >{0}"],
    ids=["a file system", "swap", "partitions", "an encrypted disk"],
)
def test_a_disk_with_anything_on_it_stays_as_it_is(content: str, disks: Disks, tmp_path: Path) -> None:
    used, state = disks.add(), disks.add()
    made = subprocess.run(["sh", "-c", content.format(used)], capture_output=True, env={"PATH": PATH}, check=False)
    if made.returncode == 127:
        pytest.skip(f"needs {content.split()[0]}")
    before = beginning(used)
    server = Server.make(tmp_path, used, state)
    assert server.boot().returncode != 0
    assert server.machine.marks()[-1] == "failed reason=no-disk-for-bay-engine"
    assert beginning(used) == before


def test_a_volume_that_was_extended_has_a_larger_file_system(disks: Disks, tmp_path: Path) -> None:
    if not may_resize():
        pytest.skip("needs CAP_SYS_RESOURCE")
    server = Server.make(tmp_path, disks.add(), disks.add())
    size = f"stat -f -c %b {SWARM}"
    before = int(server.ok(size).splitlines()[-1])
    os.truncate(tmp_path / "disk1.raw", 2 * GIB)
    loop("--set-capacity", server.state)
    assert int(server.ok(size).splitlines()[-1]) > 1.8 * before
