"""A node's volumes: files of this machine, shown to the container as disks.

A file is made a block device by the loop driver. In the container it has the name that Nova gave it, and the link that
udev makes from a disk's serial number, which is where users of OpenStack look for a volume.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from .commands import attempt, run

SERIAL = 20  # characters of the volume's id that fit a virtio disk
BY_ID = "/dev/disk/by-id"
SHOW = """umask 022; rm -f "$1"; mknod -m 660 "$1" b "$2" "$3"; mkdir -p "${4%/*}"; ln -sfn "../../${1##*/}" "$4" """
"""Arguments: device, major and minor number, link."""


@dataclass(frozen=True)
class Disk:
    """A volume; ``name`` is the device in the container, as vdb."""

    volume: str
    file: str
    name: str

    @property
    def link(self) -> str:
        """Where it is found by the volume's id."""
        return f"{BY_ID}/virtio-{self.volume[:SERIAL]}"


class Disks:
    """The volumes of one node. ``first`` is the first process of its container, None where that does not run."""

    def __init__(self, folder: Path) -> None:
        self._record = folder / "disks.json"

    def listed(self) -> list[Disk]:
        """All of them."""
        if not self._record.exists():
            return []
        return [Disk(**one) for one in json.loads(self._record.read_text())]

    def add(self, disk: Disk, first: int | None) -> None:
        """Attach one."""
        self._write([*(one for one in self.listed() if one.volume != disk.volume), disk])
        self.show(first)

    def remove(self, volume: str, first: int | None) -> None:
        """Detach one; what has it mounted goes on until it is unmounted, and can no more be started anew."""
        gone = [disk for disk in self.listed() if disk.volume == volume]
        self._write([disk for disk in self.listed() if disk.volume != volume])
        for disk in gone:
            if first:
                attempt(*_inside(first), "rm", "--force", f"/dev/{disk.name}", disk.link)
            _free(disk)

    def show(self, first: int | None) -> None:
        """Make the devices in a container that runs, unless they are there."""
        for disk in self.listed() if first else ():
            number = os.stat(_loop(disk)).st_rdev
            options = (f"/dev/{disk.name}", str(os.major(number)), str(os.minor(number)), disk.link)
            run(*_inside(first or 0), "sh", "-c", SHOW, "sh", *options)

    def free(self) -> None:
        """Let go of the loop devices; the container must have ended."""
        for disk in self.listed():
            _free(disk)

    def grow(self, volume: str) -> None:
        """Notice that a volume has become larger."""
        for disk in self.listed():
            if disk.volume == volume:
                run("losetup", "--set-capacity", _loop(disk))

    def _write(self, disks: list[Disk]) -> None:
        self._record.write_text(json.dumps([asdict(disk) for disk in disks]))


def free_all(folder: Path) -> None:
    """Let go of every loop device of a file in a folder, whoever made it."""
    for line in run("losetup", "--noheadings", "--raw", "--output", "NAME,BACK-FILE").splitlines():
        device, _, file = line.partition(" ")
        if file.startswith(f"{folder}/"):
            attempt("losetup", "--detach", device)


def _inside(first: int) -> tuple[str, ...]:
    return ("nsenter", f"--target={first}", "--mount", "--root")


def _loop(disk: Disk) -> str:
    """Its loop device, made if there is none: of a volume that several nodes have, there is one."""
    return run("losetup", "--find", "--show", "--nooverlap", disk.file).strip()


def _free(disk: Disk) -> None:
    """In effect when the last user has closed it."""
    for line in run("losetup", "--noheadings", "--output", "NAME", "--associated", disk.file).splitlines():
        attempt("losetup", "--detach", line.strip())
