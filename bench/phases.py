"""Where the time of one `bay create` goes: its processes, its resources, and how late servers are noticed.

Everything is observed from outside: /proc for processes, the state for when Pulumi was done with a
resource, Nova for when a server was ACTIVE.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bays import BayCommand
from clouds import Cloud, running

INTERVAL = 0.02
"""Seconds between two looks at /proc."""

INSTANCE = "openstack:compute/instance:Instance"


@dataclass
class Process:
    """A process as it was seen: seconds since the start of the command, and of its processors."""

    words: str
    begin: float
    end: float = 0.0
    cpu: float = 0.0


def main() -> int:
    """Make one bay, print, delete it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=10, help="nodes beside the one master (default 10)")
    asked = parser.parse_args()
    with running() as cloud, tempfile.TemporaryDirectory(prefix="bay-bench-") as folder:
        bay = BayCommand("phases", asked.nodes, Path(folder), cloud.environment)
        try:
            begin = time.time()
            print_processes(watched(bay))
            resources = finished(Path(folder), begin)
            print_resources(resources)
            print_servers(cloud, resources, begin)
        finally:
            bay.delete()
    return 0


def watched(bay: BayCommand) -> list[Process]:
    """Run the command and look at its processes until it ends."""
    seen: dict[int, Process] = {}
    begin = time.monotonic()
    with subprocess.Popen(bay.creation, env=bay.environment, stderr=subprocess.DEVNULL) as command:
        waiter = threading.Thread(target=command.wait)
        waiter.start()
        while waiter.is_alive():
            _look(command.pid, time.monotonic() - begin, seen)
            waiter.join(INTERVAL)
    return sorted(seen.values(), key=lambda process: process.begin)


def _look(root: int, now: float, seen: dict[int, Process]) -> None:
    stats = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stats[int(entry)] = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
    family = {root}
    for pid, stat in sorted(stats.items()):
        if int(stat[1]) in family:
            family.add(pid)
    for pid in family & stats.keys():
        words = _words(pid)
        if words:
            process = seen.setdefault(pid, Process(words, now))
            process.words, process.end = words, now
            process.cpu = (int(stats[pid][11]) + int(stats[pid][12])) / os.sysconf("SC_CLK_TCK")


def _words(pid: int) -> str:
    """Program and sub-command, without folders and options."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return ""
    return " ".join([Path(word).name for word in words if word and not word.startswith("-")][:4])


def finished(folder: Path, begin: float) -> list[dict[str, Any]]:
    """Resources of the state, each with `done`: seconds since `begin` when Pulumi had created it."""
    state = json.loads((folder / "state/.pulumi/stacks/bay/phases.json").read_text())
    resources = [r for r in state["checkpoint"]["latest"]["resources"] if "created" in r]
    for resource in resources:
        resource["done"] = _seconds(resource["created"]) - begin
    return sorted(resources, key=lambda r: r["done"])


def _seconds(stamp: str) -> float:
    """Of the epoch; Pulumi writes nanoseconds and Z, Nova microseconds and no zone, both UTC."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp() + float(f"0.{fraction or 0}")


def print_processes(processes: list[Process]) -> None:
    """One line a process that lived long enough to matter."""
    print("process: from, to (s), processor time (s)")
    for process in processes:
        if process.end - process.begin > 0.1 and process.words != "sleep 1":
            print(f"{process.begin:7.2f} {process.end:7.2f} {process.cpu:6.2f}  {process.words}")


def print_resources(resources: list[dict[str, Any]]) -> None:
    """One line a type of resource, in the order in which the first of each was done."""
    by_type: dict[str, list[float]] = defaultdict(list)
    for resource in resources:
        by_type[resource["type"].rsplit(":", 1)[-1]].append(resource["done"])
    print("resource: number, first and last done (s)")
    for kind, done in by_type.items():
        print(f"{len(done):7} {done[0]:7.2f} {done[-1]:7.2f}  {kind}")


def print_servers(cloud: Cloud, resources: list[dict[str, Any]], begin: float) -> None:
    """When servers were ACTIVE, and how much later Pulumi knew: the plugin looks at 0, 3, 9, 19, 29 s."""
    launched = {s.id: _seconds(s.launched_at) - begin for s in cloud.connect().compute.servers(name="^phases-")}
    late = sorted(r["done"] - launched[r["id"]] for r in resources if r["type"] == INSTANCE)
    print(f"servers ACTIVE from {min(launched.values()):.2f} to {max(launched.values()):.2f} s")
    print(f"noticed and read {late[0]:.1f} to {late[-1]:.1f} s later, median {late[len(late) // 2]:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
