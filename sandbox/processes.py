# mypy: disable-error-code="import-untyped"
"""The processes of a sandbox: their records, whether they still run, how much memory they take, how they end.

Each service process writes a record of itself into state/run. A process id alone is not proof (the kernel uses it
again), so the record also has the process's start time, and nothing is signalled before both agree.
"""

import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from bay.sandbox.services.sandbox_services.nodes.deadline import Deadline
from bay.sandbox.services.sandbox_services.nodes.processes import start_time

PATIENCE = 5.0  # seconds between SIGTERM and SIGKILL
KILLED = 60.0  # seconds for the kernel to clean up what was killed


@dataclass(frozen=True)
class Record:
    """What a service process wrote about itself."""

    service: str
    pid: int
    start_time: int
    """Clock ticks after boot."""
    port: int
    build: str
    """Digest of what it was started from, see plan.build."""
    ready: bool
    """It answers; a process that lives but is not ready was left behind by a start that was killed."""


def alive(record: Record) -> bool:
    """Whether the very process of the record still runs."""
    return start_time(record.pid) == record.start_time


def read_records(run: Path) -> dict[str, Record]:
    """The records of processes that still run, by service."""
    records = (_read(path) for path in sorted(run.glob("*.json")))
    return {record.service: record for record in records if record and alive(record)}


def record_file(run: Path, service: str) -> Path:
    """Where a service's process writes its record."""
    return run / f"{service}.json"


def delete_records(run: Path) -> None:
    """Delete the records, after a stop: one that is still there later is of a process that exited by itself."""
    for path in run.glob("*.json"):
        path.unlink(missing_ok=True)


def _read(path: Path) -> Record | None:
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def memory(pid: int) -> int:
    """Proportional set size of a process in MiB: pages shared by n processes count 1/n for each. 0 if it is gone."""
    try:
        return int(psutil.Process(pid).memory_full_info().pss) // 2**20
    except psutil.Error:
        return 0


def stop(records: list[Record]) -> None:
    """End processes: SIGTERM to all, SIGKILL to those that still run after :data:`PATIENCE`; returns when none does."""
    for number, seconds in ((signal.SIGTERM, PATIENCE), (signal.SIGKILL, KILLED)):
        for record in records:
            _send(record, number)
        deadline = Deadline(seconds)
        while any(alive(record) for record in records) and not deadline.has_passed():
            time.sleep(0.02)


def _send(record: Record, number: signal.Signals) -> None:
    try:
        handle = os.pidfd_open(record.pid)
    except ProcessLookupError:
        return
    try:
        if alive(record):  # asked after the handle was taken: the handle cannot come to mean another process
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        pass
    finally:
        os.close(handle)
