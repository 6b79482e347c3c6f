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

STATE, THREADS, START_TIME = 0, 17, 19  # places in /proc/PID/stat after the name: fields 3, 20 and 22 of proc(5)
PATIENCE = 5.0  # seconds between SIGTERM and SIGKILL


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


def start_time(pid: int) -> int | None:
    """When a process began, in clock ticks after boot; None where there is none, or only its zombie.

    A zombie whose other threads are still ending is not gone: it has its ports until they are.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    ended = fields[STATE] in "ZX" and int(fields[THREADS]) <= 1
    return None if ended else int(fields[START_TIME])


def alive(record: Record) -> bool:
    """Whether the very process of the record still runs."""
    return start_time(record.pid) == record.start_time


def read_records(run: Path) -> dict[str, Record]:
    """The records of processes that still run, by service."""
    records = (_read(path) for path in sorted(run.glob("*.json")))
    return {record.service: record for record in records if record and alive(record)}


def _read(path: Path) -> Record | None:
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def memory(pid: int) -> int:
    """Proportional set size of a process in MiB: pages shared by n processes count 1/n for each. 0 if it is gone."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) // 1024


def stop(records: list[Record]) -> None:
    """End processes: SIGTERM to all, SIGKILL to those that still run after :data:`PATIENCE`; returns when none does."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for record in records:
            _send(record, number)
        end = time.monotonic() + PATIENCE
        while any(alive(record) for record in records) and time.monotonic() < end:
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
