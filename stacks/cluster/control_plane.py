"""The masters of a bay: what no change may make of them, and the majority that keeps the engine alive."""

from collections.abc import Collection, Mapping

from bay.components.engines import ENGINES
from bay.components.errors import BayError
from bay.components.spec import BaySpec
from bay.components.text import some
from bay.stacks.cluster.health import UNHEALTHY
from bay.stacks.state.snapshot import NodeRecord, StateSnapshot


def refuse_unfit(record: StateSnapshot, spec: BaySpec, half_made: Collection[NodeRecord] = ()) -> None:
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


def ill_masters(record: StateSnapshot, statuses: Mapping[str, str], health: Mapping[str, str]) -> frozenset[str]:
    """Names of the masters that do not run, or of which the engine says that they are ill; see below."""
    masters = [node for node in record.nodes if node.role == "master"]
    return frozenset(n.name for n in masters if statuses.get(n.id) != "ACTIVE" or health.get(n.name) == UNHEALTHY)


def is_majority(well: int, count: int) -> bool:
    """Whether so many masters keep the engine of `count` alive."""
    return well > count // 2


def refuse_without_quorum(
    record: StateSnapshot, going: Collection[str], statuses: Mapping[str, str], health: Mapping[str, str]
) -> None:
    """BayError unless the masters beside the `going` ones are more than half of all, run, and are not said to be ill.

    statuses: Nova's, by server id. health: the engine's, by server name; empty where it cannot be asked.
    """
    masters = [node.name for node in record.nodes if node.role == "master"]
    count = len({*masters, *going})
    if count == 1:
        raise BayError(
            f"bay {record.name}: the engine's data goes with {some(sorted(going))}, its only master",
            f"save what is in it, then 'bay delete {record.name}' and create it anew; --lose-data goes on all the same",
        )
    others = [name for name in masters if name not in going]
    unwell = ill_masters(record, statuses, health)
    ill = [name for name in others if name in unwell]
    well = len(others) - len(ill)
    if not is_majority(well, count):
        first = f"bring back {some(ill)} first; " if ill else ""
        raise BayError(
            f"bay {record.name}: beside {some(sorted(going))} {well} of {count} masters are well, which is no majority",
            f"{first}--lose-data goes on all the same, and the engine's data may be lost",
        )
