"""What `bay show`, `list` and `node list` print: rows from the state, with the servers' status from Nova."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bay.stacks.cluster.health import NOT_ASKED, UNKNOWN, Health
from bay.stacks.context import Session
from bay.stacks.state import lock
from bay.stacks.state.snapshot import StateSnapshot
from bay.stacks.state.status import LastRun, status

if TYPE_CHECKING:
    pass

LIST_COLUMNS = ("name", "coe", "model", "status", "masters", "nodes", "api_address")
NODE_COLUMNS = ("name", "role", "group", "address", "id", "status", "health")


def bay_row(session: Session, record: StateSnapshot, last: LastRun, health: Health = NOT_ASKED) -> dict[str, Any]:
    """Everything `bay show` says of a bay."""
    running = lock.is_held(session.settings.lock_file(record.name))
    word, reason = status(record, last, running)
    spec = record.spec
    own_network = record.name if spec and spec.network.existing is None else None
    return {
        "name": record.name,
        "coe": spec.coe if spec else None,
        "model": spec.model if spec else None,
        "status": word,
        "status_reason": reason,
        "health_status": health.status,
        "health_status_reason": health.reason,
        "node_health": dict(health.nodes),
        "api_address": record.outputs.get("api_address"),
        "masters": [node.address for node in record.nodes if node.role == "master"],
        "nodes": [node.address for node in record.nodes if node.role == "node"],
        "network": own_network or (spec.network.existing if spec else None),
        "managed_by": record.managed_by,
        "protected": spec.protected if spec else False,
        "id": record.bay_id,
        "spec": spec.model_dump(mode="json") if spec else None,
    }


def node_rows(
    record: StateSnapshot, statuses: Mapping[str, str] | None, health: Health = NOT_ASKED
) -> list[dict[str, Any]]:
    """A row for each server, with Nova's status and the engine's word.

    UNKNOWN where the cloud was not asked (None), DELETED where it knows no such server.
    """
    absent = "UNKNOWN" if statuses is None else "DELETED"
    return [
        {
            "name": node.name,
            "role": node.role,
            "group": node.group,
            "address": node.address,
            "id": node.id,
            "status": (statuses or {}).get(node.id, absent),
            "health": health.nodes.get(node.name, UNKNOWN),
        }
        for node in record.nodes
    ]
