"""Times `bay rebuild` of all nodes beside creating as many with `bay scale` in the same batches (docs/speed.md).

Swarm, on one sandbox of its own whose servers boot: a bay without nodes is scaled up batch by batch, each time until
its engine is ready on the new ones; then all of them are rebuilt in such batches. Exit code 0, and a line that says
why, where servers cannot boot here; 1 where the ratio is above LIMIT.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bays import BAY, BayCommand
from clouds import fresh

from bay.sandbox import images, machine
from bay.sandbox.errors import SandboxError
from bay.sandbox.images import machine as tools
from bay.stacks.settings import Settings

GOAL, LIMIT = 1.3, 1.6
NODES, BATCH = 10, 4
NAME = "bench"


@dataclass(frozen=True)
class Run:
    """Seconds that the nodes took: to be created in batches, to be rebuilt in batches; load before each."""

    created: float
    rebuilt: float
    loads: tuple[float, float]

    @property
    def ratio(self) -> float:
        """How much longer the rebuild took."""
        return self.rebuilt / self.created

    def __str__(self) -> str:
        loads = "{:.1f}, {:.1f}".format(*self.loads)
        return f"created {self.created:6.1f} s  rebuilt {self.rebuilt:6.1f} s  ratio {self.ratio:.2f}  loads {loads}"


def main() -> int:
    """Run, print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=NODES, help=f"of the bay, beside its master (default {NODES})")
    parser.add_argument("--batch", type=int, default=BATCH, help=f"nodes at the same time (default {BATCH})")
    parser.add_argument("--runs", type=int, default=3, help="default 3")
    asked = parser.parse_args()
    try:
        machine.check_machine()
        tools.check(os.environ["PATH"])
    except SandboxError as error:
        print(f"not measured, since servers do not boot here: {error.message}; {error.hint}")
        return 0
    try:
        images.build(Settings.default().cache / "sandbox", "swarm", os.environ["PATH"], print)
        with fresh(boot=True) as cloud, tempfile.TemporaryDirectory(prefix="bay-bench-") as folder:
            bay = BayCommand(NAME, 0, Path(folder), cloud.environment)
            runs = [timed(bay, sizes(asked.nodes, asked.batch), asked.batch) for _ in range(asked.runs)]
    except subprocess.CalledProcessError as error:
        print(f"error: {error}\n{error.stderr}", file=sys.stderr)
        return 1
    except SandboxError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    ratio = median(run.ratio for run in runs)
    reached = "reached" if ratio <= GOAL else "missed"
    print(f"1 + {asked.nodes}, batches of {asked.batch}: {ratio:.2f} times the creation; goal {GOAL} {reached}")
    return int(ratio > LIMIT)


def sizes(nodes: int, batch: int) -> list[int]:
    """Numbers of nodes after each batch: 4, 8, 10."""
    return [min(done + batch, nodes) for done in range(0, nodes, batch)]


def timed(bay: BayCommand, steps: list[int], batch: int) -> Run:
    """One bay from its creation to its end."""
    try:
        bay.make()
        load, begin = os.getloadavg()[0], time.monotonic()
        for nodes in steps:
            run(bay, "scale", str(nodes))
        created = time.monotonic() - begin
        run(bay, "update", "--set", 'nodes.labels={rebuilt: "1"}', "--yes")
        again, begin = os.getloadavg()[0], time.monotonic()
        run(bay, "rebuild", "--group", "node", "--max-unavailable", str(batch), "--yes")
        done = Run(created, time.monotonic() - begin, (load, again))
        print(done, flush=True)
        return done
    finally:
        bay.delete()


def run(bay: BayCommand, command: str, *words: str) -> None:
    """A command on the bay that has to go through."""
    called = [str(BAY), command, bay.name, *words]
    subprocess.run(called, env=bay.environment, stderr=subprocess.PIPE, text=True, check=True)


if __name__ == "__main__":
    sys.exit(main())
