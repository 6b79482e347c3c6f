"""A plan as a reviewer reads it: what changes, what is dangerous, and with what it was compared.

The classes are the schema of ``bay preview -f json`` (docs/preview.md): a field that goes or changes its meaning makes
a new `VERSION`.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from bay.components.text import join_names
from bay.stacks.approval import Risk

VERSION: Literal[2] = 2
COLUMNS = ("operation", "type", "name", "fields")

Operation = Literal["create", "update", "resize", "delete", "replace", "rebuild"]
"""What happens to a thing; resize and rebuild are of servers, which Nova stops for it."""

OPERATIONS: tuple[Operation, ...] = ("rebuild", "replace", "delete", "resize", "update", "create")
"""The most dangerous first."""

DESTRUCTIVE: tuple[Operation, ...] = ("delete", "replace", "rebuild")
"""What a server's own disk does not outlive."""

DISRUPTIVE: tuple[Operation, ...] = (*DESTRUCTIVE, "resize")
"""What takes a server away, for good or for a while."""


class Group(StrEnum):
    """What a person cares about."""

    NODES = "nodes"
    VOLUMES = "volumes"
    IDENTITY = "identity"
    ENDPOINT = "endpoint"
    FIREWALL = "firewall"
    NETWORK = "network"
    ENGINE = "engine"
    OTHER = "other"


@dataclass(frozen=True)
class Diff:
    """One property that changes: old and new as text, masked and cut; None: there is no such value."""

    path: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Change:
    """One thing in the cloud that changes. type: as Pulumi calls it, in short: ``Instance``."""

    operation: Operation
    group: Group
    type: str
    name: str
    diffs: tuple[Diff, ...] = ()
    urn: str = ""

    def row(self) -> dict[str, Any]:
        """As a row of `bay preview -f csv`."""
        fields = [diff.path for diff in self.diffs]
        return {"operation": self.operation, "type": self.type, "name": self.name, "fields": fields}


@dataclass(frozen=True)
class FieldChange:
    """A field of the spec that changes. later: servers that are there keep the old value; it holds for new ones."""

    path: str
    old: str | None
    new: str | None
    group: Group
    later: bool


@dataclass(frozen=True)
class QuotaUsage:
    """One resource: how much is needed beside what is used, and the limit of both; in its unit."""

    resource: str
    needed: int
    used: int
    limit: int

    @property
    def shortfall(self) -> int:
        """How much the limit is too low; 0 where it is enough."""
        return max(0, self.used + self.needed - self.limit)

    def row(self) -> dict[str, Any]:
        """As a row of the table."""
        return {"resource": self.resource, "needed": self.needed, "used": self.used, "limit": self.limit}


@dataclass(frozen=True)
class Compared:
    """With what the wish was compared. changed_at: when the state was written last, UTC; None for a new bay.

    with_cloud: the cloud itself was asked first (``--refresh``). seconds: that it took, with look-ups and quotas.
    """

    with_cloud: bool
    changed_at: datetime | None
    seconds: float


@dataclass(frozen=True)
class Location:
    """Where a bay is, or would be: the cloud's Keystone, region (may be empty), and project."""

    auth_url: str
    region: str
    project_id: str
    project_name: str


@dataclass(frozen=True)
class ResolvedName:
    """What a name of the spec means. kind: image, flavor, network or external network; details: in words."""

    kind: str
    name: str
    id: str
    details: str = ""

    def row(self) -> dict[str, Any]:
        """As a row of the table."""
        return {"kind": self.kind, "name": self.name, "id": self.id, "details": self.details}


@dataclass(frozen=True)
class Plan:
    """What a run of Pulumi would do to a bay. impact: on the running cluster, in words; notes: what stays as it is.

    fields: of a new bay all that have a value.
    """

    bay: str
    exists: bool
    compared: Compared
    changes: tuple[Change, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    risks: tuple[Risk, ...] = ()
    impact: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    quota: tuple[QuotaUsage, ...] = ()
    location: Location | None = None
    resolved: tuple[ResolvedName, ...] = ()
    version: Literal[2] = field(default=VERSION)

    @property
    def empty(self) -> bool:
        """Whether nothing would be changed, in the cloud or in the spec."""
        return not self.changes and not self.fields

    @property
    def counts(self) -> dict[str, int]:
        """Operation -> number of things, the most dangerous first."""
        counted = Counter(change.operation for change in self.changes)
        return {operation: counted[operation] for operation in OPERATIONS if counted[operation]}

    @property
    def kinds(self) -> dict[tuple[Group, Operation, str], list[str]]:
        """(group, operation, type) -> names of the changes of it, in their order."""
        found: dict[tuple[Group, Operation, str], list[str]] = {}
        for change in self.changes:
            found.setdefault((change.group, change.operation, change.type), []).append(change.name)
        return found

    def of(self, group: Group) -> tuple[Change, ...]:
        """The changes of one group."""
        return tuple(change for change in self.changes if change.group is group)

    def servers(self, *operations: Operation) -> tuple[str, ...]:
        """Names of the servers that these operations strike."""
        return tuple(c.name for c in self.changes if c.type == "Instance" and c.operation in operations)

    @property
    def disruption(self) -> str:
        """What it takes away or stops: ``delete 2 servers of bay demo: demo-node-1, ...``; may be empty."""
        parts: list[str] = []
        names: list[str] = []
        for operation in DISRUPTIVE:
            if servers := self.servers(operation):
                parts.append(f"{operation} {len(servers)} servers")
                names += servers
        volumes = [c.name for c in self.changes if c.type == "Volume" and c.operation in ("delete", "replace")]
        if volumes:
            parts.append(f"delete {len(volumes)} volumes")
        return f"{' and '.join(parts)} of bay {self.bay}: {join_names([*names, *volumes], 6)}" if parts else ""

    @property
    def summary(self) -> str:
        """``12 to create, 1 to delete``, or that nothing changes."""
        parts = [f"{count} to {operation}" for operation, count in self.counts.items()]
        if not parts and self.fields:
            return "no changes in the cloud, only in the spec"
        return ", ".join(parts) or "no changes"
