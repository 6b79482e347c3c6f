"""Docker's daemon on a server, for the engines that run containers with it."""

import json
from collections.abc import Mapping, Sequence

from bay.components.engines import Facts
from bay.components.node import user_data
from bay.components.node.cloudinit import File
from bay.components.node.user_data import SETTINGS

SERVICES = ("docker.service", "containerd.service")
"""Units of the distribution that run containers."""
DAEMON = "/etc/docker/daemon.json"
DROP_IN = "/etc/systemd/system/docker.service.d/bay.conf"


def settings() -> dict[str, str | int | Sequence[str]]:
    """What docker.sh knows."""
    return {
        "BAY_DOCKER_ENV": f"{SETTINGS}/docker.env",
        "BAY_DOCKER_FILES": [DAEMON, DROP_IN],
        "BAY_DOCKER_APPLIED": f"{SETTINGS}/docker.applied",
    }


def files(daemon: Mapping[str, object], drop_in: str) -> list[File]:
    """daemon: what daemon.json says. drop_in: how the daemon is started."""
    return [
        File(DAEMON, json.dumps(daemon, indent=2) + "\n"),
        File(DROP_IN, drop_in),
        user_data.script("common", "docker.sh"),
    ]


def daemon(facts: Facts) -> dict[str, object]:
    """Logs that do not fill the disk, and where images come from."""
    registry = facts.spec.registry
    said: dict[str, object] = {"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}}
    if registry.mirror:
        said["registry-mirrors"] = [registry.mirror]
    if registry.insecure:
        said["insecure-registries"] = list(registry.insecure)
    return said
