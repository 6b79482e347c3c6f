"""What no change of a bay may do to its masters; what it may do only when asked for is told by the plan."""

from collections.abc import Collection

from bay.cli.record import NodeRecord, Record
from bay.components.engines import ENGINES
from bay.components.errors import BayError
from bay.components.spec import BaySpec


def refuse_unfit(record: Record, spec: BaySpec, half_made: Collection[NodeRecord] = ()) -> None:
    """BayError where a change to `spec` would make it a bay of another engine, or other masters than it can have.

    half_made: servers that never ran, and are no loss.
    """
    if record.spec is not None and record.completed and spec.coe != record.spec.coe:
        raise BayError(
            f"bay {record.name}: its servers run {ENGINES[record.spec.coe].title}, and no change makes that another",
            f"make another bay with --set coe={spec.coe}",
        )
    engine = ENGINES[spec.coe]
    there = {node.name for node in record.nodes if node.role == "master" and node not in half_made}
    wanted = {f"{record.name}-master-{index}" for index in spec.masters.indices}
    if record.completed and engine.fixed_masters and wanted != there:
        raise BayError(
            f"bay {record.name}: the number of masters of {engine.title} stays what it was at the beginning",
            f"make another bay with --masters {len(wanted)}",
        )
