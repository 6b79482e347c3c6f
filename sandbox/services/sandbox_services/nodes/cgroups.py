"""A node's control groups: one in every hierarchy of the machine, with the memory limit of its flavor.

Without a group of its own in every hierarchy, the systemds of all nodes would share the root group and fight over it.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .commands import wait_until

GONE = 3.0  # seconds for the kernel to let go of a group whose last process has ended


@dataclass(frozen=True)
class Hierarchy:
    """A mounted hierarchy; controllers of version 2 are those that it offers."""

    mount: Path
    version: int
    controllers: frozenset[str]


def hierarchies(mounts: str) -> list[Hierarchy]:
    """The hierarchies in a /proc/mounts."""
    found = []
    for line in mounts.splitlines():
        _, place, kind, options, *_ = line.split(" ")
        if kind == "cgroup":
            found.append(Hierarchy(Path(place), 1, frozenset(options.split(","))))
        elif kind == "cgroup2":
            offered = Path(place) / "cgroup.controllers"
            found.append(Hierarchy(Path(place), 2, frozenset(offered.read_text().split() if offered.exists() else ())))
    return found


def of_this_machine() -> list[Hierarchy]:
    """What is mounted here."""
    return hierarchies(Path("/proc/mounts").read_text())


def limits_memory(found: Iterable[Hierarchy]) -> bool:
    """Whether a memory limit can be set."""
    return any("memory" in hierarchy.controllers for hierarchy in found)


def create(found: Iterable[Hierarchy], group: str, memory: int) -> list[Path]:
    """Make the group ``SANDBOX/NODE`` in all hierarchies, limited to ``memory`` MiB; returns its folders."""
    folders = []
    for hierarchy in found:
        folder = hierarchy.mount / group
        if hierarchy.version == 2:
            _enable_memory(hierarchy, folder)
        folder.mkdir(parents=True, exist_ok=True)
        if "cpuset" in hierarchy.controllers and hierarchy.version == 1:
            _inherit_processors(hierarchy.mount, folder)
        if "memory" in hierarchy.controllers:
            limit = "memory.max" if hierarchy.version == 2 else "memory.limit_in_bytes"
            (folder / limit).write_text(str(memory * 2**20))
        folders.append(folder)
    return folders


def _enable_memory(hierarchy: Hierarchy, folder: Path) -> None:
    """In version 2 a controller reaches a group only if all groups above pass it on."""
    if "memory" not in hierarchy.controllers:
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    for above in (hierarchy.mount, folder.parent):
        (above / "cgroup.subtree_control").write_text("+memory")


def _inherit_processors(mount: Path, folder: Path) -> None:
    """In version 1 a new cpuset is empty, and takes no process."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        value = (mount / name).read_text()
        for group in (folder.parent, folder):
            (group / name).write_text(value)


def remove(found: Iterable[Hierarchy], group: str) -> None:
    """Remove a group and whatever was made below it; nothing may run in it."""
    for hierarchy in found:
        for folder, _, _ in os.walk(hierarchy.mount / group, topdown=False):
            wait_until(lambda place=folder: _removed(Path(place)), GONE, 0.01)  # type: ignore[misc]


def processes(found: Iterable[Hierarchy], group: str) -> set[int]:
    """Everything that runs in a group or below it."""
    lists = [path for hierarchy in found for path in (hierarchy.mount / group).rglob("cgroup.procs")]
    return {int(line) for path in lists for line in _lines(path)}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:  # a version 2 group of threads, or gone
        return []


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
