"""The cloud that is measured on: the sandbox that runs, or one of the benchmark's own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openstack.config import OpenStackConfig
from openstack.connection import Connection

from bay.sandbox import Sandbox, ports
from bay.stacks.settings import Settings

CLOUD = "sandbox"
"""An ordinary member of one project, never the administrator."""

SERVICES = 8
FIRST_PORTS = range(26000, 32000, 10)


@dataclass(frozen=True)
class Cloud:
    """A running sandbox and its member's login."""

    sandbox: Sandbox

    @property
    def environment(self) -> dict[str, str]:
        """What makes `bay` use this cloud."""
        return {"OS_CLOUD": CLOUD, "OS_CLIENT_CONFIG_FILE": str(self.sandbox.clouds_file)}

    def connect(self) -> Connection:
        """A connection of the member, with nothing of the environment; logs in with the first request."""
        config = OpenStackConfig(config_files=[str(self.sandbox.clouds_file)], load_envvars=False)
        return Connection(config=config.get_one(CLOUD))

    def cpu(self) -> float:
        """Seconds of processor time that the cloud's processes have used."""
        return sum(_cpu(service.pid) for service in self.sandbox.status().services if service.pid)


def _cpu(pid: int) -> float:
    """proc(5): user and system time of a process are fields 14 and 15 of its stat, in ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running() -> Iterator[Cloud]:
    """The user's sandbox if it runs, else a new one that is gone afterwards."""
    settings = Settings.default()
    cache = settings.cache / "sandbox"
    users = Sandbox(settings.sandbox_state, cache)
    if users.status().running:
        yield Cloud(users)
        return
    with fresh() as own:
        yield own


@contextmanager
def fresh(boot: bool = False) -> Iterator[Cloud]:
    """A sandbox of the benchmark's own, gone afterwards; SandboxError where its servers shall boot and cannot."""
    with tempfile.TemporaryDirectory(prefix="bay-bench-") as folder:
        own = Sandbox(Path(folder) / "cloud", Settings.default().cache / "sandbox", _free_first_port())
        try:
            own.start(print, boot=boot)
            yield Cloud(own)
        finally:
            own.reset(print)


def _free_first_port() -> int:
    return next(first for first in FIRST_PORTS if all(ports.is_free(first + n) for n in range(SERVICES)))


class NotEmpty(Exception):
    """The cloud has something of a cluster that should not be there."""


def refuse_leftovers(connection: Connection, name: str) -> None:
    """NotEmpty where the cloud has anything of a cluster; what others keep in it does not matter."""
    found = _left_of(connection, name)
    if found:
        raise NotEmpty(f"the cloud still has {', '.join(found[:5])}; delete them first")


def _left_of(connection: Connection, name: str) -> list[str]:
    """By name, or by tag where a thing has no name."""
    network = connection.network
    named: dict[str, Any] = {
        "server": connection.compute.servers(name=f"^{name}-"),
        "server group": connection.compute.server_groups(),
        "port": network.ports(),
        "subnet": network.subnets(),
        "network": network.networks(),
        "router": network.routers(),
        "security group": network.security_groups(),
    }
    found = [f"{kind} {t.name}" for kind, things in named.items() for t in things if _is_of(t.name or "", name)]
    return found + [f"floating IP {ip.floating_ip_address}" for ip in network.ips(tags=f"bay:name={name}")]


def _is_of(thing: str, name: str) -> bool:
    return thing == name or thing.startswith(f"{name}-")
