"""Files that a node finds at its first boot: they are written into the upper layer of its overlay."""

import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .commands import attempt, run

UNITS = "etc/systemd/system"
WRITABLE = """\
[Unit]
Description=Let engines change the settings of the kernel
DefaultDependencies=no
Before=basic.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/mount -o remount,rw,bind /proc/sys
"""
"""systemd-nspawn mounts them read-only, but for those of the network; a kubelet writes some. See shared."""
FILES = {f"{UNITS}/sandbox-writable.service": WRITABLE}
LINKS = {
    f"{UNITS}/basic.target.wants/sandbox-writable.service": "../sandbox-writable.service",
    f"{UNITS}/systemd-sysctl.service": "/dev/null",  # an image sets what suits a machine of its own
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
