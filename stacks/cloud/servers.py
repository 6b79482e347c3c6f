"""The servers of a bay as Nova knows them.

Servers that Nova accepted and then could not build are told from those that a later change only failed to alter.
"""

from typing import TYPE_CHECKING, Any

from bay.components.openstack.connection import openstack_errors
from bay.stacks.state.snapshot import RecordedServer, StateSnapshot

if TYPE_CHECKING:
    from openstack.connection import Connection


def server_statuses(cloud: "Connection", state: StateSnapshot) -> dict[str, str]:
    """Server id -> Nova's status, of the bay's servers that there are."""
    return {id: server.status for id, server in _servers(cloud, state).items()}


def never_launched(cloud: "Connection", state: StateSnapshot) -> tuple[RecordedServer, ...]:
    """Servers whose last operation failed before they ever ran: nothing is lost with them.

    Pulumi says the same of a server that could not be built and of one whose resize was refused; that one may be a
    master with all the data of its bay. Nova knows when a server was launched first.
    """
    if not state.failed_servers:
        return ()
    servers = _servers(cloud, state)
    return tuple(one for one in state.failed_servers if one.id not in servers or servers[one.id].launched_at is None)


def _servers(cloud: "Connection", state: StateSnapshot) -> dict[str, Any]:
    """By id, with one list for all; where one has another name by now, or is no more, all of the project are listed."""
    with openstack_errors("asking for the servers"):
        found = {server.id: server for server in cloud.compute.servers(name=f"^{state.name}-")}
        if {server.id for server in state.servers if server.id} - set(found):
            found |= {server.id: server for server in cloud.compute.servers()}
    return found
