"""A pretended server: the real scripts, with docker, ssh and what touches the machine replaced on PATH."""

import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bay.components.cloudinit import environment

FILES = Path(__file__).parents[2] / "components" / "engines" / "files"
TOKEN = "SWMTKN-1-aaaa-bbbb"
MASTERS = {"demo-master-0": "10.80.0.10", "demo-master-1": "10.80.0.11", "demo-master-2": "10.80.0.12"}

# Every fake notes how it was called in $FAKE/calls and answers from files below $FAKE.
DOCKER = """
case "$*" in
  *LocalNodeState}}*ControlAvailable*) cat "$FAKE/state" ;;
  *LocalNodeState*) cut -d' ' -f1 "$FAKE/state" ;;
  *DockerRootDir*) echo "$FAKE/docker" ;;
  "swarm init"*) note; echo "active true" >"$FAKE/state"; echo "docker swarm join --token SWMTKN-secret" ;;
  "swarm join "*) note; echo "active false" >"$FAKE/state" ;;
  "swarm join-token"*) note; echo SWMTKN-1-aaaa-bbbb ;;
  "node ls"*) cat "$FAKE/nodes" ;;
  "network inspect"*) exit 1 ;;
  *) note ;;
esac
"""
# An answer is a file named by address and request, "CODE TEXT" a line; each call takes one, the last stays.
SSH = """
shift 2
call="ssh $*"
note
file=$FAKE/answers/$1.${2%% *}
[ -e "$file" ] || exit 255
read -r code text <"$file"
[ "$(wc -l <"$file")" -le 1 ] || sed -i 1d "$file"
[ -z "$text" ] || echo "$text"
exit "$code"
"""
NOTED = "note\n"
FAKES = {
    "docker": DOCKER,
    "ssh": SSH,
    "ssh-keyscan": 'for last; do :; done; [ -e "$FAKE/listening/$last" ] && echo "$last ssh-ed25519 AAAA"\n',
    "uname": 'cat "$FAKE/name"\n',
    "sleep": NOTED,
    "systemctl": NOTED,
    "iptables": NOTED,
    "apparmor_parser": NOTED,
    "sudo": 'note\nshift\nexec "$@"\n',
    "dockerd": 'echo "Docker version 20.10.24+dfsg1, build 297e128"\n',
    "ip": 'echo "default via 10.80.0.1 dev nothing src 10.80.0.99 uid 0"\n',
}
TOOLS = [
    "basename",
    "bash",
    "cat",
    "cp",
    "cut",
    "date",
    "dirname",
    "grep",
    "head",
    "ls",
    "readlink",
    "rm",
    "sed",
    "sha256sum",
    "shuf",
    "timeout",
    "touch",
    "tr",
    "wc",
]
"""The machine's own commands; nothing else of it is on PATH, so that its own Docker does not count."""
NOTE = '#!/bin/bash\ncall="$(basename "$0")${*:+ $*}"\nnote() { echo "$call" >>"$FAKE/calls"; }\n'


@dataclass(frozen=True)
class Machine:
    """One pretended server in a folder of its own."""

    folder: Path

    @classmethod
    def make(
        cls,
        folder: Path,
        name: str = "demo-node-0",
        *,
        masters: Mapping[str, str] = MASTERS,
        age: int = 60,
        state: str = "inactive false",
    ) -> "Machine":
        """age: seconds since the bay was made. state: what docker says of its swarm and of being a manager."""
        machine = cls(folder)
        for sub in ("bin", "answers", "listening", "docker/swarm", "lib"):
            (folder / sub).mkdir(parents=True)
        for command, body in FAKES.items():
            machine.fake(command, body)
        for tool in TOOLS:
            (folder / "bin" / tool).symlink_to(shutil.which(tool) or tool)
        for script in [*(FILES / "common").iterdir(), *(FILES / "swarm").iterdir()]:
            shutil.copy(script, folder / "lib" / script.name)
            (folder / "lib" / script.name).chmod(0o755)
        machine.write("name", f"{name}.novalocal\n")
        machine.write("state", f"{state}\n")
        machine.write("nodes", "")
        machine.write("calls", "")
        machine.write("join_key", "a key")
        machine.write("daemon.json", "{}")
        machine.write("env", environment(machine._settings(name, masters, age)))
        return machine

    def _settings(self, name: str, masters: Mapping[str, str], age: int) -> dict[str, str | int | list[str]]:
        return {
            "BAY_ROLE": "master" if "-master-" in name else "node",
            "BAY_MADE_AT": int(time.time()) - age,
            "BAY_MASTER_NAMES": list(masters),
            "BAY_MASTER_ADDRESSES": list(masters.values()),
            "BAY_JOIN_KEY": str(self.folder / "join_key"),
            "BAY_SSH_CONFIG": "/etc/bay/ssh_config",
            "BAY_DOCKER_ENV": str(self.folder / "docker.env"),
            "BAY_DOCKER_FILES": str(self.folder / "daemon.json"),
            "BAY_DOCKER_APPLIED": str(self.folder / "docker.applied"),
            "BAY_CONSOLE": str(self.folder / "console"),
        }

    def fake(self, command: str, body: str) -> None:
        """Puts a command on PATH before the machine's own."""
        path = self.folder / "bin" / command
        path.write_text(NOTE + body)
        path.chmod(0o755)

    def write(self, name: str, text: str) -> None:
        """A file that fakes or scripts read."""
        (self.folder / name).write_text(text)

    def answer(self, address: str, request: str, *answers: str) -> None:
        """What the master at `address` says to a request, one after the other: ``CODE TEXT``."""
        self.write(f"listening/{address}", "")
        self.write(f"answers/{address}.{request}", "".join(f"{answer}\n" for answer in answers))

    def run(self, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Runs a script of the server; never longer than 20 s."""
        return subprocess.run(
            [str(self.folder / "lib" / command[0]), *command[1:]],
            env={"PATH": str(self.folder / "bin"), "FAKE": str(self.folder), **variables},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    def start(self) -> "subprocess.CompletedProcess[str]":
        """What the unit does at each boot."""
        return self.run("start", str(self.folder / "env"))

    def decide(self, attempt: int = 1) -> str:
        """What the server would do next."""
        library = shlex.quote(str(self.folder / "lib"))
        parts = "; ".join(
            f". {library}/{name}" for name in ("common.sh", "docker.sh", "networks.sh", "join.sh", "cluster.sh")
        )
        text = f"set -Eeuo pipefail; . {shlex.quote(str(self.folder / 'env'))}; {parts}; decide {attempt}\n"
        self.fake("decide", text)
        shutil.copy(self.folder / "bin" / "decide", self.folder / "lib" / "decide")
        done = self.run("decide")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def calls(self, command: str) -> list[str]:
        """How a fake was called, without its own name."""
        lines = (self.folder / "calls").read_text().splitlines()
        return [line.removeprefix(f"{command} ") for line in lines if line.startswith(f"{command} ")]

    def console(self) -> list[str]:
        """Stage marks in the console log."""
        return [line for line in (self.folder / "console").read_text().splitlines() if line]
