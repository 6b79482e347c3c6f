"""What no change of a bay may do to its masters."""

from collections.abc import Collection

from bay.cli.output import some
from bay.cli.record import NodeRecord, Record
from bay.components.engines import ENGINES
from bay.components.errors import BayError
from bay.components.spec import BaySpec


def refuse_loss(record: Record, spec: BaySpec, half_made: Collection[NodeRecord] = ()) -> None:
    """BayError where a change to `spec` would delete masters, or add some to an engine that cannot take them.

    half_made: servers that never ran, and are no loss.
    Said before the engine runs: it would notice only after it had written the new spec into the state.
    """
    there = {node.name for node in record.nodes if node.role == "master" and node not in half_made}
    wanted = {f"{record.name}-master-{index}" for index in spec.masters.indices}
    if gone := sorted(there - wanted):
        raise BayError(
            f"bay {record.name}: this would delete {some(gone)}, and masters hold the engine's own data",
            f"keep the masters: --masters {len(there)} (with 'bay scale': --group node for the nodes)",
        )
    engine = ENGINES[spec.coe]
    if record.completed and engine.fixed_masters and wanted != there:
        raise BayError(
            f"bay {record.name}: the number of masters of {engine.title} stays what it was at the beginning",
            f"make another bay with --masters {len(wanted)}",
        )
