"""A pretended server for the scripts that every engine shares: the real ones, with their paths below a folder."""

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bay.components.cloudinit import environment

SCRIPTS = Path(__file__).parents[2] / "components" / "engines" / "files" / "common"
VOLUME_IDS = tuple(f"{digit * 8}-aaaa-4bbb-8ccc-{digit * 12}" for digit in "123")
MASTERS = {"demo-master-0": "10.80.0.10", "demo-master-1": "10.80.0.11", "demo-master-2": "10.80.0.12"}
GIB = 1 << 30

MOVED = ("/etc/", "/run/bay", "/var/lib/bay", "/dev/disk/", "/usr/local/share/")
"""Where the scripts read and write; the copies do it below the machine's folder."""

# Every fake notes how it was called in $FAKE/calls. What is on the disk FILE stands in FILE.TYPE, FILE.LABEL and
# FILE.signatures, FILE.children are its partitions.
LAST = "for last; do :; done\n"
FAKES = {
    "uname": 'cat "$FAKE/name"\n',
    "sleep": "note\n",
    "systemctl": 'note\n[ "$1" != is-active ] || cat "$FAKE/services/$2" 2>/dev/null || echo inactive\n',
    "iptables": "note\n",
    "udevadm": "note\n",
    "lsblk": 'case "$*" in *--nodeps*) cat "$FAKE/lsblk" ;; *) '
    + LAST
    + 'echo "$last"; cat "$last.children" 2>/dev/null || true ;; esac\n',
    "blockdev": LAST + 'cat "$last.size"\n',
    "wipefs": LAST + '[ ! -e "$last.broken" ] && cat "$last.signatures" 2>/dev/null || [ ! -e "$last.broken" ]\n',
    "blkid": LAST + 'case "$*" in *LABEL*) cat "$last.LABEL" ;; *) cat "$last.TYPE" ;; esac 2>/dev/null || exit 2\n',
    "mkfs.ext4": "note\n" + LAST + 'echo ext4 >"$last.TYPE"; echo ext4 >"$last.signatures"\n',
    "e2fsck": "note\n",
    "resize2fs": "note\n",
    "mountpoint": "exit 1\n",
    "mount": "note\n",
    "update-ca-certificates": "note\n",
    "ip": 'echo "2: ens3    inet $6/20 brd 10.80.15.255 scope global ens3"\n',
    "keepalived": "note\n",
}
TOOLS = (
    *("basename", "bash", "cat", "cmp", "cp", "cut", "date", "dirname", "grep", "install", "ls", "mkdir", "mv"),
    *("readlink", "rm", "sed", "sh", "sort", "sync", "touch", "tr", "wc"),
)
NOTE = '#!/bin/bash\ncall="${0##*/}${*:+ $*}"\nnote() { echo "$call" >>"$FAKE/calls"; }\n'


@dataclass(frozen=True)
class Machine:
    """One pretended server in a folder of its own."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, name: str = "demo-master-0", **settings: str | int | Iterable[str]) -> "Machine":
        """settings: in place of those of a master that has neither volumes nor a virtual IP."""
        machine = cls(folder)
        for sub in ("bin", "lib", "services", "dev/disk/by-id", "etc", "run", "usr/local/share/ca-certificates"):
            (folder / sub).mkdir(parents=True)
        for command, body in FAKES.items():
            machine.fake(command, body)
        machine.use(*TOOLS)
        for script in SCRIPTS.iterdir():
            machine.copy(script)
        values = {**_settings(folder), **{key: _plain(value) for key, value in settings.items()}}
        for part, wanted in (("volumes.sh", "BAY_ENGINE_PATHS BAY_STATE_PATHS"), ("virtual-ip.sh", "BAY_VIRTUAL_IP")):
            if not any(values[key] for key in wanted.split()):
                (folder / "lib" / part).unlink()
        machine.write("name", f"{name}.novalocal\n")
        machine.write("calls", "")
        machine.write("lsblk", "")
        machine.write("env", environment(values))
        return machine

    def copy(self, script: Path) -> None:
        """A script as the server has it, with its paths moved."""
        text = script.read_text()
        for path in MOVED:
            text = text.replace(path, f"{self.folder}{path}")
        target = self.folder / "lib" / script.name
        target.write_text(text)
        target.chmod(0o755)

    def fake(self, command: str, body: str) -> None:
        """Puts a command on PATH."""
        path = self.folder / "bin" / command
        path.unlink(missing_ok=True)
        path.write_text(NOTE + body)
        path.chmod(0o755)

    def use(self, *commands: str) -> None:
        """Puts commands of this machine on PATH."""
        for command in commands:
            path = self.folder / "bin" / command
            path.unlink(missing_ok=True)
            path.symlink_to(shutil.which(command, path="/usr/bin:/bin:/usr/sbin:/sbin") or command)

    def write(self, name: str, text: str) -> None:
        """A file below the folder, wherever it is."""
        path = self.folder / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, name: str) -> str:
        """A file below the folder."""
        return (self.folder / name.lstrip("/")).read_text()

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

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Runs a script of the server; never longer than 20 s."""
        return subprocess.run(
            [str(self.folder / "lib" / command[0]), *command[1:]],
            env={"PATH": str(self.folder / "bin"), "FAKE": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    def prepare(self) -> "subprocess.CompletedProcess[str]":
        """What the unit does at each boot."""
        return self.run("prepare", str(self.folder / "env"))

    def reboot(self) -> None:
        """What is gone after one: /run, and what was called."""
        shutil.rmtree(self.folder / "run/bay", ignore_errors=True)
        self.write("calls", "")

    def calls(self, command: str) -> list[str]:
        """How a fake was called, without its own name."""
        lines = self.read("calls").splitlines()
        return [line.removeprefix(f"{command} ") for line in lines if line.startswith(f"{command} ")]

    def marks(self) -> list[str]:
        """Stage marks in the console log, without the words that they all have."""
        lines = [line.split() for line in self.read("console").splitlines() if line]
        return [" ".join([words[1].removeprefix("stage="), *words[3:]]) for words in lines]


def _plain(value: "str | int | Iterable[str]") -> str | int | list[str]:
    return value if isinstance(value, str | int) else list(value)


def _settings(folder: Path) -> "Mapping[str, str | int | list[str]]":
    return {
        "BAY_ID": "00c80000-0000-4000-8000-000000000001",
        "BAY_ROLE": "master",
        "BAY_MASTER_NAMES": list(MASTERS),
        "BAY_MASTER_ADDRESSES": list(MASTERS.values()),
        "BAY_API_PORT": 2376,
        "BAY_VIRTUAL_IP": "",
        "BAY_SERVICES": ["docker.service", "containerd.service"],
        "BAY_ENGINE_SIZE": 0,
        "BAY_ENGINE_PATHS": "",
        "BAY_STATE_PATHS": "",
        "BAY_STATE_VOLUMES": "",
        "BAY_HTTP_PROXY": "",
        "BAY_HTTPS_PROXY": "",
        "BAY_NO_PROXY": "",
        "BAY_CONSOLE": str(folder / "console"),
    }
