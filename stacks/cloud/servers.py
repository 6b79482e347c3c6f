"""The servers of a bay as Nova knows them.

Servers that Nova accepted and then could not build are told from those that a later change only failed to alter.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bay.components.openstack.connection import openstack_errors
from bay.stacks.cloud.kind_lists import SOFT_DELETED
from bay.stacks.state.snapshot import RecordedServer, StateSnapshot

if TYPE_CHECKING:
    from openstack.connection import Connection


PATIENCE = 60.0
"""Seconds until a server that is deleted by force has to be gone."""


def server_statuses(cloud: "Connection", state: StateSnapshot) -> dict[str, str]:
    """Server id -> Nova's status, of the bay's servers that there are."""
    return {id: server.status for id, server in _servers(cloud, state).items()}


def locked_servers(cloud: "Connection", state: StateSnapshot) -> frozenset[str]:
    """Names of the bay's servers that Nova lets nobody stop, change or delete until they are unlocked."""
    return frozenset(str(server.name) for server in _servers(cloud, state).values() if server.is_locked)


def launched_since(cloud: "Connection", state: StateSnapshot, moment: datetime) -> frozenset[str]:
    """Names of the bay's servers that were launched after a moment (with a time zone)."""
    found = {}
    for id, server in _servers(cloud, state).items():
        if server.launched_at:
            found[id] = datetime.fromisoformat(str(server.launched_at)).replace(tzinfo=UTC)
    return frozenset(one.name for one in state.servers if one.id in found and found[one.id] > moment)


def never_launched(cloud: "Connection", state: StateSnapshot) -> tuple[RecordedServer, ...]:
    """Servers whose last operation failed before they ever ran: nothing is lost with them.

    Pulumi says the same of a server that could not be built and of one whose resize was refused; that one may be a
    master with all the data of its bay. Nova knows when a server was launched first.
    """
    if not state.failed_servers:
        return ()
    servers = _servers(cloud, state)
    return tuple(one for one in state.failed_servers if one.id not in servers or servers[one.id].launched_at is None)


def console_output(cloud: "Connection", id: str, name: str, lines: int | None = None) -> str:
    """The last lines of a server's console log, or as much as Nova keeps; Forbidden where the cloud's policy lets
    nobody read it."""
    with openstack_errors(f"reading the console log of {name}"):
        answer = cloud.compute.get_server_console_output(id, length=lines)
    return (answer or {}).get("output") or ""


def _servers(cloud: "Connection", state: StateSnapshot) -> dict[str, Any]:
    """By id, with one list for all; where one has another name by now, or is no more, all of the project are listed."""
    with openstack_errors("asking for the servers"):
        found = {server.id: server for server in cloud.compute.servers(name=f"^{state.name}-")}
        if {server.id for server in state.servers if server.id} - set(found):
            found |= {server.id: server for server in cloud.compute.servers()}
    return found


def delete_for_good(cloud: "Connection", ids: Sequence[str]) -> list[str]:
    """Names of those of these deleted servers that Nova kept for later (SOFT_DELETED), and that now go at once.

    A cloud that keeps none of them keeps no other: one question is enough there.
    """
    gone: list[str] = []
    with openstack_errors("deleting servers for good"):
        for id in ids:
            server = cloud.compute.find_server(id)
            if server is None or server.status != SOFT_DELETED:
                break
            cloud.compute.delete_server(id, force=True)
            gone.append(str(server.name))
        for id in ids[: len(gone)]:
            _wait_until_gone(cloud, id)
    return gone


def _wait_until_gone(cloud: "Connection", id: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while cloud.compute.find_server(id) is not None and time.monotonic() < deadline:
        time.sleep(1)
