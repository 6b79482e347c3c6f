"""Servers that are changed in batches: which are unavailable at the same time, and in which order. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, Protocol, TypeVar

from bay.stacks.state.snapshot import RecordedServer


class ServerAction(Protocol):
    """What is done with one server."""

    @property
    def name(self) -> str:
        """Of the server."""

    @property
    def urn(self) -> str:
        """Pulumi's name for it."""

    @property
    def loses_disk(self) -> bool:
        """Whether the server gets a new disk, so that a master leaves the quorum until it has caught up."""


Action = TypeVar("Action", bound=ServerAction)


@dataclass(frozen=True)
class Batch(Generic[Action]):
    """Servers of one group that are unavailable at the same time; all are waited for before the next batch."""

    group: str
    actions: tuple[Action, ...]

    @property
    def names(self) -> list[str]:
        """Of its servers."""
        return [action.name for action in self.actions]


def split(
    servers: Sequence[RecordedServer],
    actions: Mapping[str, Action],
    size_of: Callable[[str, Sequence[RecordedServer]], int],
) -> Iterator[Batch[Action]]:
    """Batches of each group in the order of `servers`, masters first. actions: by name of the server.

    size_of: how many servers of a group (its name, all its servers) may be unavailable at the same time.
    """
    groups: dict[str, list[RecordedServer]] = {}
    for server in servers:
        groups.setdefault(server.group, []).append(server)
    for group, members in groups.items():
        due = iter([actions[server.name] for server in members if server.name in actions])
        while batch := tuple(islice(due, size_of(group, members))):
            yield Batch(group, batch)
