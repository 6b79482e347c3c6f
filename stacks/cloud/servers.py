"""The servers of a bay as Nova knows them.

Servers that Nova accepted and then could not build are told from those that a later change only failed to alter.
"""

from typing import TYPE_CHECKING

from bay.stacks.state.snapshot import NodeRecord, StateSnapshot

if TYPE_CHECKING:
    from openstack.connection import Connection


def server_statuses(cloud: "Connection", record: StateSnapshot) -> dict[str, str]:
    """Server id -> Nova's status, of the bay's servers that there are; a list for all, however many they are.

    Only where one has another name by now, or is no more, all servers of the project are listed.
    """
    from bay.components.openstack.connection import explained

    with explained("asking for the servers"):
        found = {server.id: server.status for server in cloud.compute.servers(name=f"^{record.name}-")}
        if {node.id for node in record.nodes if node.id} - set(found):
            found |= {server.id: server.status for server in cloud.compute.servers()}
    return found


def never_ran(record: StateSnapshot, cloud: "Connection") -> tuple[NodeRecord, ...]:
    """Servers whose last operation failed before they ever ran: nothing is lost with them.

    The engine says the same of a server whose making failed and of one whose resize was refused; that one may be a
    master with all the data of its bay. Nova knows when a server was launched first.
    """
    return tuple(node for node in record.failed_servers if not _launched(cloud, node.id))


def _launched(cloud: "Connection", server_id: str) -> bool:
    from bay.components.openstack.connection import explained

    with explained("asking what became of a server"):
        server = cloud.compute.find_server(server_id, ignore_missing=True)
    return server is not None and server.launched_at is not None
