"""What the state says of a bay: readable after a failure and after a kill, without asking the cloud."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bay.components.errors import BayError
from bay.components.spec import BaySpec, parse
from bay.components.text import some

BAY_TYPE = "bay:index:Bay"
IDENTITY_TYPE = "pulumi-python:dynamic/bay:Identity"
INSTANCE_TYPE = "openstack:compute/instance:Instance"
PORT_TYPE = "openstack:networking/port:Port"

DOING = {"creating": "making", "updating": "changing"}
"""The engine's word for an operation -> the word that people are told; of others it is the same."""


@dataclass(frozen=True)
class NodeRecord:
    """A server as the state knows it; id and address are empty before Nova gave them.

    made: False where Nova took the server and then could not make it. urn: the engine's name for it.
    """

    name: str
    role: str
    group: str
    address: str
    id: str
    made: bool = True
    urn: str = field(default="", repr=False, compare=False)

    @property
    def index(self) -> int:
        """The node's index in its group."""
        return int(self.name.rsplit("-", 1)[1])


@dataclass(frozen=True)
class StateSnapshot:
    """One bay's state.

    spec: None where the bay was never begun. completed: an update went through at least once.
    pending: operations that were cut off, as ``making Instance demo-node-1``. ids: of everything the state owns.
    made: (kind, name) of what the state has in the cloud, as `bay.components.quota_demand` calls them.
    resources: all that the state holds, as Pulumi prints it. changed_at: when the state was written last, in UTC.
    """

    name: str
    bay_id: str = ""
    spec: BaySpec | None = None
    cloud: Mapping[str, str] = field(default_factory=dict)
    managed_by: str = "cli"
    nodes: tuple[NodeRecord, ...] = ()
    pending: tuple[str, ...] = ()
    ids: frozenset[str] = frozenset()
    made: frozenset[tuple[str, str]] = frozenset()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    salt: str = ""
    resources: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    changed_at: datetime | None = None

    @property
    def completed(self) -> bool:
        """Outputs are written by the first update that goes through."""
        return "id" in self.outputs

    @property
    def missing(self) -> list[str]:
        """Names of servers that the spec asks for and the state does not have."""
        if self.spec is None:
            return []
        return sorted(self.spec.server_names(self.name) - {node.name for node in self.nodes if node.made})

    @property
    def failed_servers(self) -> tuple[NodeRecord, ...]:
        """Servers that the next run deletes and makes anew."""
        return tuple(node for node in self.nodes if not node.made)

    @property
    def surplus(self) -> list[str]:
        """Names of servers that the state has and the spec does not ask for."""
        if self.spec is None:
            return [node.name for node in self.nodes]
        return sorted({node.name for node in self.nodes} - self.spec.server_names(self.name))


def read(name: str, deployment: Mapping[str, Any] | None) -> StateSnapshot:
    """A Record from a Pulumi deployment as `pulumi stack export` prints it."""
    content = deployment or {}
    resources: list[Mapping[str, Any]] = content.get("resources") or []
    pending: list[Mapping[str, Any]] = content.get("pending_operations") or []
    bay = next((r for r in resources if r["type"] == BAY_TYPE), None)
    inputs = (bay or {}).get("inputs") or {}
    identity = next((r for r in resources if r["type"] == IDENTITY_TYPE), {})
    known = identity.get("outputs") or {}
    stack = next((r for r in resources if r["type"] == "pulumi:pulumi:Stack"), {})
    return StateSnapshot(
        name=name,
        bay_id=str(identity.get("id", "")),
        spec=_spec(name, inputs["spec"]) if bay else None,
        cloud=known.get("cloud") or {},
        managed_by=known.get("managed_by", "cli"),
        nodes=_nodes(resources),
        pending=tuple(_operation(op) for op in pending),
        ids=frozenset(r["id"] for r in resources if r.get("id")),
        made=frozenset(kind_and_name(r["urn"]) for r in resources if _in_cloud(r)),
        outputs=stack.get("outputs") or {},
        salt=((content.get("secrets_providers") or {}).get("state") or {}).get("salt", ""),
        resources=tuple(resources),
        changed_at=_changed_at(content),
    )


def _changed_at(content: Mapping[str, Any]) -> datetime | None:
    text = (content.get("manifest") or {}).get("time")
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _in_cloud(resource: Mapping[str, Any]) -> bool:
    return resource["type"].startswith("openstack:") and bool(resource.get("id")) and not _going(resource)


def _going(resource: Mapping[str, Any]) -> bool:
    """Whether it is to be deleted, or is gone already and its replacement is not there yet."""
    return bool(resource.get("delete") or resource.get("pendingReplacement"))


def _spec(name: str, values: Mapping[str, Any]) -> BaySpec:
    try:
        return parse(values)
    except BayError as error:
        raise BayError(
            f"bay {name} was made by another version of bay: {error.message}", "use the version that changed it last"
        ) from None


def _nodes(resources: list[Mapping[str, Any]]) -> tuple[NodeRecord, ...]:
    ports = {r["id"]: (r.get("outputs") or {}) for r in resources if r["type"] == PORT_TYPE and r.get("id")}
    found = []
    for resource in resources:
        if resource["type"] != INSTANCE_TYPE or _going(resource):
            continue
        inputs, outputs = resource.get("inputs") or {}, resource.get("outputs") or {}
        group = str((inputs.get("metadata") or {}).get("bay:group", "node"))
        port = ports.get(((inputs.get("networks") or [{}])[0]).get("port", ""), {})
        address = outputs.get("accessIpV4") or next(iter(port.get("allFixedIps") or []), "")
        role = "master" if group == "master" else "node"
        name, server_id, made = str(inputs.get("name", "")), str(resource.get("id", "")), not resource.get("initErrors")
        found.append(NodeRecord(name, role, group, address, server_id, made, resource["urn"]))
    return tuple(sorted(found, key=lambda node: (node.group != "master", node.group, node.index)))


def _operation(pending: Mapping[str, Any]) -> str:
    """A pending operation in words: ``making Instance demo-node-1``."""
    return " ".join((DOING.get(pending["type"], pending["type"]), *kind_and_name(pending["resource"]["urn"])))


def kind_and_name(urn: str) -> tuple[str, str]:
    """``urn:...::openstack:compute/instance:Instance::demo-node-1`` -> ``Instance``, ``demo-node-1``."""
    parts = urn.split("::")
    return parts[-2].rsplit(":", 1)[-1], parts[-1]


def tell(record: StateSnapshot, report: Callable[[str], None]) -> None:
    """Say what the last run was doing when it was cut off; nothing where it was not."""
    if record.pending:
        report(f"the last run was cut off while {some(record.pending)}")
