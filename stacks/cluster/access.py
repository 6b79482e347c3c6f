"""Where an engine's API is asked, and with which files of a client."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bay.components.engines import ENGINES
from bay.components.errors import BayError
from bay.components.node.client_login import SHORTEST, ClientLogin, LoginRequest, client_login
from bay.components.node.credentials import Generation
from bay.components.node.lifetimes import Validity
from bay.components.spec import BaySpec
from bay.stacks.errors import Interrupted
from bay.stacks.state import pki
from bay.stacks.state.expiry import certificates_of

if TYPE_CHECKING:
    from bay.stacks.stack import BayStack

INCOMPLETE = "the bay is not complete"
CLOSED = "the API is closed to clients: access.api is empty"


@dataclass(frozen=True)
class Access:
    """spec: of the bay. addresses: ``HOST:PORT`` of its masters. files: those of `bay config`, with secrets."""

    spec: BaySpec
    addresses: Sequence[str]
    files: Mapping[str, str] = field(repr=False)


def access_of(bay: "BayStack") -> Access | str:
    """How a bay's engine is asked, or why it cannot be from here, as a part of a sentence.

    Needs the bay's passphrase, for the client's key.
    """
    spec = bay.state.spec
    if spec is None or not bay.state.is_complete:
        return INCOMPLETE
    if not spec.access.api:
        return CLOSED
    try:
        outputs = bay.outputs()
        files = {**(outputs.get("client_files") or {}), **_new_login(bay, spec)}
    except Interrupted:
        raise
    except BayError as error:
        return f"the engine cannot be asked: {error.message}"
    return Access(spec, outputs.get("api_addresses") or [], files)


def login_of(bay: "BayStack", spec: BaySpec, keys: Generation, request: LoginRequest, now: datetime) -> ClientLogin:
    """A client's key and certificate, in the group that the bay's engine reads from one."""
    group: str | None = getattr(ENGINES[spec.coe], "client_group", None)
    return client_login(bay.name, keys, request, now, group)


def _new_login(bay: "BayStack", spec: BaySpec) -> dict[str, str]:
    """A client certificate for these questions alone, where the one in the bay's state has ended."""
    now = datetime.now(UTC)
    client = next((one for one in certificates_of(bay.state) if one.name == "client"), None)
    if client is None or client.validity(now) is not Validity.EXPIRED:
        return {}
    login = login_of(bay, spec, pki.keys_of(bay.state, bay.secrets()), LoginRequest(SHORTEST), now)
    return {"cert.pem": login.certificate, "key.pem": login.key}
