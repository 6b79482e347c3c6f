"""What a sandbox's services do, and what is wrong with those that fail."""

import time
from dataclasses import dataclass
from pathlib import Path

from bay.sandbox import catalog, processes
from bay.sandbox.layout import Layout
from bay.sandbox.processes import Record
from bay.sandbox.services.sandbox_services import open_files
from bay.sandbox.services.sandbox_services.nodes.logs import last_line
from bay.sandbox.services.sandbox_services.nodes.network import lag

TWICE = 0.2  # seconds


@dataclass(frozen=True)
class ServiceStatus:
    """One service; ``pid`` and ``memory`` (MiB of proportional set size) are None and 0 when it does not run.

    The network agent, which is there where servers boot, listens on no port: 0.
    """

    name: str
    running: bool
    pid: int | None
    port: int
    memory: int
    problem: str
    """Why it does not do its work, to be read after its name; empty for one that does, or that was stopped."""


@dataclass(frozen=True)
class Status:
    """Whether all services run, and where the cloud is reached."""

    running: bool
    services: tuple[ServiceStatus, ...]
    auth_url: str
    clouds_file: Path

    @property
    def healthy(self) -> bool:
        """Whether all services run and do their work."""
        return self.running and not any(service.problem for service in self.services)


def service_status(layout: Layout, name: str, port: int, record: Record | None) -> ServiceStatus:
    """Of one service, whose ``record`` is None where it does not run."""
    if record is None:
        return ServiceStatus(name, False, None, port, 0, _why_ended(layout, name))
    if not record.ready:
        return ServiceStatus(name, False, record.pid, port, 0, "is not ready yet")
    memory = processes.memory(record.pid)
    return ServiceStatus(name, True, record.pid, record.port, memory, find_problem(layout, record))


def find_problem(layout: Layout, record: Record) -> str:
    """Why a running service does not do its work; an empty string where it does.

    Takes some seconds where the network agent lags, which may be temporary.
    """
    lost = _lost_files(record)
    if lost:
        return f"has database files open that were deleted or replaced: {', '.join(lost)}"
    if record.service == catalog.NETWORK_AGENT:
        reason = lag.lag_reason(layout.state)
        return f"does not follow Neutron: {reason}" if reason else ""
    return ""


def _lost_files(record: Record) -> list[str]:
    """Seen twice: SQLite itself deletes files that it is about to close."""
    first = open_files.find_replaced(open_files.sqlite_files(record.pid))
    if not first:
        return []
    time.sleep(TWICE)
    return sorted(set(first) & set(open_files.find_replaced(open_files.sqlite_files(record.pid))))


def _why_ended(layout: Layout, name: str) -> str:
    """A service that was stopped has no record."""
    if not processes.record_file(layout.run, name).exists():
        return ""
    return f"has exited; last line of its log: {last_line(layout.log / f'{name}.log')}"
