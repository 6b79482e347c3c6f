"""A pretended server of a Mesos bay: the real scripts, with what touches the machine replaced on PATH."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Self

from bay.components.engines import Facts
from bay.components.node.credentials import Generation
from bay.components.spec.merge import build_spec
from tests.components.engines.joining_machine import SSH, SUDO
from tests.components.engines.machine import NOTED, Machine, Settings

SECRETS = {name: f"secret-of-{name}" for name in ("zookeeper", "mesos_agent", "mesos_framework", "mesos_operator")}
DIGEST = "bay-masters:digest="

# What a port answers is a file named by address and port; ZooKeeper's is one a pretended test makes or takes away.
TIMEOUT = """
[[ $1 != --* ]] || shift
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
  [ "$command" = addauth ] || echo "zookeeper $command${path:+ $path}${rights:+ $rights}" >>"$FAKE/calls"
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


def mesos_facts(facts: Facts, generation: Generation, model: str = "mesos-ha", **spec: object) -> Facts:
    """Facts of a Mesos bay, with secrets that say what they are."""
    keys: Generation = {**generation, "engine": SECRETS}
    return replace(facts, spec=build_spec([{"model": model, **spec}]), generations=[keys])


class MesosMachine(Machine):
    """A master or agent of Mesos."""

    SCRIPTS = ("common", "mesos")
    FAKES: ClassVar[Mapping[str, str]] = {
        **Machine.FAKES,
        "systemctl": SYSTEMCTL,
        "timeout": TIMEOUT,
        "install": INSTALL,
        "ip": 'echo "10.80.0.10 via 10.80.0.1 dev eth0 src 10.80.0.99 uid 0"\n',
        "zkCli.sh": ZOOKEEPER_SHELL,
        "ssh": SSH,
        "sudo": SUDO,
        "curl": NOTED,
        "mesos-master": NOTED,
        "mesos-agent": NOTED,
    }
    FOLDERS = ("ports", "tree", "mesos", "state", "cgroups/freezer")

    @classmethod
    def make(
        cls, folder: Path, name: str = "demo-node-0", *, age: int = 60, flags: Sequence[str] = ("--port=1",)
    ) -> Self:
        """age: seconds since the bay was made. flags: those that all servers share."""
        settings: Settings = {
            "BAY_MESOS": str(folder / "mesos"),
            "BAY_MESOS_WORK": str(folder / "work"),
            "BAY_MARATHON": 0,
            "BAY_ZOOKEEPER_STATE": str(folder / "state"),
            "BAY_ZOOKEEPER_SETTINGS": str(folder / "bay.cfg"),
            "BAY_ZOOKEEPER_SHELL": str(folder / "bin" / "zkCli.sh"),
            "BAY_CGROUPS": str(folder / "cgroups"),
            "BAY_DOCKER_ENV": str(folder / "docker.env"),
            "BAY_DOCKER_FILES": [],
            "BAY_DOCKER_APPLIED": str(folder / "docker.applied"),
            "BAY_SSH_CONFIG": "/etc/bay/ssh_config",
            "BAY_LEAVING": str(folder / "leaving"),
            "BAY_PROOF": str(folder / "proof"),
            "BAY_API_PORT": 5050,
        }
        machine = cls.furnish(folder, name, settings, age=age)
        machine.write("tree/root", "'world,'anyone\n")
        machine.write("mesos/zk", "zk://bay-masters:word@10.80.0.10:2181/mesos")
        machine.write("mesos/zoo.cfg", f"DigestAuthenticationProvider.superDigest={DIGEST}\n")
        machine.write("mesos/ca.pem", "the bay's authority\n")
        for program in ("mesos-master", "mesos-agent"):
            machine.write(f"mesos/{program}.flags", "".join(f"{flag}\n" for flag in flags))
        return machine

    def marks(self) -> list[str]:
        """Stage marks in the console log, without the server's name."""
        return [f"stage={mark}" for mark in super().marks()]
