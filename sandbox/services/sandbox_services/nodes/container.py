"""One node's container: systemd-nspawn, its console, how it starts and ends.

It is no service of the host's systemd, which may not run at all; a process group of its own outlives Nova, and a file
with its process id lets a later Nova find it again.
"""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import cgroups, namespaces
from .commands import CommandError, wait_until
from .processes import start_time

RUN = Path(__file__).with_name("run_container.sh")
POWER_OFF = signal.SIGRTMIN + 4
"""What systemd, as the first process, takes for `poweroff`: see systemd(1)."""
APPEAR = 60.0  # seconds for the container's first process to be there; on an idle machine it takes a tenth
KILLED = 30.0  # seconds for a killed container to be gone
LAST_WORDS = 300  # characters
PROPAGATE = Path("/run/systemd/nspawn/propagate")
"""A folder a container, by which mounts reach it."""
DEVICE = Path("/dev/kmsg")
"""A kubelet does not start without."""
WRITABLE = {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}
"""Not "yes": /sys would then show the host's network interfaces. A unit makes the rest writable, see tree."""
OPTIONS = (
    *("--quiet", "--boot", "--settings=no", "--register=no", "--keep-unit", "--link-journal=no", "--timezone=off"),
    *("--resolv-conf=off", "--console=read-only", "--capability=all", "--system-call-filter=@keyring bpf @clock"),
)


@dataclass(frozen=True)
class Container:
    """``folder`` holds its root (merged), its console and the record of its process; ``name`` is its machine name,
    its network namespace and, after ``prefix/``, its control group."""

    folder: Path
    name: str
    prefix: str

    @property
    def console(self) -> Path:
        """All that was written to /dev/console, since the node was made."""
        return self.folder / "console.log"

    @property
    def _record(self) -> Path:
        return self.folder / "process.json"

    @property
    def _group(self) -> str:
        return f"{self.prefix}/{self.name}"

    def start(self, hostname: str, uuid: str, memory: int, binds: Mapping[Path, str]) -> None:
        """Start it, unless it runs; ``memory`` in MiB, ``binds`` from folders of the host to places in it.

        CommandError with the last line of its console when it does not start.
        """
        if self.running():
            return
        groups = cgroups.create(cgroups.of_this_machine(), self._group, memory)
        command = ["systemd-nspawn", *OPTIONS, f"--directory={self.folder / 'merged'}", f"--machine={self.name}"]
        command += [f"--hostname={hostname}", f"--uuid={uuid}"]
        command += [f"--network-namespace-path={namespaces.path(self.name)}"]
        command += [f"--bind={source}:{place}" for source, place in binds.items()]
        command += [f"--bind={DEVICE}"] if DEVICE.exists() else []
        with self.console.open("ab") as console:
            process = subprocess.Popen(
                ["/bin/sh", str(RUN), *map(str, groups), "--", *command],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                env=os.environ | WRITABLE,
            )
        self._record.write_text(json.dumps([process.pid, _start_time(process.pid)]))
        if not wait_until(lambda: self.first_process() or process.poll() is not None, APPEAR) or not self.running():
            self.kill()
            raise CommandError(f"the container does not start: {self._last_words()}")

    def running(self) -> bool:
        """Whether it runs."""
        return self._process() is not None

    def first_process(self) -> int | None:
        """The process that is the first one in the container, as the host numbers it."""
        process = self._process()
        for manager in _children(process) if process else ():
            for child in _children(manager):
                if _number_inside(child) == "1":
                    return child
        return None

    def power_off(self, patience: float) -> None:
        """Shut it down as the power button does; kill it when it has not ended after ``patience`` seconds."""
        first = self.first_process()
        if first and patience:
            _signal(first, POWER_OFF)
            wait_until(lambda: not self.running(), patience)
        self.kill()

    def kill(self) -> None:
        """End it at once, with everything that it started; then its control groups go."""
        first = self.first_process()
        if first:
            _signal(first, signal.SIGKILL)  # the kernel kills all others of it, systemd-nspawn cleans up and ends
            wait_until(lambda: not self.running(), KILLED)
        found = cgroups.of_this_machine()
        for process in cgroups.processes(found, self._group):
            _signal(process, signal.SIGKILL)
        wait_until(lambda: not cgroups.processes(found, self._group), KILLED)
        cgroups.remove(found, self._group)
        with contextlib.suppress(OSError):  # systemd-nspawn itself refuses, where /run is no memory file system
            (PROPAGATE / self.name).rmdir()
        self._record.unlink(missing_ok=True)

    def _process(self) -> int | None:
        try:
            process, started = json.loads(self._record.read_text())
        except (OSError, ValueError):
            return None
        return process if started and _start_time(process) == started else None

    def _last_words(self) -> str:
        return self.console.read_text(errors="replace")[-LAST_WORDS:].strip()


def _start_time(process: int) -> str:
    """As text, and as such in the records of containers; an empty one for a process that has ended."""
    return str(start_time(process) or "")


def _children(process: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def _number_inside(process: int) -> str:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split()[-1] for line in lines if line.startswith("NSpid:")), "")


def _signal(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)
