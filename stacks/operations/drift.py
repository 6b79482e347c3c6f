"""What differs between a bay's state and the cloud; nothing is changed, here or there."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bay.components.openstack.connection import openstack_errors
from bay.stacks.cloud.additions import BESIDE, find_additions, owned_resources, ownership_rules
from bay.stacks.cloud.controller_resources import list_controller_resources
from bay.stacks.cloud.discovery import CloudObject, things_of
from bay.stacks.cloud.kind_additions import Addition
from bay.stacks.cloud.kind_lists import Listing, ProjectLists
from bay.stacks.cloud.kinds import KINDS, Thing
from bay.stacks.cloud.servers import server_statuses
from bay.stacks.operations.drift_events import HIGH, Difference, What, of_event
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
    added: by others, to what is the bay's; no repair needs it gone.

    statuses: Nova's, by the id of each server that is there. seconds: that the comparison took.
    """

    state: StateSnapshot
    differences: tuple[Difference, ...]
    extra: tuple[CloudObject, ...]
    statuses: Mapping[str, str]
    seconds: float
    added: tuple[Addition, ...] = ()

    @property
    def all_differences(self) -> list[Difference]:
        """With one for each that is extra or added; high severity first, then missing, changed, extra, added ones."""
        extra = [
            Difference(What.EXTRA, type_of(one.kind), one.name, one.id, severity=HIGH if one.exposes else "")
            for one in self.extra
        ]
        order = list(What)
        every = (*self.differences, *extra, *map(of_addition, self.added))
        return sorted(every, key=lambda d: (not d.severity, order.index(d.what), d.type, d.name, d.field))

    @property
    def summary(self) -> str:
        """``1 missing, 2 changed``, or that nothing differs."""
        things = {what: {(d.type, d.name) for d in self.differences if d.what is what} for what in What}
        counts = {what: len(found) for what, found in things.items()}
        counts |= {What.EXTRA: len(self.extra), What.ADDED: len(self.added)}
        text = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        high = sum(difference.severity == HIGH for difference in self.all_differences)
        text += f", {high} of high severity" if high else ""
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
        looked = pool.submit(_look, bay)
        known = pool.submit(server_statuses, cloud, state)  # by id: somebody may have taken the mark, or the name
        if state.ids:
            bay.compare(listen)
        (things, added), statuses = looked.result(), known.result()
    foreign = {addition.id for addition in added}
    extra = [CloudObject.of(thing) for thing in things if thing[1].id not in state.ids and thing[1].id not in foreign]
    differences = [d for d in differences if d.field not in NOT_OF_THE_CLOUD]
    differences += [*_stopped(state, statuses), *_never_created(state)]
    return Drift(state, tuple(differences), tuple(extra), statuses, time.monotonic() - started, tuple(added))


def of_addition(addition: Addition) -> Difference:
    """What was added, as a difference; `found` says where."""
    severity = HIGH if addition.exposes else ""
    return Difference(
        What.ADDED,
        type_of(addition.kind),
        addition.name,
        addition.id,
        found=addition.why,
        severity=severity,
        remedy=addition.remedy,
    )


def type_of(kind: str) -> str:
    """Pulumi's type of a kind, in short; where it has none, a name of that form: ``AddressPair``."""
    known = next((one.type for one in KINDS if one.name == kind and one.token), "")
    return known or "".join(word if word.isupper() else word.capitalize() for word in kind.split())


def _look(bay: BayStack) -> tuple[list[Thing], list[Addition]]:
    """Everything that carries the bay's mark, and what others added: a list a kind, however many servers there are.

    What the engine's controllers created is neither.
    """
    state, cloud = bay.state, bay.cloud
    lists = bay.context.lists or ProjectLists()
    listing = Listing(cloud, bay.name, state.bay_id, is_whole=True, known=state.ids, lists=lists)
    created = list_controller_resources(cloud, ownership_rules(state), state.bay_id)
    with openstack_errors("looking for what carries the bay's mark"):
        marked = list(things_of(listing))
        own = owned_resources(state.ids, marked, created, listing.project_volumes)
        return marked, [one for one in find_additions(listing, own) if one.kind not in BESIDE]


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
