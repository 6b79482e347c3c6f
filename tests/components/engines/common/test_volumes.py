"""Which disk of a server is which volume, and what happens to it; with pretended disks."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.components.engines.common.machine import GIB, VOLUME_IDS, CommonMachine

DOCKER, SWARM = "var/lib/docker", "var/lib/docker/swarm"


@dataclass(frozen=True)
class Bus:
    """How disks are called where they hang, and how the state volume is in /dev/disk/by-id."""

    disks: str
    serial: str

    def name(self, letter: str) -> str:
        return self.disks.format(letter=letter, number="abcdefg".index(letter))


BUSES = {
    "virtio": Bus("vd{letter}", f"virtio-{VOLUME_IDS[0][:20]}"),
    "scsi": Bus("sd{letter}", f"scsi-0QEMU_QEMU_HARDDISK_{VOLUME_IDS[0]}"),
    "nvme": Bus("nvme{number}n1", f"nvme-QEMU_NVMe_Ctrl_{VOLUME_IDS[0][:20]}"),
    "nvme over fabrics": Bus("nvme0n{number}", f"nvme-uuid.{VOLUME_IDS[0]}"),
}


def server(folder: Path, name: str = "demo-master-0", *, engine: int = 0, state: bool = False) -> CommonMachine:
    """engine: GiB of its engine volume."""
    machine = CommonMachine.make(
        folder,
        name,
        BAY_ENGINE_SIZE=engine,
        BAY_ENGINE_PATHS=[f"{folder}/{DOCKER}"] if engine else "",
        BAY_STATE_PATHS=[f"{folder}/{SWARM}"] if state else "",
        BAY_STATE_VOLUMES=VOLUME_IDS if state else "",
    )
    machine.fake("mount", 'note\n[ "$1" = --bind ] || [ ! -e "$1.bad" ]\n')
    return machine


def with_usual_disks(machine: CommonMachine, bus: Bus) -> None:
    """A partitioned root, an ephemeral disk, swap, a config drive, and things that are no disks of Cinder's."""
    root = bus.name("a")
    machine.disk(root, 20 * GIB, signatures="gpt", children=f"{root}1")
    machine.disk(bus.name("b"), 20 * GIB, TYPE="ext4", LABEL="ephemeral0")
    machine.disk(bus.name("c"), GIB, TYPE="swap")
    machine.disk(bus.name("d"), 1 << 20, TYPE="iso9660", LABEL="config-2")
    machine.disk("loop0", 20 * GIB, "loop")
    machine.disk("sr0", 20 * GIB, "rom")
    machine.disk("zram0", 20 * GIB)


@pytest.mark.parametrize("bus", BUSES.values(), ids=BUSES)
def test_both_volumes_are_found_formatted_and_mounted(bus: Bus, tmp_path: Path) -> None:
    machine = server(tmp_path, engine=10, state=True)
    with_usual_disks(machine, bus)
    state = machine.disk(bus.name("f"), 10 * GIB, serial=bus.serial)
    engine = machine.disk(bus.name("e"), 10 * GIB)
    done = machine.prepare()
    assert done.returncode == 0, done.stderr
    assert machine.calls("mkfs.ext4") == [f"-q -m 0 -L bay-engine {engine}", f"-q -m 0 -L bay-state {state}"]
    volumes, dashed = f"{tmp_path}/var/lib/bay", f"{tmp_path}/".replace("/", "-").strip("-")
    assert machine.calls("mount") == [
        f"{engine} {volumes}/bay-engine",
        f"--bind {volumes}/bay-engine/{dashed}-var-lib-docker {tmp_path}/{DOCKER}",
        f"{state} {volumes}/bay-state",
        f"--bind {volumes}/bay-state/{dashed}-var-lib-docker-swarm {tmp_path}/{SWARM}",
    ]
    assert machine.marks() == ["prepare"]


def test_the_state_volume_of_another_master_is_not_taken(tmp_path: Path) -> None:
    machine = server(tmp_path, "demo-master-1", state=True)
    machine.disk("vdb", serial=f"virtio-{VOLUME_IDS[0][:20]}")
    own = machine.disk("vdc", serial=f"virtio-{VOLUME_IDS[1][:20]}")
    machine.prepare()
    assert machine.calls("mkfs.ext4") == [f"-q -m 0 -L bay-state {own}"]


def test_a_partition_of_the_state_volume_does_not_pass_for_it(tmp_path: Path) -> None:
    machine = server(tmp_path, state=True)
    disk = machine.disk("vdb", serial=f"virtio-{VOLUME_IDS[0][:20]}", signatures="dos", children="vdb1", bad="")
    machine.disk("vdb1", serial=f"virtio-{VOLUME_IDS[0][:20]}-part1", kind="part")
    assert machine.prepare().returncode != 0
    assert machine.calls("mkfs.ext4") == []
    assert machine.calls("mount") == [f"{disk} {tmp_path}/var/lib/bay/bay-state"]
    assert machine.marks()[-1] == "failed reason=cannot-mount-bay-state"


@pytest.mark.parametrize("content", [{"TYPE": "xfs"}, {"signatures": "crypto_LUKS"}, {"broken": ""}, {"children": "x"}])
def test_a_disk_with_anything_on_it_is_never_formatted(content: dict[str, str], tmp_path: Path) -> None:
    machine = server(tmp_path, engine=10)
    patience(machine, 2)
    machine.disk("vdb", 10 * GIB, **content)
    assert machine.prepare().returncode != 0
    assert machine.calls("mkfs.ext4") == []
    assert machine.marks()[-1] == "failed reason=no-disk-for-bay-engine"
    assert machine.calls("sleep") == ["1"] * 2


def test_a_disk_is_waited_for_a_minute(tmp_path: Path) -> None:
    machine = server(tmp_path, engine=10)
    assert machine.prepare().returncode != 0
    assert machine.marks()[-1] == "failed reason=no-disk-for-bay-engine"
    assert machine.calls("sleep") == ["1"] * 60


def patience(machine: CommonMachine, seconds: int) -> None:
    """How long it looks for a disk, instead of a minute: each second takes a dozen processes."""
    text = machine.read("lib/volumes.sh")
    assert "FOUND_WITHIN=60 " in text
    machine.write("lib/volumes.sh", text.replace("FOUND_WITHIN=60 ", f"FOUND_WITHIN={seconds} "))


def test_a_volume_that_was_formatted_keeps_what_it_has(tmp_path: Path) -> None:
    machine = server(tmp_path, engine=10, state=True)
    machine.disk("vdb", 10 * GIB)
    engine = machine.disk("vdc", 10 * GIB, TYPE="ext4", LABEL="bay-engine")
    state = machine.disk("vdd", GIB, TYPE="xfs", LABEL="restored", serial=f"virtio-{VOLUME_IDS[0][:20]}")
    machine.prepare()
    assert machine.calls("mkfs.ext4") == []
    mounted = [call.split()[0] for call in machine.calls("mount") if not call.startswith("--bind")]
    assert mounted == [engine, state]
    assert machine.calls("resize2fs") == [engine], "it may have been extended"


def test_among_empty_disks_the_one_of_the_size_asked_for_is_the_engines(tmp_path: Path) -> None:
    machine = server(tmp_path, engine=10)
    machine.disk("vdb", 100 * GIB)
    encrypted = machine.disk("vdc", 10 * GIB - (2 << 20))
    machine.disk("vdd", 5 * GIB)
    machine.prepare()
    assert machine.calls("mkfs.ext4") == [f"-q -m 0 -L bay-engine {encrypted}"]


def test_a_disk_with_the_serial_number_of_a_volume_counts_whatever_the_kernel_calls_it(tmp_path: Path) -> None:
    machine = server(tmp_path, engine=10)
    engine = machine.disk("vdb", 10 * GIB, "loop", serial=f"virtio-{VOLUME_IDS[1][:20]}")
    machine.disk("dm-0", 10 * GIB, "lvm", serial=f"dm-name-{VOLUME_IDS[2]}")
    machine.disk("vdc1", 10 * GIB, "part", serial=f"virtio-{VOLUME_IDS[2][:20]}-part1")
    machine.prepare()
    assert machine.calls("mkfs.ext4") == [f"-q -m 0 -L bay-engine {engine}"]


def test_a_disk_that_only_the_kernel_outside_has_is_passed_over(tmp_path: Path) -> None:
    machine = server(tmp_path, engine=10)
    machine.write("lsblk", f"{tmp_path}/dev/vda disk\n")
    engine = machine.disk("vdb", 10 * GIB)
    assert machine.prepare().returncode == 0
    assert machine.calls("mkfs.ext4") == [f"-q -m 0 -L bay-engine {engine}"]


def test_two_volumes_with_the_engines_label_are_an_error(tmp_path: Path) -> None:
    machine = server(tmp_path, engine=10)
    for name in ("vdb", "vdc"):
        machine.disk(name, 10 * GIB, TYPE="ext4", LABEL="bay-engine")
    assert machine.prepare().returncode != 0
    assert machine.calls("mount") == []
    assert machine.marks()[-1] == "failed reason=several-disks-bear-bay-engine"


def test_the_engines_volume_waits_until_the_state_volume_is_known(tmp_path: Path) -> None:
    machine = server(tmp_path, engine=10, state=True)
    state = machine.disk("vdb", 10 * GIB)
    link = tmp_path / f"dev/disk/by-id/virtio-{VOLUME_IDS[0][:20]}"
    machine.fake("sleep", f'note\nln -sf {state} {link}\nln -sf "$FAKE/lsblk-later" "$FAKE/lsblk"\n')
    machine.use("ln")
    engine = machine.disk("vdc", 10 * GIB)
    machine.write("lsblk-later", machine.read("lsblk"))
    machine.write("lsblk", f"{state} disk\n")
    machine.prepare()
    assert machine.calls("mkfs.ext4") == [f"-q -m 0 -L bay-engine {engine}", f"-q -m 0 -L bay-state {state}"]


def test_a_damaged_volume_is_neither_mounted_nor_formatted(tmp_path: Path) -> None:
    machine = server(tmp_path, engine=10)
    machine.disk("vdb", 10 * GIB, TYPE="ext4", LABEL="bay-engine")
    machine.fake("e2fsck", "note\nexit 4\n")
    assert machine.prepare().returncode != 0
    assert machine.calls("mkfs.ext4") + machine.calls("mount") == []
    assert machine.marks()[-1] == "failed reason=bay-engine-is-damaged"
    machine.fake("e2fsck", "note\nexit 1\n")
    assert machine.prepare().returncode == 0, "1 means that all errors are mended"


def test_what_a_package_left_in_a_folder_is_on_the_volume(tmp_path: Path) -> None:
    machine = server(tmp_path, engine=10)
    machine.disk("vdb", 10 * GIB)
    folder = tmp_path / DOCKER
    folder.mkdir(parents=True, mode=0o710)
    machine.write(f"{DOCKER}/engine-id", "here before")
    machine.prepare()
    (kept,) = (tmp_path / "var/lib/bay/bay-engine").iterdir()
    assert (kept / "engine-id").read_text() == "here before"
    assert kept.stat().st_mode & 0o777 == 0o710
    machine.write(f"{DOCKER}/engine-id", "of a new image")
    machine.reboot()
    machine.prepare()
    assert (kept / "engine-id").read_text() == "here before", "a server that is rebuilt around its volume"
