"""An engine whose masters ask the cloud themselves: where its API keeps their login, and who has to read it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class HeldLogin:
    """What the API says that the masters log in with; see `bay.components.engines.CloudLogin`."""

    credential_id: str
    credential_secret: str


@dataclass(frozen=True)
class ApiPatch:
    """One call: PATCH of `path` with a JSON `body` of that type."""

    path: str
    body: Mapping[str, Any]
    content_type: str


@dataclass(frozen=True)
class Consumer:
    """A workload that reads the login when it starts. path: of it in the API, for GET and PATCH."""

    name: str
    path: str


class CloudLogins(Protocol):
    """An engine's `cloud_logins`, where its API keeps the masters' login to the cloud."""

    @property
    def path(self) -> str:
        """What to GET for the answer that the others take."""

    @property
    def consumers(self) -> Sequence[Consumer]:
        """All that there may be; some are there by options only."""

    def held(self, answer: Any) -> HeldLogin:
        """The login that is in use; ValueError or LookupError for an answer that has none."""

    def replacement(self, answer: Any, credential_id: str, credential_secret: str) -> ApiPatch:
        """What puts another credential in its place; all else stays."""

    def restart(self, consumer: Consumer, credential_id: str) -> ApiPatch:
        """What has a consumer read the login again, one pod after the other; nothing where it has this one."""

    def is_restarted(self, answer: Any, credential_id: str) -> bool:
        """Whether all of a consumer, as its path answers, has been started since `restart`, and runs."""
