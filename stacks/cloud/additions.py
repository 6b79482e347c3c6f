"""What others have added to a bay's resources, by the registry of kinds; nothing of it is deleted here."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bay.components.engines import ENGINES
from bay.components.engines.ownership_rules import OwnershipRule
from bay.stacks.cloud.controller_resources import ControllerResource
from bay.stacks.cloud.kind_additions import Addition, OwnedResources
from bay.stacks.cloud.kind_lists import Listing
from bay.stacks.cloud.kinds import KINDS, Thing
from bay.stacks.state.snapshot import StateSnapshot

BESIDE = ("snapshot",)
"""Kinds that block the end of what they are of, and change nothing about it while it is used."""


def find_additions(listing: Listing, own: OwnedResources) -> list[Addition]:
    """Everything that was added to what the bay owns, each once, by kind of what it was added to."""
    found = [
        addition
        for kind in KINDS
        for thing in own.of(kind.name).values()
        for addition in kind.additions(listing, own, thing)
    ]
    return list(dict.fromkeys(found))


def ownership_rules(state: StateSnapshot) -> Sequence[OwnershipRule]:
    """How the bay's engine marks what it creates by itself; nothing for a bay that was never begun."""
    return ENGINES[state.spec.coe].ownership_rules if state.spec and state.bay_id else ()


def owned_resources(
    known: frozenset[str],
    marked: Iterable[Thing],
    created: Iterable[ControllerResource],
    volumes: Iterable[Any],
    *,
    strangers: bool = False,
) -> OwnedResources:
    """Of what carries the mark, of what the engine's controllers created, and of volumes that go with their server."""
    things: dict[str, dict[str, Any]] = {}
    for kind, thing in [*marked, *((one.kind, one.thing) for one in created)]:
        things.setdefault(kind, {})[thing.id] = thing
    with_servers = set(_deleted_with(things.get("server", {}).values()))
    going = {volume.id: volume for volume in volumes if volume.id in with_servers}
    things["volume"] = {**going, **things.get("volume", {})}
    return OwnedResources(things, known, strangers)


def _deleted_with(servers: Iterable[Any]) -> Iterator[str]:
    for server in servers:
        yield from (one.id for one in server.attached_volumes or [] if one.delete_on_termination)
