"""Times `bay` at hundreds of nodes on a stub cloud, beside bare API calls and a state without journal (docs/speed.md).

Create, preview, ten nodes more, delete: seconds on the clock and of the processors, memory, and what Pulumi writes.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bare_servers import BareServers
from bays import BAY
from processes import COMMAND, ENGINE, PLUGIN, Use, Watched, watch
from stubs import NoGo, Stub, running

BUILD = "2s"
"""How long a server of the stub is in BUILD."""

MORE = 10
"""Nodes that are added."""

JOURNAL_OFF = {"PULUMI_DISABLE_JOURNALING": "true"}

WIDE = ("--set", "network.cidr=10.80.0.0/16")
"""Room for thousands of addresses."""

HEAD = f"{'':34} {'wall':>7} {'CPU':>7} {'pulumi':>7} {'bay':>6} {'plugin':>7} {'RSS':>7} {'written':>8} {'load':>5}"


class Failed(Exception):
    """A command that is measured has failed."""


@dataclass(frozen=True)
class Bay:
    """A bay of one master and some nodes on a stub; `folder` holds its state and passphrase."""

    stub: Stub
    folder: Path
    nodes: int
    settings: dict[str, str]

    @property
    def name(self) -> str:
        return f"s{self.nodes}{'' if not self.settings else 'w'}"

    def steps(self) -> Iterator[tuple[str, list[str], int]]:
        """What is done: a title, the command, the exit code that it has to have."""
        create = ["create", self.name, "--model", "swarm", "--nodes", str(self.nodes), *WIDE, "--no-wait"]
        yield f"create 1 + {self.nodes}", create, 0
        yield "preview, no change", ["preview", self.name], 0
        yield f"scale to {self.nodes + MORE}", ["scale", self.name, str(self.nodes + MORE), "--no-wait"], 0
        yield "delete", ["delete", self.name, "--yes"], 0

    def run(self, arguments: Sequence[str], code: int) -> Watched:
        """One command; raises Failed."""
        own = {"XDG_DATA_HOME": str(self.folder / "data"), "XDG_CONFIG_HOME": str(self.folder / "config")}
        environment = {**os.environ, **own, **self.stub.environment, **self.settings}
        environment.pop("BAY_STATE", None)
        done = watch([BAY, *arguments], environment, self.folder)
        if done.code != code:
            raise Failed(f"bay {' '.join(arguments)}: exit code {done.code}\n{done.text[-2000:]}")
        return done


def main() -> int:
    """Run, print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, action="append", help="size of a bay (default: 300 and 1000)")
    parser.add_argument(
        "--without-journal", type=int, action="append", help="the same without a journal (default: 300, 0: none)"
    )
    parser.add_argument("--threads", type=int, default=64, help="of the bare API calls (default 64)")
    asked = parser.parse_args()
    sizes = [(size, {}) for size in asked.nodes or [300, 1000]]
    sizes += [
        (size, JOURNAL_OFF) for size in ([300] if asked.without_journal is None else asked.without_journal) if size
    ]
    print(HEAD)
    try:
        for size, settings in sizes:
            with tempfile.TemporaryDirectory(prefix="bay-scale-") as folder, running(Path(folder), BUILD) as stub:
                measure(Bay(stub, Path(folder), size, settings), asked.threads)
    except (Failed, NoGo) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def measure(bay: Bay, threads: int) -> None:
    """All steps of one bay, and the bare calls for as many servers."""
    for title, arguments, code in bay.steps():
        load = os.getloadavg()[0]
        done = bay.run(arguments, code)
        print(line(title + (", no journal" if bay.settings else ""), done, load), flush=True)
        if arguments[0] == "create" and bay.stub.servers() != bay.nodes + 1:
            raise Failed(f"{bay.stub.servers()} servers")
    if not bay.settings:
        load, begin = os.getloadavg()[0], time.monotonic()
        bare = BareServers(bay.stub.port, bay.nodes + 1, threads)
        bare.make()
        wall = time.monotonic() - begin
        print(f"{f'bare API calls, {threads} threads':34} {wall:6.1f}s {'':56} {load:5.1f}", flush=True)


def line(title: str, done: Watched, load: float) -> str:
    """One command as a line of the table."""
    engine, command, plugin = (done.uses.get(kind, Use()) for kind in (ENGINE, COMMAND, PLUGIN))
    return (
        f"{title:34} {done.wall:6.1f}s {done.cpu:6.1f}s {engine.cpu:6.1f}s {command.cpu:5.1f}s {plugin.cpu:6.1f}s "
        f"{engine.rss / 1e6:4.0f} MB {engine.written / 1e6:5.0f} MB {load:5.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
