"""What `bay show`, `list`, `node list` and `drift` print: rows from what operations answer."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bay.cli.console.columns import OUTDATED
from bay.components.node.lifetimes import utc
from bay.components.spec import BaySpec
from bay.components.spec.merge import URLS
from bay.components.text import without_passwords
from bay.stacks.bays import Description, Servers
from bay.stacks.cloud.usage import FIELDS, Usage
from bay.stacks.cluster.health import UNKNOWN
from bay.stacks.state.expiry import certificates_of
from bay.stacks.state.snapshot import StateSnapshot

Row = Mapping[str, Any]


def bay_row(described: Description, now: datetime | None = None) -> dict[str, Any]:
    """Everything `bay show` says of a bay. now: UTC; by the clock unless it is given."""
    state, health = described.state, described.health
    spec = state.spec
    own_network = state.name if spec and spec.network.existing is None else None
    return {
        "name": state.name,
        "coe": spec.coe if spec else None,
        "model": spec.model if spec else None,
        "status": described.status.word,
        "status_reason": described.status.reason,
        "health_status": health.status,
        "health_status_reason": health.reason,
        "node_health": dict(health.nodes),
        "api_address": state.outputs.get("api_address"),
        "masters": [server.address for server in state.servers if server.role == "master"],
        "nodes": [server.address for server in state.servers if server.role == "node"],
        "floating_ips": {server.name: server.floating_ip for server in state.servers if server.floating_ip},
        "network": own_network or (spec.network.existing if spec else None),
        "managed_by": state.managed_by,
        "protected": spec.protected if spec else False,
        "id": state.bay_id,
        "certificates": certificate_rows(state, now or datetime.now(UTC)),
        "certificate_container": state.outputs.get("certificate_container"),
        "spec": _shown(spec) if spec else None,
    }


def certificate_rows(state: StateSnapshot, now: datetime) -> list[dict[str, Any]]:
    """How long each certificate lasts that bay makes for a bay; ends in RFC 3339, UTC."""
    return [
        {
            "name": one.name,
            "status": one.validity(now).value,
            "ends": utc(one.ends),
            "days_left": one.days_left(now),
            "renewed_by": one.renewed_by or None,
        }
        for one in certificates_of(state)
    ]


def _shown(spec: BaySpec) -> dict[str, Any]:
    """The spec; without the passwords that URLs of an earlier version's bay may hold."""
    values = spec.model_dump(mode="json")
    for section, field in URLS:
        if values[section][field]:
            values[section][field] = without_passwords(values[section][field])
    return values


def list_row(described: Description) -> dict[str, Any]:
    """The same with numbers of servers in place of their addresses."""
    row = bay_row(described)
    return row | {role: len(row[role]) for role in ("masters", "nodes")}


def node_rows(found: Servers, outdated: Mapping[str, Sequence[str]] | None = None) -> list[dict[str, Any]]:
    """A row for each server, with Nova's status, the engine's word, and in what it is outdated; None: not known.

    UNKNOWN where the cloud was not asked, DELETED where it knows no such server.
    """
    absent = "UNKNOWN" if found.statuses is None else "DELETED"
    return [
        {
            "name": server.name,
            "role": server.role,
            "group": server.group,
            "address": server.address,
            "floating_ip": server.floating_ip,
            "id": server.id,
            "status": (found.statuses or {}).get(server.id, absent),
            "health": found.health.nodes.get(server.name, UNKNOWN),
            OUTDATED: None if outdated is None else list(outdated.get(server.name, ())),
        }
        for server in found.state.servers
    ]


def outdated_rows(rows: Iterable[Row], newer: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """Rows of the bays that have servers of an image with a newer one of its name: which image, and how many."""
    return [
        {**row, OUTDATED: [f"{image}: {count} servers" for image, count in newer[str(row["name"])].items()]}
        for row in rows
        if row["name"] in newer
    ]


def with_usage(rows: Iterable[Row], used: Mapping[str, Usage]) -> list[dict[str, Any]]:
    """Rows of bays with what each uses, where that is known."""
    return [{**row, **used.get(str(row["name"]), {})} for row in rows]


def sums(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The last row for people: of how many bays it is the sum, if not of all; none where nothing is known."""
    known = [row for row in rows if FIELDS[0] in row]
    name = "sum" if len(known) == len(rows) else f"sum of {len(known)} of {len(rows)} bays"
    return [{"name": name, **{field: sum(row[field] for row in known) for field in FIELDS}}] if known else []
