"""A bay among the clusters that a user's own clients know: put there, renewed, and taken away again."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep

from bay.components.engines import ENGINES
from bay.components.engines.contexts import ContextRequest, ContextStore, Files
from bay.components.errors import BayError
from bay.components.node.client_login import ClientLogin, LoginRequest
from bay.components.private_files import make_folder, write_private
from bay.stacks.cluster.clients import client_files_of, one_writer
from bay.stacks.stack import BayStack

PATIENCE = 10.0
"""Seconds to wait for a client that writes the same file."""


@dataclass(frozen=True)
class PutContext:
    """Where a bay's context is now. file: the last that was written. usage: a command that uses it. is_open and login:
    as of `ClientFiles`."""

    file: Path
    usage: str
    is_open: bool
    login: ClientLogin


def put_context(bay: BayStack, request: LoginRequest | None = None) -> PutContext:
    """Make or renew the context of a bay that is complete; BayError where its client keeps none, or it is foreign.

    request: what the context has already is looked for in it.
    """
    environment = bay.context.settings.environment
    with one_writer(bay.context.settings, f"context {bay.name}"):
        client = client_files_of(bay, replace(request or LoginRequest(), present=_present(bay, environment)))
        store = context_store(client.coe)
        if store is None:
            raise BayError(
                f"clients of {ENGINES[client.coe].title} keep no contexts", f"'bay config {bay.name}' writes its files"
            )
        wanted = ContextRequest(bay.name, bay.state.bay_id, client.files, client.addresses)
        with _locked(store.lock(environment)):
            files = store.put(wanted, environment, _read)
            _write(files)
    return PutContext(list(files)[-1], store.usage(bay.name), client.is_open, client.login)


def _present(bay: BayStack, environment: Mapping[str, str]) -> dict[str, str]:
    """The key and the certificate that the context has, where its store tells."""
    store = context_store(bay.state.spec.coe) if bay.state.spec else None
    keys = getattr(store, "keys", None)
    return dict(keys(bay.name, environment, _read)) if keys else {}


def remove_context(bay: str, environment: Mapping[str, str]) -> list[Path]:
    """Take away what bay put into any client's store for a bay of this name, which may be gone; the files."""
    removed: list[Path] = []
    for coe in ENGINES:
        store = context_store(coe)
        if store and store.remove(bay, environment, _read):
            with _locked(store.lock(environment)):
                files = store.remove(bay, environment, _read)
                _write(files)
            removed += files
    return removed


def has_context(bay: str, environment: Mapping[str, str]) -> bool:
    """Whether bay put a context for a bay of this name anywhere; not where that cannot be told."""
    try:
        stores = [store for coe in ENGINES if (store := context_store(coe))]
        return any(store.remove(bay, environment, _read) for store in stores)
    except BayError:
        return False


def context_store(coe: str) -> ContextStore | None:
    """Where an engine's client keeps contexts; None for an engine that has no such store, or is older than these."""
    store: ContextStore | None = getattr(ENGINES[coe], "contexts", None)
    return store


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise BayError(f"{path}: {reason}", "make it a file that can be read") from None


def _write(files: Files) -> None:
    for path, text in files.items():
        if text is not None:
            write_private(path.resolve(), text)  # a link stays one, and what it leads to is written
            continue
        path.unlink(missing_ok=True)
        with suppress(OSError):  # of another context too
            path.parent.rmdir()
            path.parent.parent.rmdir()


@contextmanager
def _locked(lock: Path | None) -> Iterator[None]:
    """While this lasts, clients that make the same file while they write wait or fail."""
    if lock is None:
        yield
        return
    make_folder(lock.parent)
    deadline = monotonic() + PATIENCE
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            break
        except FileExistsError:
            if monotonic() > deadline:
                raise BayError(f"{lock}: another program is writing", "if none is, remove that file") from None
            sleep(0.1)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
