"""A pretended server of a Mesos bay: the real scripts, with what touches the machine replaced on PATH."""

import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bay.components.cloudinit import environment
from bay.components.credentials import Generation
from bay.components.engines import Facts
from bay.components.layers import resolve

FILES = Path(__file__).parents[2] / "components" / "engines" / "files"
MASTERS = {"demo-master-0": "10.80.0.10", "demo-master-1": "10.80.0.11", "demo-master-2": "10.80.0.12"}
SECRETS = {name: f"secret-of-{name}" for name in ("zookeeper", "mesos_agent", "mesos_framework", "mesos_operator")}
DIGEST = "bay-masters:digest="

NOTE = '#!/bin/bash\ncall="$(basename "$0")${*:+ $*}"\nnote() { echo "$call" >>"$FAKE/calls"; }\n'
NOTED = "note\n"
# What a port answers is a file named by address and port; ZooKeeper's is one a pretended test makes or takes away.
TIMEOUT = """
shift
case "$*" in
  *"exec 3<>/dev/tcp/"*) address=${3#*/dev/tcp/}; exec cat "$FAKE/ports/${address%%/*}.2181" ;;
  *"</dev/tcp/"*) [ -e "$FAKE/ports/${3##*/}" ] ;;
  *) exec "$@" ;;
esac
"""
SYSTEMCTL = """
note
case "$*" in
  *"start zookeeper.service") echo standalone >"$FAKE/ports/127.0.0.1.2181" ;;
  "start mesos-master.service") touch "$FAKE/ports/5050" ;;
  "start mesos-agent.service") mkdir -p "$FAKE/work/meta/slaves/latest" ;;
esac
"""
# `install` without the owner, which only root may set.
INSTALL = """
note
words=()
while [ $# -gt 0 ]; do
  case $1 in -o | -g) shift 2 ;; *) words+=("$1"); shift ;; esac
done
exec /usr/bin/install "${words[@]}"
"""
# Commands come on standard input; a file named by the node of the tree says who owns it.
ZOOKEEPER_SHELL = """
note
while read -r command path rights; do
  [ "$command" = addauth ] || echo "zookeeper $command $path $rights" >>"$FAKE/calls"
  case $command in
    addauth) echo "$path $rights" >"$FAKE/login" ;;
    setAcl) [ "$path" = -R ] || echo "'digest,'bay-masters:digest=" >"$FAKE/tree/root" ;;
    getAcl) name=${path#/}; cat "$FAKE/tree/${name:-root}" ;;
    deleteall) rm "$FAKE/tree${path}" ;;
    create) [ ! -e "$FAKE/tree$path" ] || code=1 ;;
  esac
done
exit "${code:-0}"
"""
FAKES = {
    "systemctl": SYSTEMCTL,
    "timeout": TIMEOUT,
    "install": INSTALL,
    "uname": 'cat "$FAKE/name"\n',
    "ip": 'echo "10.80.0.10 via 10.80.0.1 dev eth0 src 10.80.0.99 uid 0"\n',
    "sleep": NOTED,
    "zkCli.sh": ZOOKEEPER_SHELL,
    "mesos-master": NOTED,
    "mesos-agent": NOTED,
}
TOOLS = ("basename", "bash", "cat", "chmod", "cmp", "date", "dirname", "grep", "ls", "mkdir", "openssl", "readlink")
TOOLS += ("rm", "sed", "sha256sum", "touch")
"""The machine's own commands; nothing else of it is on PATH, so that its own Docker does not count."""


def mesos_facts(facts: Facts, generation: Generation, model: str = "mesos-ha", **spec: object) -> Facts:
    """Facts of a Mesos bay, with secrets that say what they are."""
    keys: Generation = {**generation, "engine": SECRETS}
    return replace(facts, spec=resolve([{"model": model, **spec}]), generations=[keys])


@dataclass(frozen=True)
class Machine:
    """One pretended server in a folder of its own."""

    folder: Path

    @classmethod
    def make(
        cls, folder: Path, name: str = "demo-node-0", *, age: int = 60, flags: Sequence[str] = ("--port=1",)
    ) -> "Machine":
        """age: seconds since the bay was made. flags: those that all servers share."""
        machine = cls(folder)
        for sub in ("bin", "lib", "ports", "tree", "mesos", "state", "cgroups/freezer"):
            (folder / sub).mkdir(parents=True)
        for command, body in FAKES.items():
            machine.fake(command, body)
        for tool in TOOLS:
            (folder / "bin" / tool).symlink_to(shutil.which(tool) or tool)
        for script in (*(FILES / "common").iterdir(), *(FILES / "mesos").iterdir()):
            shutil.copy(script, folder / "lib" / script.name)
            (folder / "lib" / script.name).chmod(0o755)
        machine.write("name", f"{name}.novalocal\n")
        machine.write("calls", "")
        machine.write("tree/root", "'world,'anyone\n")
        machine.write("mesos/zk", "zk://bay-masters:word@10.80.0.10:2181/mesos")
        machine.write("mesos/zoo.cfg", f"DigestAuthenticationProvider.superDigest={DIGEST}\n")
        machine.write("mesos/ca.pem", "the bay's authority\n")
        for program in ("mesos-master", "mesos-agent"):
            machine.write(f"mesos/{program}.flags", "".join(f"{flag}\n" for flag in flags))
        machine.write("env", environment(machine._settings(name, age)))
        return machine

    def _settings(self, name: str, age: int) -> dict[str, str | int | list[str]]:
        return {
            "BAY_ROLE": "master" if "-master-" in name else "node",
            "BAY_MADE_AT": int(time.time()) - age,
            "BAY_MASTER_NAMES": list(MASTERS),
            "BAY_MASTER_ADDRESSES": list(MASTERS.values()),
            "BAY_CONSOLE": str(self.folder / "console"),
            "BAY_MESOS": str(self.folder / "mesos"),
            "BAY_MESOS_WORK": str(self.folder / "work"),
            "BAY_MARATHON": 0,
            "BAY_ZOOKEEPER_STATE": str(self.folder / "state"),
            "BAY_ZOOKEEPER_SETTINGS": str(self.folder / "bay.cfg"),
            "BAY_ZOOKEEPER_SHELL": str(self.folder / "bin" / "zkCli.sh"),
            "BAY_CGROUPS": str(self.folder / "cgroups"),
            "BAY_DOCKER_ENV": str(self.folder / "docker.env"),
            "BAY_DOCKER_FILES": [],
            "BAY_DOCKER_APPLIED": str(self.folder / "docker.applied"),
        }

    def fake(self, command: str, body: str) -> None:
        """Puts a command on PATH."""
        path = self.folder / "bin" / command
        path.write_text(NOTE + body)
        path.chmod(0o755)

    def write(self, name: str, text: str) -> None:
        """A file that fakes or scripts read."""
        (self.folder / name).write_text(text)

    def read(self, name: str) -> str:
        """A file that fakes or scripts wrote."""
        return (self.folder / name).read_text()

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

    def start(self) -> "subprocess.CompletedProcess[str]":
        """What the unit does at each boot."""
        return self.run("start", str(self.folder / "env"))

    def calls(self, command: str) -> list[str]:
        """How a fake was called, without its own name."""
        lines = self.read("calls").splitlines()
        return [line.removeprefix(f"{command} ").strip() for line in lines if line.startswith(f"{command} ")]

    def marks(self) -> list[str]:
        """Stage marks in the console log, without the server's name."""
        lines = [line for line in self.read("console").splitlines() if line]
        return [" ".join(word for word in line.split()[1:] if not word.startswith("node=")) for line in lines]
