"""A pretended server of a Docker Swarm: the real scripts, with docker, ssh and more replaced on PATH."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

from tests.components.engines.joining_machine import JoiningMachine
from tests.components.engines.machine import MASTERS, Settings

TOKEN = "SWMTKN-1-aaaa-bbbb"

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


class SwarmMachine(JoiningMachine):
    """A manager or worker of a swarm."""

    SCRIPTS = ("common", "swarm")
    FAKES: ClassVar[Mapping[str, str]] = {
        **JoiningMachine.FAKES,
        "docker": DOCKER,
        "dockerd": 'echo "Docker version 20.10.24+dfsg1, build 297e128"\n',
        "ip": 'echo "default via 10.80.0.1 dev nothing src 10.80.0.99 uid 0"\n',
    }
    FOLDERS = (*JoiningMachine.FOLDERS, "docker/swarm")
    SOURCED = ("common.sh", "docker.sh", "networks.sh", "masters.sh", "join.sh", "cluster.sh")

    @classmethod
    def make(
        cls,
        folder: Path,
        name: str = "demo-node-0",
        *,
        masters: Mapping[str, str] = MASTERS,
        age: int = 60,
        state: str = "inactive false",
    ) -> Self:
        """age: seconds since the bay was made. state: what docker says of its swarm and of being a manager."""
        settings: Settings = {
            "BAY_DOCKER_ENV": str(folder / "docker.env"),
            "BAY_DOCKER_FILES": str(folder / "daemon.json"),
            "BAY_DOCKER_APPLIED": str(folder / "docker.applied"),
        }
        machine = cls.furnish(folder, name, settings, masters=masters, age=age)
        machine.write("state", f"{state}\n")
        machine.write("nodes", "")
        machine.write("daemon.json", "{}")
        return machine
