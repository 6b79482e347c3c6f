"""Where an engine's own client keeps many clusters, each a context of its name: which files say what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bay.components.errors import BayError

Read = Callable[[Path], str | None]
"""The text of a file; None where there is none."""
Files = dict[Path, str | None]
"""File -> its whole text; None for one that goes. In the order in which they are to be written."""


@dataclass(frozen=True)
class ContextRequest:
    """A bay's context. files, addresses: as of `Engine.client_files`, the first address being the one in use."""

    bay: str
    bay_id: str
    files: Mapping[str, str]
    addresses: Sequence[str]


class ContextStore(Protocol):
    """An engine's `contexts`, where its client has such a store. environment: HOME, and what the client itself reads.

    A context that bay put there says so, and of which bay it is; another one is foreign, and is never written over.
    Where a store also has ``keys(bay, environment, read)``, which returns ``cert.pem`` and ``key.pem`` of a context,
    that keeps them while they are good.
    """

    def put(self, request: ContextRequest, environment: Mapping[str, str], read: Read) -> Files:
        """What makes or renews the context; BayError where one of its name is foreign, or a file is damaged."""

    def remove(self, bay: str, environment: Mapping[str, str], read: Read) -> Files:
        """What removes the context that bay put there for a bay of this name, whichever it was; empty if it did not."""

    def lock(self, environment: Mapping[str, str]) -> Path | None:
        """The file that the client itself makes while it writes, if it does so."""

    def usage(self, bay: str) -> str:
        """The command that uses the context once."""


def foreign(kind: str, bay: str, place: Path, owner: str | None) -> BayError:
    """The error for a context that is not this bay's; owner: the bay:id that it says, None where it says none."""
    if owner is None:
        return BayError(
            f"{place} has a {kind} {bay} already, and bay did not put it there",
            f"rename it there, or use 'bay config {bay}' without --merge",
        )
    return BayError(
        f"{place} has a {kind} {bay} already, of another bay of this name (bay:id {owner})",
        f"'bay config {bay} --unset' removes it",
    )
