"""What the state says of a bay: readable after a failure and after a kill, without asking the cloud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bay.components.errors import BayError, InvalidInput, nearest
from bay.components.ownership import Owner
from bay.components.spec import BaySpec, parse
from bay.components.spec.stored import NewerSchema, restored
from bay.components.text import first_ipv4, join_names
from bay.stacks.errors import NoSpec, UntrustedState

BAY_TYPE = "bay:index:Bay"
IDENTITY_TYPE = "pulumi-python:dynamic/bay:Identity"
IMAGE_TYPE = "pulumi-python:dynamic/bay:Image"
INSTANCE_TYPE = "openstack:compute/instance:Instance"
PORT_TYPE = "openstack:networking/port:Port"
FLOATING_IP_TYPE = "openstack:networking/floatingIp:FloatingIp"


@dataclass(frozen=True)
class RecordedServer:
    """A server as the state knows it; id and address are empty before Nova gave them.

    built: False where Nova accepted the server and then could not build it. urn: Pulumi's name for it. floating_ip:
    empty where it has none of its own. created_at: UTC; None where the state does not say.
    """

    name: str
    role: str
    group: str
    address: str
    id: str
    built: bool = True
    urn: str = field(default="", repr=False, compare=False)
    floating_ip: str = ""
    created_at: datetime | None = field(default=None, repr=False, compare=False)

    @property
    def index(self) -> int:
        """The server's index in its group."""
        return int(self.name.rsplit("-", 1)[1])


@dataclass(frozen=True)
class StateSnapshot:
    """One bay's state, read once.

    spec: None where nothing of the bay was ever created. interrupted_operations: as ``creating Instance demo-node-1``.
    ids: of everything the state owns. created: (kind, name) of what the state has in the cloud, as
    `bay.components.quota_demand` calls them. resources: all that the state holds, as Pulumi prints it. changed_at: when
    the state was written last, in UTC. made_at: when the bay's keys were made, UTC; None before. authority_ends: of an
    authority that somebody else made, UTC; None for the bay's own.
    """

    name: str
    bay_id: str = ""
    spec: BaySpec | None = None
    cloud: Mapping[str, str] = field(default_factory=dict)
    managed_by: Owner = "cli"
    servers: tuple[RecordedServer, ...] = ()
    interrupted_operations: tuple[str, ...] = ()
    ids: frozenset[str] = frozenset()
    created: frozenset[tuple[str, str]] = frozenset()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    salt: str = ""
    resources: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    changed_at: datetime | None = None
    made_at: datetime | None = None
    authority_ends: datetime | None = None

    @classmethod
    def from_deployment(cls, name: str, deployment: Mapping[str, Any] | None) -> "StateSnapshot":
        """From a Pulumi deployment as `pulumi stack export` prints it; None: of a stack that holds nothing."""
        content = deployment or {}
        resources: list[Mapping[str, Any]] = content.get("resources") or []
        pending: list[Mapping[str, Any]] = content.get("pending_operations") or []
        bay = next((r for r in resources if r["type"] == BAY_TYPE), None)
        inputs = (bay or {}).get("inputs") or {}
        identity = next((r for r in resources if r["type"] == IDENTITY_TYPE), {})
        known = identity.get("outputs") or {}
        stack = next((r for r in resources if r["type"] == "pulumi:pulumi:Stack"), {})
        return cls(
            name=name,
            bay_id=str(identity.get("id", "")),
            spec=_spec(name, inputs["spec"]) if bay else None,
            cloud=known.get("cloud") or {},
            managed_by="file" if known.get("managed_by") == "file" else "cli",
            servers=_servers(resources),
            interrupted_operations=tuple(_operation(op) for op in pending),
            ids=frozenset(r["id"] for r in resources if r.get("id")),
            created=frozenset(kind_and_name(r["urn"]) for r in resources if in_cloud(r)),
            outputs=stack.get("outputs") or {},
            salt=((content.get("secrets_providers") or {}).get("state") or {}).get("salt", ""),
            resources=tuple(resources),
            changed_at=_moment((content.get("manifest") or {}).get("time")),
            made_at=_moment(known.get("made_at")),
            authority_ends=_moment(known.get("authority_ends")),
        )

    @property
    def is_complete(self) -> bool:
        """Whether an update went through at least once: the first one writes outputs."""
        return "id" in self.outputs

    @property
    def api_addresses(self) -> tuple[str, ...]:
        """Where the API answers, the best first: ``HOST:PORT``; one alone where an earlier release made the bay."""
        alone = self.outputs.get("api_address")
        return tuple(self.outputs.get("api_addresses") or ([alone] if alone else []))

    @property
    def missing_servers(self) -> list[str]:
        """Names of servers that the spec asks for and the state does not have."""
        if self.spec is None:
            return []
        return sorted(self.spec.server_names(self.name) - {server.name for server in self.servers if server.built})

    @property
    def failed_servers(self) -> tuple[RecordedServer, ...]:
        """Servers that the next run deletes and creates again."""
        return tuple(server for server in self.servers if not server.built)

    @property
    def surplus_servers(self) -> list[str]:
        """Names of servers that the state has and the spec does not ask for."""
        if self.spec is None:
            return [server.name for server in self.servers]
        return sorted({server.name for server in self.servers} - self.spec.server_names(self.name))

    @property
    def interrupted_text(self) -> str:
        """What the previous run was doing when it was interrupted, for people; empty where it was not."""
        if not self.interrupted_operations:
            return ""
        return f"the previous run was interrupted while {join_names(self.interrupted_operations)}"

    def find_server(self, name: str) -> RecordedServer:
        """The server of that name, with or without the bay's before it: ``demo-node-1`` or ``node-1``; InvalidInput."""
        for server in self.servers:
            if name in (server.name, server.name.removeprefix(f"{self.name}-")):
                return server
        known = [server.name for server in self.servers]
        raise InvalidInput(
            f"bay {self.name} has no node {name!r}",
            nearest(name, known) if known else f"'bay show {self.name}' says how it is",
        )

    def require_spec(self) -> BaySpec:
        """The recorded spec; BayError where nothing of the bay was ever created."""
        if self.spec is None:
            raise NoSpec(self.name)
        return self.spec


def read_snapshot(name: str, deployment: Mapping[str, Any] | None) -> StateSnapshot:
    """The same of a deployment that anybody may have written: UntrustedState where its values are of other kinds."""
    try:
        return StateSnapshot.from_deployment(name, deployment)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UntrustedState(
            f"the state of bay {name} is damaged ({type(error).__name__}: {error})",
            "bring back an earlier version of the state: docs/security.md says how",
        ) from None


def _moment(text: str | None) -> datetime | None:
    """RFC 3339 -> UTC; ValueError for what is no moment of a bay's life."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if not 1970 <= moment.year < 9000:
        raise ValueError(f"{text} is no moment of a bay's life")
    return moment.astimezone(UTC)


def in_cloud(resource: Mapping[str, Any]) -> bool:
    """Whether a resource of a state is one that the cloud has, and keeps for now."""
    return resource["type"].startswith("openstack:") and bool(resource.get("id")) and not _going(resource)


def _going(resource: Mapping[str, Any]) -> bool:
    """Whether it is to be deleted, or is gone already and its replacement is not there yet."""
    return bool(resource.get("delete") or resource.get("pendingReplacement"))


def _spec(name: str, values: Mapping[str, Any]) -> BaySpec:
    try:
        return parse(restored(values))
    except NewerSchema as error:
        raise BayError(f"bay {name} was changed by a later release of bay: {error.message}", error.hint) from None
    except BayError as error:
        raise BayError(
            f"bay {name} was created by another version of bay: {error.message}", "use the version that changed it last"
        ) from None


def _servers(resources: list[Mapping[str, Any]]) -> tuple[RecordedServer, ...]:
    ports = {r["id"]: (r.get("outputs") or {}) for r in resources if r["type"] == PORT_TYPE and r.get("id")}
    public = {out.get("portId", ""): str(out.get("address", "")) for out in _outputs(resources, FLOATING_IP_TYPE)}
    found = []
    for resource in resources:
        if resource["type"] != INSTANCE_TYPE or _going(resource):
            continue
        inputs, outputs = resource.get("inputs") or {}, resource.get("outputs") or {}
        group = str((inputs.get("metadata") or {}).get("bay:group", "node"))
        port_id = ((inputs.get("networks") or [{}])[0]).get("port", "")
        port, floating_ip = ports.get(port_id, {}), public.get(port_id, "") if port_id else ""
        address = outputs.get("accessIpV4") or first_ipv4(port.get("allFixedIps") or [""])
        role = "master" if group == "master" else "node"
        name, server_id, made = str(inputs.get("name", "")), str(resource.get("id", "")), not resource.get("initErrors")
        created_at = _moment(resource.get("created"))
        found.append(
            RecordedServer(name, role, group, address, server_id, made, resource["urn"], floating_ip, created_at)
        )
    return tuple(sorted(found, key=lambda node: (node.group != "master", node.group, node.index)))


def _outputs(resources: list[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [r.get("outputs") or {} for r in resources if r["type"] == kind and not _going(r)]


def _operation(pending: Mapping[str, Any]) -> str:
    """A pending operation in words: ``creating Instance demo-node-1``."""
    return " ".join((pending["type"], *kind_and_name(pending["resource"]["urn"])))


def kind_and_name(urn: str) -> tuple[str, str]:
    """``urn:...::openstack:compute/instance:Instance::demo-node-1`` -> ``Instance``, ``demo-node-1``."""
    parts = urn.split("::")
    return parts[-2].rsplit(":", 1)[-1], parts[-1]
