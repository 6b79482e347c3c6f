"""The login to the cloud that an engine's masters use, read and replaced by the engine's API."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, Any

from bay.components.engines import ENGINES
from bay.components.engines.cloud_logins import ApiPatch, CloudLogins, Consumer, HeldLogin
from bay.components.errors import BayError
from bay.stacks.cluster import api
from bay.stacks.cluster.access import access_of
from bay.stacks.errors import NotReady

if TYPE_CHECKING:
    from bay.stacks.stack import BayStack

TIMEOUT = 20.0
"""Seconds for an answer."""
PAUSE = 2.0
"""Seconds between two looks at what restarts."""


@dataclass(frozen=True)
class EngineLogin:
    """The API that answers from here, and the login that it has."""

    bay: "BayStack"
    client: api.Client = field(repr=False)
    logins: CloudLogins
    held: HeldLogin = field(repr=False)

    def put(self, credential_id: str, credential_secret: str) -> None:
        """Have another credential in its place; BayError."""
        answer = self._get(self.logins.path)
        self._patch(self.logins.replacement(answer, credential_id, credential_secret))

    def consumers(self) -> list[Consumer]:
        """Those that there are."""
        return [one for one in self.logins.consumers if self._get(one.path, optional=True) is not None]

    def restart(self, consumer: Consumer, credential_id: str, timeout: timedelta) -> None:
        """Have it read the login again and wait until all of it runs; NotReady."""
        self._patch(self.logins.restart(consumer, credential_id))
        end = monotonic() + timeout.total_seconds()
        while not self.logins.is_restarted(self._get(consumer.path), credential_id):
            if monotonic() > end:
                raise NotReady(
                    f"bay {self.bay.name}: {consumer.name} does not come back with the new credential",
                    "'kubectl -n kube-system describe pods' says why; the same command again goes on",
                    consumer.name,
                )
            self.bay.context.cancel.sleep(PAUSE)

    def _get(self, path: str, *, optional: bool = False) -> Any:
        return _get(self.bay, self.client, path, optional=optional)

    def _patch(self, patch: ApiPatch) -> None:
        try:
            reply = self.client.call(
                patch.path, method="PATCH", body=patch.body, content_type=patch.content_type, timeout=TIMEOUT
            )
        except api.ERRORS as error:
            raise _silent(self.bay, api.problem(self.client.address, error)) from None
        if reply.status != HTTPStatus.OK:
            raise _silent(self.bay, f"{self.client.address}: HTTP {reply.status}")


def cloud_logins_of(coe: str) -> CloudLogins | None:
    """Where an engine keeps its masters' login to the cloud; None for one that has none."""
    found: CloudLogins | None = getattr(ENGINES[coe], "cloud_logins", None)
    return found


def open_engine_login(bay: "BayStack") -> EngineLogin:
    """BayError where the API does not answer from here, or has no login. Needs the bay's passphrase."""
    access = access_of(bay)
    if isinstance(access, str):
        raise _silent(bay, access)
    logins = cloud_logins_of(access.spec.coe)
    if logins is None:
        raise BayError(f"bay {bay.name}: {ENGINES[access.spec.coe].title} has no login to the cloud", "")
    wrong = _silent(bay, "the state has no address of the API")
    for address in access.addresses:
        try:
            client = api.Client(address, access.files)
            return EngineLogin(bay, client, logins, logins.held(_get(bay, client, logins.path)))
        except BayError as error:
            wrong = error
        except (LookupError, TypeError, ValueError) as error:
            wrong = _silent(bay, f"{address}: its answer is not understood: {error}")
    raise wrong


def _get(bay: "BayStack", client: api.Client, path: str, *, optional: bool = False) -> Any:
    address = client.address
    try:
        reply = client.call(path, timeout=TIMEOUT)
        if optional and reply.status == HTTPStatus.NOT_FOUND:
            return None
        if reply.status != HTTPStatus.OK:
            raise _silent(bay, f"{address}: HTTP {reply.status} for {path}")
        return json.loads(reply.body)
    except api.ERRORS as error:
        raise _silent(bay, api.problem(address, error)) from None


def _silent(bay: "BayStack", reason: str) -> BayError:
    return BayError(
        f"bay {bay.name}: its API cannot be asked from here: {reason}",
        f"'bay update {bay.name} --set access.api=[CIDR]' opens it to your network; then run the same again",
    )
