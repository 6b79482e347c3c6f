"""Servers that Nova took and then could not make, told from those that a later change only failed to alter."""

from typing import TYPE_CHECKING

from bay.cli.record import NodeRecord, Record

if TYPE_CHECKING:
    from openstack.connection import Connection


def never_ran(record: Record, cloud: "Connection") -> tuple[NodeRecord, ...]:
    """Servers whose last operation failed before they ever ran: nothing is lost with them.

    The engine says the same of a server whose making failed and of one whose resize was refused; that one may be a
    master with all the data of its bay. Nova knows when a server was launched first.
    """
    return tuple(node for node in record.half_made if not _launched(cloud, node.id))


def _launched(cloud: "Connection", server_id: str) -> bool:
    from bay.components.cloud import explained

    with explained("asking what became of a server"):
        server = cloud.compute.find_server(server_id, ignore_missing=True)
    return server is not None and server.launched_at is not None
