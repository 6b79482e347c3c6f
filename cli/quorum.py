"""Whether masters may be away: a bay's engine lives as long as more than half of its masters do."""

from collections.abc import Collection, Mapping

from bay.cli.engine_health import UNHEALTHY
from bay.cli.output import some
from bay.cli.record import Record
from bay.components.errors import BayError


def ill_masters(record: Record, statuses: Mapping[str, str], health: Mapping[str, str]) -> frozenset[str]:
    """Names of the masters that do not run, or of which the engine says that they are ill; see below."""
    masters = [node for node in record.nodes if node.role == "master"]
    return frozenset(n.name for n in masters if statuses.get(n.id) != "ACTIVE" or health.get(n.name) == UNHEALTHY)


def is_majority(well: int, count: int) -> bool:
    """Whether so many masters keep the engine of `count` alive."""
    return well > count // 2


def refuse_without_quorum(
    record: Record, going: Collection[str], statuses: Mapping[str, str], health: Mapping[str, str]
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
