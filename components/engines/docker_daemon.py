"""Docker's daemon on a server, for the engines that run containers with it."""

import json
from collections.abc import Mapping, Sequence

from pydantic import Field

from bay.components.engines import Facts, Options
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


class DockerOptions(Options):
    """What a spec's `options` may say of Docker's daemon."""

    no_new_privileges: bool = Field(
        True,
        description="Whether programs in containers gain no rights by setuid bits, unless a container is started with "
        "`--security-opt no-new-privileges=false`, which Swarm's services cannot say.",
    )


def daemon(facts: Facts, options: DockerOptions) -> dict[str, object]:
    """Logs that do not fill the disk, where images come from, and what containers may not.

    No container reaches another over the default bridge (`icc`); networks that users make are not concerned.
    """
    registry = facts.spec.registry
    said: dict[str, object] = {
        "log-driver": "json-file",
        "log-opts": {"max-size": "10m", "max-file": "3"},
        "icc": False,
        "no-new-privileges": options.no_new_privileges,
    }
    if registry.mirror:
        said["registry-mirrors"] = [registry.mirror]
    if registry.insecure:
        said["insecure-registries"] = list(registry.insecure)
    return said
