"""Times `bay create` until the engine answers, beside the bare boot of the same servers (docs/speed.md).

Both on one sandbox of its own whose servers boot, in alternation. The bare boot is openstacksdk making a network, a
firewall and servers like the bay's, until each has booted to the place at which a bay's server begins to work. Exit
code 0, and a line that says why, where servers cannot boot here; 1 where bay takes more than LIMIT times its goal.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bare import READY, BareBoot, Watch
from bays import BAY, BayCommand
from clouds import Cloud, fresh
from floor import FloorError

from bay.sandbox import images, machine
from bay.sandbox.errors import SandboxError
from bay.sandbox.images import machine as tools
from bay.stacks.settings import Settings

NODES = 2
GOALS = {"swarm": 2.0, "kubernetes": 3.5}
LIMIT = 1.5
IMAGES = {"swarm": "debian-12-docker", "kubernetes": "debian-12-kubernetes"}
HEARD = 10.0
"""Seconds after a bay's end within which its watch has to have heard what `bay create` heard: some looks."""

OPEN = ("--set", "access.api=[198.18.0.0/15]")
"""For the last look: whether the engine finds itself healthy, which is not timed."""


@dataclass(frozen=True)
class Run:
    """Seconds since the begin: servers ACTIVE, master and nodes ready (bare: up), all over; load before it."""

    active: float
    master: float
    nodes: float
    end: float
    load: float


class Unhealthy(Exception):
    """The engine does not answer, or has not all servers."""


def main() -> int:
    """Run, print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", action="append", choices=sorted(GOALS), help="repeatable (default: each)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each way (default 3)")
    asked = parser.parse_args()
    engines = asked.engine or list(GOALS)
    try:
        machine.check_machine()
        tools.check(os.environ["PATH"])
    except SandboxError as error:
        print(f"not measured, since servers do not boot here: {error.message}; {error.hint}")
        return 0
    try:
        for engine in engines:
            images.build(Settings.default().cache / "sandbox", engine, os.environ["PATH"], print)
        with fresh(boot=True) as cloud, tempfile.TemporaryDirectory(prefix="bay-bench-") as folder:
            ratios = {engine: compare(cloud, Path(folder), engine, asked.runs) for engine in engines}
    except subprocess.CalledProcessError as error:
        print(f"error: {error}\n{error.stderr}", file=sys.stderr)
        return 1
    except (SandboxError, FloorError, Unhealthy) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return int(any(ratio > LIMIT * GOALS[engine] for engine, ratio in ratios.items()))


def compare(cloud: Cloud, folder: Path, engine: str, runs: int) -> float:
    """All runs of an engine, alternating, and what they show; the ratio of the medians."""
    bay = BayCommand("bench", NODES, folder, cloud.environment, ("--model", engine, *OPEN))  # the last model counts
    bare = BareBoot(cloud.connect(), "bare", NODES, IMAGES[engine])
    done: dict[str, list[Run]] = {"bay create": [], "bare boot": []}
    for _ in range(runs):
        for way in done:
            run = timed_bay(cloud, bay) if way == "bay create" else timed_bare(bare)
            done[way].append(run)
            print(f"{engine:10} {way:10} {line(run)}  load before {run.load:4.1f}", flush=True)
    middle = {way: middle_of(of_way) for way, of_way in done.items()}
    for way, run in middle.items():
        print(f"{engine:10} {way:10} {line(run)}  medians")
    ratio = middle["bay create"].end / middle["bare boot"].end
    print(f"{engine}: {ratio:.2f} times the bare boot; goal {GOALS[engine]} {verdict(ratio, GOALS[engine])}")
    return ratio


def timed_bay(cloud: Cloud, bay: BayCommand) -> Run:
    """`bay create`, watched from outside; then whether the engine answers; deleted at the end."""
    load, watch = os.getloadavg()[0], Watch(cloud.connect(), bay.name, NODES + 1, READY)
    watcher = threading.Thread(target=watch.run)
    watcher.start()
    try:
        begin = time.monotonic()
        bay.make()
        end = time.monotonic()
        check(bay)
        watcher.join(HEARD)
        watch.check()
        return run_of(watch, begin, end, load)
    finally:
        watch.ended.set()
        watcher.join()
        bay.delete()


def timed_bare(bare: BareBoot) -> Run:
    """The bare boot, deleted afterwards."""
    load, begin = os.getloadavg()[0], time.monotonic()
    try:
        watch = bare.make()
        return run_of(watch, begin, time.monotonic(), load)
    finally:
        bare.delete()


def check(bay: BayCommand) -> None:
    """Unhealthy unless the engine's own API says that every server is in it."""
    asked = [str(BAY), "show", bay.name, "-f", "value", "-c", "health_status"]
    shown = subprocess.run(asked, env=bay.environment, capture_output=True, text=True, check=True)
    if shown.stdout.strip() != "HEALTHY":
        raise Unhealthy(f"bay show says {shown.stdout.strip()}")


def run_of(watch: Watch, begin: float, end: float, load: float) -> Run:
    """What was noted, from the begin on; what was not seen before the end was there at it."""
    active, master, nodes = (min(at, end) - begin for at in (watch.active, watch.when("master"), watch.when("node")))
    return Run(active, master, nodes, end - begin, load)


def middle_of(runs: list[Run]) -> Run:
    """Medians, stage by stage."""
    return Run(*(median(getattr(run, name) for run in runs) for name in Run.__dataclass_fields__))


def line(run: Run) -> str:
    """One run as a line of the table."""
    return f"ACTIVE {run.active:5.1f}  master {run.master:5.1f}  nodes {run.nodes:5.1f}  end {run.end:5.1f} s"


def verdict(ratio: float, goal: float) -> str:
    """Of the goal."""
    return "reached" if ratio <= goal else "missed"


if __name__ == "__main__":
    sys.exit(main())
