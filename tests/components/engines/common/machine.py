"""A pretended server for the scripts that every engine shares, which prepare it before the engine starts."""

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar, Self

from tests.components.engines.machine import NOTED, Machine, Settings

VOLUME_IDS = tuple(f"{digit * 8}-aaaa-4bbb-8ccc-{digit * 12}" for digit in "123")
GIB = 1 << 30

# What is on the disk FILE stands in FILE.TYPE, FILE.LABEL and FILE.signatures, FILE.children are its partitions.
LAST = "for last; do :; done\n"
SETTINGS: Settings = {
    "BAY_ID": "00c80000-0000-4000-8000-000000000001",
    "BAY_API_PORT": 2376,
    "BAY_SERVICES": ("docker.service", "containerd.service"),
    "BAY_ENGINE_SIZE": 0,
    **dict.fromkeys(("BAY_VIRTUAL_IP", "BAY_ENGINE_PATHS", "BAY_STATE_PATHS", "BAY_STATE_VOLUMES"), ""),
    **dict.fromkeys(("BAY_HTTP_PROXY", "BAY_HTTPS_PROXY", "BAY_NO_PROXY"), ""),
}


class CommonMachine(Machine):
    """A server with pretended disks and volumes, and no engine."""

    FAKES: ClassVar[Mapping[str, str]] = {
        **Machine.FAKES,
        "systemctl": 'note\n[ "$1" != is-active ] || cat "$FAKE/services/$2" 2>/dev/null || echo inactive\n',
        "udevadm": NOTED,
        "lsblk": 'case "$*" in *--nodeps*) cat "$FAKE/lsblk" ;; *) '
        + LAST
        + 'echo "$last"; cat "$last.children" 2>/dev/null || true ;; esac\n',
        "blockdev": LAST + 'cat "$last.size"\n',
        "wipefs": LAST + '[ ! -e "$last.broken" ] && cat "$last.signatures" 2>/dev/null || [ ! -e "$last.broken" ]\n',
        "blkid": LAST
        + 'case "$*" in *LABEL*) cat "$last.LABEL" ;; *) cat "$last.TYPE" ;; esac 2>/dev/null || exit 2\n',
        "mkfs.ext4": NOTED + LAST + 'echo ext4 >"$last.TYPE"; echo ext4 >"$last.signatures"\n',
        "e2fsck": NOTED,
        "resize2fs": NOTED,
        "mountpoint": "exit 1\n",
        "mount": NOTED,
        "update-ca-certificates": NOTED,
        "ip": 'echo "2: ens3    inet $6/20 brd 10.80.15.255 scope global ens3"\n',
        "keepalived": NOTED,
    }
    FOLDERS = ("services", "dev/disk/by-id", "etc", "run", "usr/local/share/ca-certificates")

    @classmethod
    def make(cls, folder: Path, name: str = "demo-master-0", **settings: str | int | Iterable[str]) -> Self:
        """settings: in place of those of a master that has neither volumes nor a virtual IP."""
        values = {**SETTINGS, **settings}
        machine = cls.furnish(folder, name, values)
        for part, wanted in (("volumes.sh", "BAY_ENGINE_PATHS BAY_STATE_PATHS"), ("virtual-ip.sh", "BAY_VIRTUAL_IP")):
            if not any(values[key] for key in wanted.split()):
                (folder / "lib" / part).unlink()
        machine.write("lsblk", "")
        return machine

    def disk(self, name: str, size: int = GIB, kind: str = "disk", *, serial: str = "", **content: str) -> str:
        """A pretended disk, by its path. serial: its name in by-id. content: TYPE, LABEL, signatures, ..."""
        path = self.folder / "dev" / name
        path.write_text("")
        for what, text in content.items():
            self.write(f"dev/{name}.{what}", f"{text}\n")
        if "TYPE" in content:
            self.write(f"dev/{name}.signatures", content["TYPE"])
        if serial:
            (self.folder / "dev/disk/by-id" / serial).symlink_to(path)
        self.write(f"dev/{name}.size", str(size))
        self.write("lsblk", self.read("lsblk") + f"{path} {kind}\n")
        return str(path)

    def prepare(self) -> "subprocess.CompletedProcess[str]":
        """What the unit does at each boot."""
        return self.run("prepare", str(self.folder / "env"))

    def reboot(self) -> None:
        """What is gone after one: /run, and what was called."""
        shutil.rmtree(self.folder / "run/bay", ignore_errors=True)
        self.write("calls", "")
