"""Whether a sandbox boots its servers; what it does before the first and after the last."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from bay.components.private_files import write_private
from bay.sandbox import machine, ranges, seeds
from bay.sandbox.layout import Layout
from bay.sandbox.services.sandbox_services.nodes import shared, sweep
from bay.sandbox.services.sandbox_services.nodes.names import Names
from bay.toolchain.lock import exclusive


@dataclass(frozen=True)
class Booting:
    """What a sandbox was told; ``block`` is for ever, the networks are in its databases."""

    boots: bool = False
    block: int = 0

    @classmethod
    def load(cls, layout: Layout) -> "Booting":
        """As it was saved; the default for a sandbox that never booted."""
        if not layout.booting.exists():
            return cls()
        return cls(**json.loads(layout.booting.read_text(encoding="utf-8")))

    def save(self, layout: Layout) -> None:
        """Write it down."""
        write_private(layout.booting, json.dumps(asdict(self)))


def prepare(layout: Layout, cache: Path) -> Booting:
    """Check that servers can boot here, choose the networks' ranges if that is still to be done, and tell the other
    sandboxes of this machine. SandboxError says what is missing."""
    machine.check_machine()
    machine.check_paths(layout.state, cache)
    names = Names.of(layout.state)
    with exclusive(shared.FOLDER / "start.lock", lambda _holder, _seconds: None):
        in_use = ranges.in_use(names.prefix) | dict.fromkeys(shared.ranges(names.prefix), "another sandbox")
        if layout.seeded.exists():
            block = Booting.load(layout).block
            ranges.check(block, in_use)
        else:
            block = ranges.free_block(in_use)
        shared.join(names.prefix, seeds.ranges(block))
    chosen = Booting(True, block)
    chosen.save(layout)
    return chosen


def warnings(cache: Path) -> list[str]:
    """What of a sandbox whose servers boot will not work here, a line each."""
    lines = []
    if not any((cache / "nodes").glob("*/rootfs")):
        lines.append("there is no node image, so no server will boot: `bay sandbox image build ENGINE` makes one")
    lines += [
        f"there is no {program}, so load balancers will be in ERROR: `apt-get install {package}`"
        for program, package in machine.BALANCERS.items()
        if not shutil.which(program)
    ]
    return lines


def end(layout: Layout) -> None:
    """Stop all nodes and take away what they and their networks have in the kernel; their disks stay."""
    if Booting.load(layout).boots:
        sweep.sweep(layout.state, Names.of(layout.state))
