"""Files that a node finds at its first boot: they are written into the upper layer of its overlay."""

import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .commands import attempt, run

UNITS = "etc/systemd/system"
MASKED = ("systemd-sysctl.service", "systemd-udev-trigger.service", "systemd-networkd-wait-online.service")
"""Units that a container has no use for: the kernel's settings and devices are the host's; there is nothing to wait
for on a network whose addresses are given."""

WRITABLE = """\
[Unit]
Description=Let engines manage control groups and kernel settings
DefaultDependencies=no
Before=basic.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=-/bin/mount -o remount,rw /sys/fs/cgroup
ExecStart=-/bin/sh -c 'for c in /sys/fs/cgroup/*; do mount -o remount,rw,bind $c; done'
ExecStart=/bin/mount -o remount,rw,bind /proc/sys
"""
"""systemd-nspawn mounts these read-only. Container managers write the first, a kubelet the second: see shared."""

CLOUD_INIT = """\
# The sandbox gives the configuration as a folder, where a cloud has a drive.
datasource_list: [ConfigDrive, None]
system_info:
  network:
    renderers: [networkd]
# What costs seconds of processor time at each first boot and serves nobody here.
locale: false
ssh_genkeytypes: [ed25519, ecdsa]
"""
FILES = {
    f"{UNITS}/sandbox-writable.service": WRITABLE,
    "etc/cloud/cloud.cfg.d/99_sandbox.cfg": CLOUD_INIT,
}
LINKS = {
    f"{UNITS}/basic.target.wants/sandbox-writable.service": "../sandbox-writable.service",
    f"{UNITS}/multi-user.target.wants/systemd-networkd.service": "/lib/systemd/system/systemd-networkd.service",
    **{f"{UNITS}/{unit}": "/dev/null" for unit in MASKED},
}
CONFIG_DRIVE = "var/lib/cloud/seed/config_drive"


@dataclass(frozen=True)
class Tree:
    """The upper layer over an image's root."""

    upper: Path
    image: Path

    def prepare(self, config_drive: Mapping[str, bytes]) -> None:
        """Write what the sandbox adds to any image, and the content of the server's configuration drive."""
        for path, text in FILES.items():
            self._write(path, text.encode(), 0o644)
        for path, target in LINKS.items():
            place = self._place(path)
            place.unlink(missing_ok=True)
            place.symlink_to(target)
        self._place(CONFIG_DRIVE).mkdir(mode=0o700, exist_ok=True)
        for path, content in config_drive.items():
            self._write(f"{CONFIG_DRIVE}/{path}", content, 0o600)

    def _write(self, path: str, content: bytes, mode: int) -> None:
        place = self._place(path)
        place.write_bytes(content)
        place.chmod(mode)

    def _place(self, path: str) -> Path:
        """The path, its folders made: each as the image has it, because the upper layer's mode and owner count."""
        folder = self.upper
        for part in Path(path).parent.parts:
            folder = folder / part
            if not folder.exists():
                folder.mkdir()
                below = self.image / folder.relative_to(self.upper)
                folder.chmod(stat.S_IMODE(below.stat().st_mode) if below.is_dir() else 0o755)
        return folder / Path(path).name


def take_over(source: Path, target: Path) -> None:
    """Fill a node's own folder with what the image has there: by hard links, but for databases, which change in place.

    An engine's container images are content that is never changed once it is there, and may be gigabytes.
    """
    if target.exists():
        return
    if not source.is_dir():
        target.mkdir()
        target.chmod(0o711)
        return
    if not attempt("cp", "--archive", "--link", str(source), str(target)):  # another file system
        run("cp", "--archive", str(source), f"{target}/")
    for database in target.rglob("*.db"):
        own = database.with_name(database.name + ".own")
        shutil.copy2(database, own)
        own.replace(database)
