"""Times `bay preview` without change beside `pulumi preview` of as many bare servers (docs/speed.md).

Both plan against a recorded state: a small one is really made, and grown (bench/grown.py). They run in alternation, so
that what else the machine does meets both; what is compared are the medians. Exit code 1 where a goal is missed.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bays import BAY, BayCommand
from clouds import Cloud, running
from grown import same_shape, servers_of
from planned import Planned, environment_of, run, write_bare

GOAL = 1.1
"""Of the time of `bay preview` to that of the bare servers."""
SECONDS = {1000: 20.0}
"""Nodes -> seconds at most, on two cores that nobody else uses."""
SMALL = 2
"""Servers of each kind that are really made."""
NAME, PREFIX = "bench", "bench-node-"
CIDR = "network.cidr=10.80.0.0/16"
"""With addresses for all of them."""


@dataclass(frozen=True)
class Run:
    """Seconds of one run: on the clock and of its processors; load: of the machine, one minute before."""

    wall: float
    cpu: float
    load: float

    def __str__(self) -> str:
        return f"{self.wall:5.1f} s (CPU {self.cpu:5.1f}, load before {self.load:4.1f})"


class Strange(Exception):
    """A grown state is not as Pulumi would have written it."""


def main() -> int:
    """Make the two small states, then time the plans of grown ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default 3)")
    asked = parser.parse_args()
    try:
        with running() as cloud, tempfile.TemporaryDirectory(prefix="bay-bench-") as folder:
            return measured(cloud, Path(folder), asked.nodes, asked.runs)
    except subprocess.CalledProcessError as error:
        print(f"error: {error}\n{error.stdout}{error.stderr}", file=sys.stderr)
    except Strange as error:
        print(f"error: {error}", file=sys.stderr)
    return 1


def measured(cloud: Cloud, folder: Path, sizes: list[int], runs: int) -> int:
    """The exit code; what was made is gone afterwards."""
    with bay_made(cloud, folder) as bay, bare_made(folder, bay) as bare:
        return max([compared(bay, bare, nodes, runs) for nodes in sizes])


@contextmanager
def bay_made(cloud: Cloud, folder: Path) -> Iterator[Planned]:
    """A bay of a few servers; its grown state is compared with a real one of one server more."""
    command = BayCommand(NAME, SMALL, folder, cloud.environment, ("--set", CIDR, "--no-wait"))
    try:
        command.make()
        environment = environment_of(str(BAY), command.environment, NAME)
        bay = Planned(f"organization/bay/{NAME}", PREFIX, folder, environment, [str(BAY), "preview", NAME])
        bay.small = bay.state()
        bay.grow(SMALL + 1)
        as_grown = bay.state()
        bay.restore()
        run(folder, environment, str(BAY), "scale", NAME, str(SMALL + 1), "--no-wait")
        bay.small = bay.state()
        differing = same_shape(as_grown, bay.small)
        if differing:
            raise Strange(f"Pulumi writes these in another way: {', '.join(differing)}")
        yield bay
        bay.restore()
    finally:
        command.delete()


@contextmanager
def bare_made(folder: Path, bay: Planned) -> Iterator[Planned]:
    """A few servers without a bay, beside those of one."""
    project = folder / "bare"
    write_bare(project, servers_of(bay.small, PREFIX)[0], SMALL)
    environment = environment_of(str(BAY), {**bay.environment, "PULUMI_CONFIG_PASSPHRASE_FILE": ""})
    plan = ["pulumi", "--non-interactive", "preview", "--expect-no-changes", "--stack", "organization/bare/bare"]
    bare = Planned("organization/bare/bare", "bare-", project, environment, plan)
    bare.pulumi("stack", "init")
    try:
        bare.pulumi("up", "--yes", "--skip-preview")
        bare.small = bare.state()
        yield bare
    finally:
        bare.restore()
        bare.pulumi("destroy", "--yes", "--run-program=false")


def compared(bay: Planned, bare: Planned, nodes: int, runs: int) -> int:
    """Time both with this many nodes, print, and say by the exit code whether the goals are met."""
    times: dict[str, list[float]] = {"bay": [], "bare": []}
    bay.grow(nodes)
    bare.grow(nodes)
    for _ in range(runs):
        for name, one in (("bay", bay), ("bare", bare)):
            done = timed(one)
            times[name].append(done.wall)
            print(f"{nodes:5} nodes  {name:4} {done}", flush=True)
    ours, theirs = median(times["bay"]), median(times["bare"])
    limit = SECONDS.get(nodes, ours)
    met = ours <= GOAL * theirs and ours <= limit
    print(f"{nodes:5} nodes: medians {ours:.1f} s and {theirs:.1f} s, ratio {ours / theirs:.2f}; ", end="")
    print(f"goal {GOAL}{f' and {limit:.0f} s' if nodes in SECONDS else ''} {'met' if met else 'missed'}")
    return 0 if met else 1


def timed(one: Planned) -> Run:
    """One plan; it fails where there is anything to change."""
    load, cpu, begin = os.getloadavg()[0], _cpu(), time.monotonic()
    run(one.folder, one.environment, *one.plan)
    return Run(time.monotonic() - begin, _cpu() - cpu, load)


def _cpu() -> float:
    """Of all processes that this one waited for, and that they did."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
