"""Masters that come to a running engine and go: what its API is asked for, one master after another."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from bay.components.spec import BaySpec


class Refused(Exception):
    """The engine's API does not do now what it was asked for, or does not answer. The text says what it said."""


class Api(Protocol):
    """An engine's API as an administrator of the bay has it, at whichever master answers."""

    def call(
        self, method: str, path: str, body: Any = None, *, content_type: str = "application/json", absent: Any = None
    ) -> Any:
        """The answer (JSON, else text); `absent` where it does not know the thing (404); Refused."""

    def pause(self) -> None:
        """Wait for a moment before the same is asked again."""


class Members(Protocol):
    """An engine's `members`: masters can join its quorum and leave it while it serves.

    A new master joins by itself as it boots. One that goes is let go here: `demote`, then its server is deleted, then
    `forget`. Both are called again until they return nothing, may be called for a master that is out already, and
    raise `Refused` where the engine does not do it now.
    """

    def fixed(self, before: "BaySpec", after: "BaySpec") -> str:
        """Why the number of masters cannot change between these specs of a bay, as a sentence; empty where it can."""

    def masters(self, api: Api) -> Mapping[str, bool]:
        """Masters that count for the quorum, by server name -> whether the engine reaches them."""

    def demote(self, api: Api, name: str) -> str:
        """One more step towards a quorum without this master; what is waited for, empty once it does not count."""

    def forget(self, api: Api, name: str) -> str:
        """Remove what the engine still has of it; what is waited for, empty once there is nothing."""
