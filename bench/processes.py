"""What a command and all that it starts use: processor time, memory, and what they write, by kind of process."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import psutil

LOOK = 0.1
"""Seconds between two looks."""

ENGINE, COMMAND, PLUGIN = "pulumi", "bay", "plugin"


@dataclass
class Use:
    """Of one kind of process. cpu: seconds; rss: the most bytes that one of them had; written: bytes to the disk."""

    cpu: float = 0
    rss: int = 0
    written: int = 0


@dataclass
class Watched:
    """A command that has ended. wall: seconds; text: what it printed."""

    wall: float
    code: int
    text: str
    uses: dict[str, Use] = field(default_factory=dict)

    @property
    def cpu(self) -> float:
        """Seconds of all of them."""
        return sum(use.cpu for use in self.uses.values())


def watch(command: Sequence[str | Path], environment: Mapping[str, str], folder: Path) -> Watched:
    """Run a command to its end. What a process does after the last look at it, at most 0.1 s, is not seen."""
    log = folder / "log"
    begin = time.monotonic()
    with log.open("w+") as output:
        child = subprocess.Popen(command, env=dict(environment), cwd=folder, stdout=output, stderr=output)
        seen: dict[int, tuple[str, Use]] = {}
        ended = Event()
        looker = Thread(target=_look, args=(child.pid, seen, ended))
        looker.start()
        code = child.wait()
        wall = time.monotonic() - begin
        ended.set()
        looker.join()
    done = Watched(wall, code, log.read_text())
    for kind, use in seen.values():
        total = done.uses.setdefault(kind, Use())
        total.cpu += use.cpu
        total.written += use.written
        total.rss = max(total.rss, use.rss)
    return done


def _look(pid: int, seen: dict[int, tuple[str, Use]], ended: Event) -> None:
    try:
        root = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return
    while not ended.wait(LOOK):
        try:
            processes = [root, *root.children(recursive=True)]
        except psutil.Error:
            return
        for process in processes:
            try:
                _note(process, seen)
            except psutil.Error:  # it has ended, or is about to
                continue


def _note(process: psutil.Process, seen: dict[int, tuple[str, Use]]) -> None:
    with process.oneshot():
        times, memory, io = process.cpu_times(), process.memory_info(), process.io_counters()
        kind = _kind(process)
    known = seen.get(process.pid)
    if known is None or known[0] != kind:  # a shell that has become a program
        known = seen[process.pid] = (kind, known[1] if known else Use())
    use = known[1]
    use.cpu = times.user + times.system
    use.rss = max(use.rss, memory.rss)
    use.written = io.write_bytes


def _kind(process: psutil.Process) -> str:
    line = process.cmdline()
    name = Path(line[0]).name if line else process.name()
    if name == "pulumi":
        return ENGINE
    if "pulumi" in name or any("dynamic" in word for word in line):
        return PLUGIN
    return COMMAND
