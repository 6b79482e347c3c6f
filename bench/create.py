"""Times `bay create` of 1 master and N nodes beside bare API calls that make the same (docs/speed.md).

Both make the same things on the same cloud, in alternation, so that what else the machine does meets
both; what is compared is the ratio. Exit code 1 where bay takes more than LIMIT times the floor.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Protocol

from bays import BayCommand
from clouds import Cloud, NotEmpty, refuse_leftovers, running
from floor import Floor, FloorError

GOAL, LIMIT = 1.2, 1.4
"""Of bay's time to the floor's: what we want, and what fails."""


class Way(Protocol):
    """A way to make a cluster."""

    @property
    def name(self) -> str:
        """Of the cluster, and of the way in what is printed."""

    def make(self) -> None:
        """Until all servers are ACTIVE."""

    def delete(self) -> None:
        """Until nothing is left."""


@dataclass(frozen=True)
class Run:
    """Seconds of one run: on the clock, of its processors, and of the cloud's."""

    way: str
    wall: float
    own_cpu: float
    cloud_cpu: float
    load: float
    """Of the machine, one minute before the run began: what others do."""


def main() -> int:
    """Run, print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=50, help="nodes beside the one master (default 50)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each way (default 3)")
    parser.add_argument(
        "--wait-each", action="store_true", help="the floor waits for each server with openstacksdk's wait_for_server"
    )
    asked = parser.parse_args()
    try:
        with running() as cloud, tempfile.TemporaryDirectory(prefix="bay-bench-") as folder:
            bay = BayCommand("bench", asked.nodes, Path(folder), cloud.environment)
            floor = Floor(cloud.connect(), "floor", asked.nodes, asked.wait_each)
            return report(measure(cloud, bay, floor, asked.runs), asked.nodes + 1)
    except subprocess.CalledProcessError as error:
        print(f"error: {error}\n{error.stderr}", file=sys.stderr)
    except (FloorError, NotEmpty) as error:
        print(f"error: {error}", file=sys.stderr)
    return 1


def measure(cloud: Cloud, bay: BayCommand, floor: Floor, runs: int) -> list[Run]:
    """All runs, in the order bay, floor, floor, bay, bay, floor, ..."""
    ways: list[Way] = [bay, floor]
    for way in ways:
        refuse_leftovers(floor.connection, way.name)
    done = []
    for _ in range(runs):
        for way in ways:
            done.append(timed(way, cloud))
            print(line(done[-1], bay.nodes + 1), flush=True)
            refuse_leftovers(floor.connection, way.name)
        ways.reverse()
    return done


def timed(way: Way, cloud: Cloud) -> Run:
    """Make and delete, the latter not timed."""
    load, own, clouds, begin = os.getloadavg()[0], _own_cpu(), cloud.cpu(), time.monotonic()
    try:
        way.make()
        wall = time.monotonic() - begin
        return Run(way.name, wall, _own_cpu() - own, cloud.cpu() - clouds, load)
    finally:
        way.delete()


def _own_cpu() -> float:
    """Of this process and of those that it waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def line(run: Run, servers: int) -> str:
    """One run as a line of the table."""
    return (
        f"{run.way:6} {run.wall:6.1f} s  {servers / run.wall:5.2f} servers/s  "
        f"CPU {run.own_cpu:5.1f} s, cloud's {run.cloud_cpu:5.1f} s  load before {run.load:4.1f}"
    )


def report(runs: list[Run], servers: int) -> int:
    """Medians and their ratio; exit code 1 above LIMIT."""
    middle = {way: median(run.wall for run in runs if run.way == way) for way in ("bench", "floor")}
    ratio = middle["bench"] / middle["floor"]
    print(f"median of bay create {middle['bench']:.1f} s ({servers / middle['bench']:.2f} servers/s), ", end="")
    print(f"of the floor {middle['floor']:.1f} s ({servers / middle['floor']:.2f} servers/s)")
    verdict = "reached" if ratio <= GOAL else "missed"
    print(f"ratio {ratio:.2f}; goal {GOAL} {verdict}, limit {LIMIT}{' exceeded' if ratio > LIMIT else ''}")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
