"""What a client needs to use a bay's API: made when it is asked for, with a key and a certificate of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from bay.components.engines import ENGINES, Client
from bay.components.errors import BayError
from bay.components.node.client_login import ClientLogin, LoginRequest, with_login
from bay.components.private_files import make_folder
from bay.stacks.cluster.access import login_of
from bay.stacks.cluster.health import first_that_answers
from bay.stacks.settings import Settings, short_hash
from bay.stacks.stack import BayStack
from bay.stacks.state import pki
from bay.toolchain.lock import exclusive

PATIENCE = 60.0
"""Seconds to wait for another run that writes the same client's files."""


@dataclass(frozen=True)
class ClientFiles:
    """files: name -> content, for a folder of the client's own. addresses: of the API, ``host:port``, the first of
    which the files name. is_open: whether the API may be reached by clients at all. login: the key and the certificate
    in the files."""

    coe: str
    files: Mapping[str, str]
    addresses: tuple[str, ...]
    is_open: bool
    login: ClientLogin

    def environment(self, folder: str) -> dict[str, str]:
        """Variables for the client's shell once the files are in a folder."""
        return ENGINES[self.coe].client_environment(list(self.addresses), folder)


def client_files_of(bay: BayStack, request: LoginRequest | None = None, now: datetime | None = None) -> ClientFiles:
    """Of a bay that is complete; of several masters without an address in common, they name one that answers now.

    now: UTC; by the clock unless it is given.
    """
    spec = bay.state.spec
    if spec is None or not bay.state.is_complete:
        raise BayError(
            f"bay {bay.name} is not complete", f"'bay show {bay.name}' says why; 'bay create {bay.name}' resumes it"
        )
    engine, keys = ENGINES[spec.coe], pki.keys_of(bay.state, bay.secrets())
    login = login_of(bay, spec, keys, request or LoginRequest(), now or datetime.now(UTC))
    addresses = bay.state.api_addresses
    files = engine.client_files(Client(bay.name, addresses, [with_login(keys, login)]))
    address = first_that_answers(spec, addresses, files)
    ordered = (address, *(one for one in addresses if one != address))
    return ClientFiles(spec.coe, engine.turned_to(files, address), ordered, bool(spec.access.api), login)


@contextmanager
def one_writer(settings: Settings, place: str) -> Iterator[None]:
    """While this lasts, no other run writes a client's files at this place: a key and its certificate are two files."""

    def refuse(holder: str, seconds: float) -> None:
        if seconds >= PATIENCE:
            raise BayError(f"another run writes {place} (process {holder})", "wait for it, then try again")

    lock = settings.data / "locks" / "clients" / f"{short_hash(place)}.lock"
    make_folder(lock.parent)
    with exclusive(lock, refuse):
        yield
