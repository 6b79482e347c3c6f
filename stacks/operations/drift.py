"""What differs between a bay's state and the cloud; nothing is changed, here or there."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bay.components.openstack.connection import openstack_errors
from bay.stacks.cloud.discovery import CloudObject, list_owned
from bay.stacks.cloud.kinds import Thing, kind_named
from bay.stacks.cloud.servers import server_statuses
from bay.stacks.operations.drift_events import Difference, What, of_event
from bay.stacks.stack import BayStack
from bay.stacks.state import lock
from bay.stacks.state.snapshot import StateSnapshot

if TYPE_CHECKING:
    from pulumi.automation import EngineEvent

RUNS = "ACTIVE"
"""Nova's status of a server that is as it should be."""

NOT_OF_THE_CLOUD = ("powerState", "stopBeforeDestroy", "forceDelete")
"""Properties of a server of which Nova's status says more, or that only the plugin has: adopted servers lack them."""


@dataclass(frozen=True)
class Drift:
    """differences: what Pulumi and Nova know of resources in the state. extra: with the mark, not in the state.

    statuses: Nova's, by the id of each server that is there. seconds: that the comparison took.
    """

    state: StateSnapshot
    differences: tuple[Difference, ...]
    extra: tuple[CloudObject, ...]
    statuses: Mapping[str, str]
    seconds: float

    @property
    def all_differences(self) -> list[Difference]:
        """With a difference for each extra resource: missing ones, then changed, then extra ones."""
        extra = [Difference(What.EXTRA, kind_named(item.kind).type, item.name, item.id) for item in self.extra]
        order = list(What)
        return sorted((*self.differences, *extra), key=lambda d: (order.index(d.what), d.type, d.name, d.field))

    @property
    def summary(self) -> str:
        """``1 missing, 2 changed``, or that nothing differs."""
        things = {what: {(d.type, d.name) for d in self.differences if d.what is what} for what in What}
        counts = {what: len(found) for what, found in things.items()} | {What.EXTRA: len(self.extra)}
        text = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return f"{text or 'as the state says'} (compared in {self.seconds:.1f} s)"


def compare(bay: BayStack) -> Drift:
    """Compare a bay's state with the cloud, and tell what makes the comparison doubtful."""
    if lock.is_held(bay.context.settings.lock_file(bay.name)):
        bay.notify("being-changed", f"bay {bay.name} is being changed by another run: what differs may be its work")
    if text := bay.state.interrupted_text:
        bay.notify("interrupted", text)
    return compare_with_cloud(bay)


def compare_with_cloud(bay: BayStack) -> Drift:
    """Pulumi reads what the state has, the lists of the cloud tell the rest; nothing is told."""
    started, state, cloud = time.monotonic(), bay.state, bay.cloud
    differences: list[Difference] = []

    def listen(event: "EngineEvent") -> None:
        differences.extend(of_event(event))

    with ThreadPoolExecutor(2) as pool:
        owned = pool.submit(_owned, bay)
        known = pool.submit(server_statuses, cloud, state)  # by id: somebody may have taken the mark, or the name
        if state.ids:
            bay.compare(listen)
        things, statuses = owned.result(), known.result()
    extra = [CloudObject.of(thing) for thing in things if thing[1].id not in state.ids]
    differences = [d for d in differences if d.field not in NOT_OF_THE_CLOUD]
    differences += [*_stopped(state, statuses), *_never_created(state)]
    return Drift(state, tuple(differences), tuple(extra), statuses, time.monotonic() - started)


def _owned(bay: BayStack) -> list[Thing]:
    """Everything that carries the bay's mark: a list for each kind of resource, however many servers there are."""
    with openstack_errors("looking for what carries the bay's mark"):
        return list(list_owned(bay.cloud, bay.name, bay.state.bay_id))


def _stopped(state: StateSnapshot, statuses: Mapping[str, str]) -> Iterable[Difference]:
    """Servers that are there and do not run."""
    for server in state.servers:
        status = statuses.get(server.id, RUNS)
        if status != RUNS:
            yield Difference(What.CHANGED, "Instance", server.name, server.id, "status", RUNS, status, server.urn)


def _never_created(state: StateSnapshot) -> Iterable[Difference]:
    """Servers that the spec asks for and neither state nor cloud has: a run was interrupted, or failed."""
    known = {server.name for server in state.servers}
    return (Difference(What.MISSING, "Instance", name) for name in state.missing_servers if name not in known)
