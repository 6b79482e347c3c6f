"""Plugins of an engine that is no more: they would go on with what they were asked for, and nobody would note it."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def end(state: str) -> None:
    """End the plugins of dead engines that worked on this state; nothing where the system has no /proc."""
    for pid in _orphans(state):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _orphans(state: str) -> Iterator[int]:
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError, ValueError):
            command = (folder / "cmdline").read_bytes().split(b"\0")[0]
            if not Path(command.decode()).name.startswith("pulumi-"):
                continue
            named = f"PULUMI_BACKEND_URL={state}".encode() in (folder / "environ").read_bytes().split(b"\0")
            if named and not _alive(_session(folder)):
                yield int(folder.name)


def _session(folder: Path) -> int:
    """Each engine leads a session of its own, and its plugins are in it."""
    return int((folder / "stat").read_text().rpartition(")")[2].split()[3])


def _alive(pid: int) -> bool:
    status = PROC / str(pid) / "stat"
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
