"""What of a drift is mended how, and in which order: pure, from a state and what differs."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bay.components.disruption import at_once
from bay.stacks.cluster.control_plane import is_majority
from bay.stacks.operations.drift import RUNS, Drift
from bay.stacks.operations.drift_events import Difference, What
from bay.stacks.plan.types import Change
from bay.stacks.state.snapshot import NodeRecord

COLUMNS = ("round", "action", "type", "name", "reason")

IN_PLACE = ("status", "name", "metadata", "securityGroups", "tags", "flavorId", "flavorName")
"""Properties of a server that the engine sets right on the server that is there; any other wants a new one."""

STARTED = "SHUTOFF"
"""Status out of which the engine starts a server."""

BROKEN = "ERROR"
"""Status out of which nothing brings a server but another in its place."""

Things = Mapping[tuple[str, str], Sequence[Difference]]
"""Type and name of a thing -> how it differs."""


@dataclass(frozen=True)
class Mend:
    """One thing and what is done with it: ``make again``, ``restore``, ``replace``, or ``leave`` with the reason.

    ``finish``: what an earlier run left undone, and the state knows of.
    """

    action: str
    type: str
    name: str
    urn: str
    reason: str
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Round:
    """Servers of one group that are away at the same time; what comes back is waited for before the next round."""

    group: str
    mends: tuple[Mend, ...]

    @property
    def names(self) -> list[str]:
        """Of its servers."""
        return [mend.name for mend in self.mends]

    def having(self, *actions: str) -> list[Mend]:
        """Of its servers those with which this is done."""
        return [mend for mend in self.mends if mend.action in actions]


@dataclass(frozen=True)
class Mending:
    """surroundings: everything but servers, all at once. rounds: servers, masters first. left: what is not mended."""

    surroundings: tuple[Mend, ...] = ()
    rounds: tuple[Round, ...] = ()
    left: tuple[Mend, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.surroundings and not self.rounds

    @property
    def replaced(self) -> list[str]:
        """Names of the servers that get another in their place."""
        return [mend.name for one in self.rounds for mend in one.having("replace")]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """As `bay repair --dry-run` prints it; round 0 is everything but servers."""
        ordered = [(0, mend) for mend in self.surroundings]
        ordered += [(i, mend) for i, one in enumerate(self.rounds, 1) for mend in one.mends]
        rows = [_row(number, mend) for number, mend in ordered]
        return rows + [_row(None, mend) for mend in self.left]


def mending(drift: Drift, named: Collection[str] = (), unfinished: Iterable[Change] = ()) -> Mending:
    """What is to be done so that the cloud is what the state says.

    named: servers to be replaced whatever they are. unfinished: what the engine would change without any drift.
    """
    things: dict[tuple[str, str], list[Difference]] = {}
    for difference in drift.differences:
        things.setdefault((difference.type, difference.name), []).append(difference)
    servers = [_of_server(node, things, node.name in named) for node in drift.record.nodes]
    others = [_of_thing(found) for (kind, _), found in things.items() if kind != "Instance"]
    mends = [mend for mend in (*others, *servers) if mend is not None]
    done = [mend for mend in mends if mend.action != "leave"]
    ill = {mend.name: mend for mend in done if mend.type == "Instance"}
    known = {mend.urn for mend in done}
    finished = [Mend("finish", c.type, c.name, c.urn, c.operation) for c in unfinished if c.urn not in known]
    return Mending(
        surroundings=(*(mend for mend in done if mend.type != "Instance"), *finished),
        rounds=tuple(_rounds(drift, ill)),
        left=tuple(mend for mend in mends if mend.action == "leave"),
    )


def _of_thing(found: Sequence[Difference]) -> Mend:
    first = found[0]
    thing = (first.type, first.name, first.urn)
    if first.what is not What.MISSING:
        if first.type == "Volume" and any(d.field == "size" for d in found):
            return Mend("leave", *thing, "Cinder makes no volume smaller", tuple(found))
        return Mend("restore", *thing, _fields(found), tuple(found))
    if first.type == "ApplicationCredential":
        return Mend("make again", *thing, "missing; masters use the old one until they are replaced", tuple(found))
    return Mend("make again", *thing, "missing", tuple(found))


def _of_server(node: NodeRecord, things: Things, named: bool) -> Mend | None:
    """None for a server that is as it should be."""
    own = tuple(things.get(("Instance", node.name), ()))
    thing = ("Instance", node.name, node.urn)
    if any(d.what is What.MISSING for d in own):
        return Mend("make again", *thing, "missing", own)
    reason = _why_replaced(node, own, things, named)
    if reason:
        return Mend("replace", *thing, reason, own)
    status = next((d.found for d in own if d.field == "status"), STARTED)
    if status != STARTED:
        return Mend("leave", *thing, f"is {status}: 'bay repair' does not end that, 'openstack server' does", own)
    return Mend("restore", *thing, _fields(own), own) if own else None


def _why_replaced(node: NodeRecord, own: Sequence[Difference], things: Things, named: bool) -> str:
    """Empty where a server need not be replaced."""
    for kind, name, what in (("Port", node.name, "port"), ("Volume", f"{node.name}-state", "state volume")):
        if any(d.what is What.MISSING for d in things.get((kind, name), ())):
            return f"its {what} is missing"
    if any(d.field == "status" and d.found == BROKEN for d in own):
        return f"is {BROKEN}"
    others = [d for d in own if d.field not in IN_PLACE]
    return f"{_fields(others)} changed" if others else "named" if named else ""


def _fields(found: Iterable[Difference]) -> str:
    """``delay, tags``: the properties that differ."""
    return ", ".join(sorted({d.field for d in found}))


def _rounds(drift: Drift, ill: Mapping[str, Mend]) -> Iterator[Round]:
    """Masters one by one, then batches of each group.

    Where fewer than half of the masters are left, none comes up before the others do: they come at once.
    """
    groups: dict[str, list[NodeRecord]] = {}
    for node in drift.record.nodes:
        groups.setdefault(node.group, []).append(node)
    for group, members in groups.items():
        mends = iter([ill[node.name] for node in members if node.name in ill])
        size = _masters_at_once(drift, members) if group == "master" else at_once(len(members))
        while some := tuple(islice(mends, size)):
            yield Round(group, some)


def _masters_at_once(drift: Drift, masters: Sequence[NodeRecord]) -> int:
    running = sum(drift.statuses.get(node.id) == RUNS for node in masters)
    return 1 if is_majority(running, len(masters)) else len(masters)


def _row(number: int | None, mend: Mend) -> dict[str, Any]:
    return {"round": number, "action": mend.action, "type": mend.type, "name": mend.name, "reason": mend.reason}
