"""A pretended server: an engine's real scripts in a folder, with fakes for what would touch the machine itself."""

import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from bay.components.node.cloudinit import environment
from tests.paths import ENGINE_FILES

MASTERS = {"demo-master-0": "10.80.0.10", "demo-master-1": "10.80.0.11", "demo-master-2": "10.80.0.12"}
TOOLS = (
    *("base64", "basename", "bash", "cat", "chmod", "cmp", "cp", "cut", "date", "dirname", "find", "flock", "grep"),
    *("head", "install", "ls", "mkdir", "mktemp", "mv", "openssl", "readlink", "rm", "sed", "seq", "sh", "sha256sum"),
    *("shuf", "sort", "ss", "stat", "sync", "tail", "timeout", "touch", "tr", "wc"),
)
"""The machine's own commands; nothing else of it is on PATH, so that its own Docker does not count."""

MOVED = (
    *("/etc/", "/run/bay", "/dev/disk/", "/var/lib/bay", "/var/lib/etcd"),
    *("/run/sshd", "/var/lib/kubelet", "/usr/lib/systemd", "/usr/local/share/", "/usr/lib/cni", "/opt/cni"),
)
"""Where the scripts read and write; the copies do it below the server's folder."""

Settings = Mapping[str, str | int | Iterable[str]]

# Every fake notes how it was called in $FAKE/calls and answers from files below $FAKE, the server's folder.
NOTE = '#!/bin/bash\ncall="${0##*/}${*:+ $*}"\nnote() { echo "$call" >>"$FAKE/calls"; }\n'
NOTED = "note\n"


@dataclass(frozen=True)
class Machine:
    """One pretended server in a folder of its own; each engine has a subclass that says what else it has."""

    folder: Path

    SCRIPTS: ClassVar[tuple[str, ...]] = ("common",)
    """Folders of the scripts that it has."""

    FAKES: ClassVar[Mapping[str, str]] = {
        "uname": 'cat "$FAKE/name"\n',
        "sleep": NOTED,
        "systemctl": NOTED,
        "iptables": NOTED,
    }
    FOLDERS: ClassVar[tuple[str, ...]] = ()
    """Folders that are there before a script runs."""

    @classmethod
    def furnish(
        cls,
        folder: Path,
        name: str,
        settings: Settings,
        *,
        masters: Mapping[str, str] = MASTERS,
        age: int = 60,
    ) -> Self:
        """settings: beside those that every server has. age: seconds since the bay was made."""
        machine = cls(folder)
        for sub in ("bin", "lib", *cls.FOLDERS):
            (folder / sub).mkdir(parents=True)
        machine.use(*TOOLS)
        for command, body in cls.FAKES.items():
            machine.fake(command, body)
        for scripts in cls.SCRIPTS:
            for script in (ENGINE_FILES / scripts).iterdir():
                machine.copy(script)
        values: Settings = {
            "BAY_NAME": "demo",
            "BAY_ROLE": "master" if "-master-" in name else "node",
            "BAY_MADE_AT": int(time.time()) - age,
            "BAY_MASTER_NAMES": masters.keys(),
            "BAY_MASTER_ADDRESSES": masters.values(),
            "BAY_CONSOLE": str(folder / "console"),
            **settings,
        }
        machine.write("name", f"{name}.novalocal\n")
        machine.write("calls", "")
        machine.write("env", environment({key: _plain(value) for key, value in values.items()}))
        return machine

    def use(self, *commands: str) -> None:
        """Puts commands of this machine on PATH."""
        for command in commands:
            path = self.folder / "bin" / command
            path.unlink(missing_ok=True)
            path.symlink_to(shutil.which(command, path="/usr/bin:/bin:/usr/sbin:/sbin") or command)

    def fake(self, command: str, body: str) -> None:
        """Puts a fake on PATH, instead of the machine's command of that name."""
        (self.folder / "bin" / command).unlink(missing_ok=True)
        self._executable(f"bin/{command}", NOTE + body)

    def copy(self, script: Path) -> None:
        """A script as the server has it, with its paths moved."""
        text = script.read_text()
        for path in MOVED:
            text = text.replace(path, f"{self.folder}{path}")
        self._executable(f"lib/{script.name}", text)

    def _executable(self, name: str, text: str) -> None:
        self.write(name, text)
        (self.folder / name).chmod(0o755)

    def write(self, name: str, text: str) -> None:
        """A file below the folder, wherever it is."""
        path = self.folder / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self, name: str) -> str:
        """A file below the folder."""
        return (self.folder / name.lstrip("/")).read_text()

    def run(self, *command: str, said: str = "", **variables: str) -> "subprocess.CompletedProcess[str]":
        """Runs a script of the server; never longer than a minute. said: on its standard input."""
        return subprocess.run(
            [str(self.folder / "lib" / command[0]), *command[1:]],
            env={"PATH": str(self.folder / "bin"), "FAKE": str(self.folder), **variables},
            input=said,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self) -> "subprocess.CompletedProcess[str]":
        """What the engine's unit does at each boot."""
        return self.run("start", str(self.folder / "env"))

    def calls(self, command: str) -> list[str]:
        """How a fake was called, without its own name."""
        lines = self.read("calls").splitlines()
        return [line.removeprefix(f"{command} ") for line in lines if line.startswith(f"{command} ")]

    def console(self) -> list[str]:
        """Stage marks in the console log: ``bay: stage=STAGE node=NAME WORDS``."""
        return [line for line in self.read("console").splitlines() if line]

    def marks(self) -> list[str]:
        """Stage marks without the words that they all have."""
        lines = [line.split() for line in self.console()]
        return [" ".join([words[1].removeprefix("stage="), *words[3:]]) for words in lines]


def _plain(value: str | int | Iterable[str]) -> str | int | list[str]:
    return value if isinstance(value, str | int) else list(value)
