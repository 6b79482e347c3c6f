"""What differs between a bay's state and the cloud; nothing is changed, here or there."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bay.cli.console.output import say
from bay.stacks.cloud.cleanup import Leftover
from bay.stacks.cloud.discovery import everything
from bay.stacks.cloud.servers import server_statuses
from bay.stacks.context import Session, check_cloud
from bay.stacks.operations.drift_events import Difference, What, of_event
from bay.stacks.stack import BayStack
from bay.stacks.state import lock
from bay.stacks.state.snapshot import StateSnapshot, tell

if TYPE_CHECKING:
    from openstack.connection import Connection
    from pulumi.automation import EngineEvent

COLUMNS = ("bay", "difference", "type", "name", "field", "recorded", "found", "id")

RUNS = "ACTIVE"
"""Nova's status of a server that is as it should be."""

NOT_OF_THE_CLOUD = ("powerState", "stopBeforeDestroy", "forceDelete")
"""Properties of a server of which Nova's status says more, or that only the plugin has: adopted servers lack them."""

TYPES = {
    "server": "Instance",
    "rule": "SecGroupRule",
    "security group": "SecGroup",
    "floating IP": "FloatingIp",
    "health monitor": "Monitor",
}
"""What the cloud's kinds are called in a state, where it is not the same words."""


@dataclass(frozen=True)
class Drift:
    """differences: what the engine and Nova know of things in the state. extra: with the mark, not in the state.

    statuses: Nova's, by the id of each server that is there. seconds: that the comparison took.
    """

    record: StateSnapshot
    differences: tuple[Difference, ...]
    extra: tuple[Leftover, ...]
    statuses: Mapping[str, str]
    seconds: float

    @property
    def rows(self) -> list[dict[str, Any]]:
        """As `bay drift` prints it: missing things, then changed, then extra ones."""
        extra = [Difference(What.EXTRA, type_of(item.kind), item.name, item.id) for item in self.extra]
        order = list(What)
        found = sorted((*self.differences, *extra), key=lambda d: (order.index(d.what), d.type, d.name, d.field))
        return [_row(self.record.name, difference) for difference in found]

    @property
    def summary(self) -> str:
        """``1 missing, 2 changed``, or that nothing differs."""
        things = {what: {(d.type, d.name) for d in self.differences if d.what is what} for what in What}
        counts = {what: len(found) for what, found in things.items()} | {What.EXTRA: len(self.extra)}
        text = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return f"{text or 'as the state says'} (compared in {self.seconds:.1f} s)"


def type_of(kind: str) -> str:
    """``load balancer`` -> ``LoadBalancer``: as the state calls what the cloud calls so."""
    return TYPES.get(kind) or "".join(word.capitalize() for word in kind.split())


def compare(session: Session, name: str) -> Drift:
    """Compare a bay's state with the cloud; BayError under another cloud's login."""
    with session.existing(name) as stack:
        return of_stack(session, stack, session.cloud())


def of_stack(session: Session, stack: BayStack, cloud: "Connection") -> Drift:
    """The same for a stack that is open; what makes a comparison doubtful is said."""
    record = stack.record()
    check_cloud(stack.name, record.cloud, cloud)
    if lock.is_held(session.settings.lock_file(stack.name)):
        say(f"bay {stack.name} is being changed by another run: what differs may be its work")
    tell(record, say)
    return found(stack, record, cloud)


def found(stack: BayStack, record: StateSnapshot, cloud: "Connection") -> Drift:
    """The engine reads what the state has, the lists of the cloud tell the rest; nothing is said."""
    started = time.monotonic()
    differences: list[Difference] = []

    def listen(event: "EngineEvent") -> None:
        differences.extend(of_event(event))

    with ThreadPoolExecutor(2) as pool:
        marked = pool.submit(_marked, cloud, record)
        known = pool.submit(server_statuses, cloud, record)  # by id: somebody may have taken the mark, or the name
        if record.ids:
            stack.compare(listen)
        things, statuses = marked.result(), known.result()
    extra = [Leftover(kind, thing.id, thing.name or "") for kind, thing in things if thing.id not in record.ids]
    differences = [d for d in differences if d.field not in NOT_OF_THE_CLOUD]
    differences += [*_stopped(record, statuses), *_never_made(record)]
    return Drift(record, tuple(differences), tuple(extra), statuses, time.monotonic() - started)


def _marked(cloud: "Connection", record: StateSnapshot) -> list[tuple[str, Any]]:
    """Everything that carries the bay's mark: a list for each kind of thing, however many servers there are."""
    from bay.components.openstack.connection import explained

    with explained("looking for what carries the bay's mark"):
        return list(everything(cloud, record.name, record.bay_id)) if record.bay_id else []


def _stopped(record: StateSnapshot, statuses: Mapping[str, str]) -> Iterable[Difference]:
    """Servers that are there and do not run."""
    for node in record.nodes:
        status = statuses.get(node.id, RUNS)
        if status != RUNS:
            yield Difference(What.CHANGED, "Instance", node.name, node.id, "status", RUNS, status, node.urn)


def _never_made(record: StateSnapshot) -> Iterable[Difference]:
    """Servers that the spec asks for and neither state nor cloud has: a run was cut off, or failed."""
    known = {node.name for node in record.nodes}
    return (Difference(What.MISSING, "Instance", name) for name in record.missing if name not in known)


def _row(bay: str, difference: Difference) -> dict[str, Any]:
    return {
        "bay": bay,
        "difference": str(difference.what),
        "type": difference.type,
        "name": difference.name,
        "field": difference.field,
        "recorded": difference.recorded,
        "found": difference.found,
        "id": difference.id,
    }
