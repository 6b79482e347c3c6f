"""What is known of each container orchestration engine: data and pure functions, no pulumi.

An engine says which ports its roles need, what a server is given at boot and what a client needs.
Components ask ``ENGINES[spec.coe]`` and have no branch on an engine's name. Each engine is one module of
this folder with an ``ENGINE`` in it; a site's own comes from an entry point of the group ``bay.engines``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Protocol, cast

from pydantic import BaseModel

from bay.components.engines.impact_terms import ImpactTerms
from bay.components.engines.ownership_rules import OwnershipRule
from bay.components.node.credentials import Generation, Secret

if TYPE_CHECKING:
    from bay.components.node.user_data import Boot
    from bay.components.spec import BaySpec
    from bay.components.spec.groups import NodeGroup
    from bay.components.spec.site import Role


class Source(StrEnum):
    """Who may reach a port: servers of the bay by their role, the CIDRs of `access`, or the subnets the bay is in.

    The subnets are for what load balancers pass on: it comes from an address of theirs, with no security group.
    """

    MASTERS = "masters"
    NODES = "nodes"
    BAY = "bay"
    SUBNETS = "subnets"
    API = "api"
    SSH = "ssh"
    PUBLISHED = "published"


@dataclass(frozen=True)
class Port:
    """One row of an engine's ingress table.

    protocol: as Neutron calls it. first, last: port range; None for a protocol without ports.
    """

    protocol: str
    first: int | None
    last: int | None
    source: Source
    purpose: str


@dataclass(frozen=True)
class CloudLogin:
    """An application credential of the bay's own: only masters hold it. network ids: None where there is none."""

    auth_url: str
    region: str
    project_id: str
    credential_id: str
    credential_secret: str
    subnet_id: str | None
    external_network_id: str | None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What boot data is made of: plain values, the same for every server of a group.

    master_names and master_addresses: in the order of the masters' indices. endpoint_address: of the virtual IP
    or load balancer as the servers reach it, None where the masters are the endpoint. api_names: floating IPs
    and DNS names at which clients reach the API. state_volumes: Cinder ids in the order of the masters, or empty.
    cidrs: of the bay's subnets. made_at: when the bay's identity was made, RFC 3339. signed_at: the same, as
    of when a server's certificate is signed; empty: as of made_at.
    """

    bay: str
    bay_id: str
    group: str
    spec: "BaySpec"
    master_names: tuple[str, ...]
    master_addresses: tuple[str, ...]
    endpoint_address: str | None = None
    api_names: tuple[str, ...] = ()
    state_volumes: tuple[str, ...] = ()
    cidrs: tuple[str, ...]
    cloud: CloudLogin | None = None
    made_at: str
    signed_at: str = ""
    generations: Sequence[Generation]

    @property
    def signing_moment(self) -> datetime:
        """As of when the certificate of a server is signed."""
        return datetime.fromisoformat(self.signed_at or self.made_at)

    @property
    def role(self) -> "Role":
        """Role of the group's servers."""
        return "master" if self.group == "master" else "node"

    @property
    def group_spec(self) -> "NodeGroup":
        """What the spec says of the group."""
        return self.spec.groups[self.group]

    @property
    def server_names(self) -> tuple[str, ...]:
        """Every name and address by which the API is reached, for its certificate."""
        endpoint = (self.endpoint_address,) if self.endpoint_address else ()
        names = (*self.master_names, *self.master_addresses, *endpoint, *self.api_names, "localhost", "127.0.0.1")
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True)
class Client:
    """A user's side of a bay. addresses: ``HOST:PORT`` at which the API may be tried, the best one first."""

    bay: str
    addresses: tuple[str, ...]
    generations: Sequence[Generation]


@dataclass(frozen=True)
class Question:
    """How an engine is asked for its health: HTTPS GET of `path` with the client's certificate.

    basic: the file among `Engine.client_files` that holds ``{"principal": ..., "secret": ...}`` for HTTP basic
    authentication, where the engine wants that. names_masters: whether the answer names masters beside nodes.
    A master that sends on to another one is healthy too. The answer goes to `Engine.node_health`.
    """

    path: str
    basic: str | None = None
    names_masters: bool = True


class Options(BaseModel):
    """Base of what a spec's `options` may say for an engine: immutable, and a misspelt option is an error."""

    model_config = {"frozen": True, "extra": "forbid"}


class Engine(Protocol):
    """Knowledge of one engine. Roles are ``master`` and ``node``.

    Beside this one may have

    - ``contexts``, a `contexts.ContextStore`: its client keeps many clusters by name;
    - ``cloud_logins``, a `cloud_logins.CloudLogins`: its API keeps the masters' login to the cloud;
    - ``node_labels``, a `node_labels.NodeLabels`: its API changes labels of nodes that run;
    - ``upgrade_rules``, an `upgrades.UpgradeRules`;
    - ``masters_sign``, which is true: masters make the certificates of its API when they are created;
    - ``client_group``: its API reads this group from a client's certificate;
    - ``members``, a `members.Members`: masters join and leave while it serves;
    - ``snapshots``, a `backups.Snapshots`: its control-plane data can be backed up.
    """

    @property
    def name(self) -> str:
        """What a spec's `coe` says."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def api_port(self) -> int:
        """TCP port of the engine's API on the masters, the virtual IP and the load balancer."""

    @property
    def options(self) -> type[Options]:
        """What a spec's `options` may say, with the defaults."""

    @property
    def secrets(self) -> Mapping[str, Secret]:
        """What the identity holds for this engine beside the keys that every bay has: name -> kind."""

    @property
    def fixed_masters(self) -> bool:
        """Whether the number of masters can never be changed."""

    @property
    def impact_terms(self) -> ImpactTerms:
        """Its words for what it feels of a change."""

    @property
    def ownership_rules(self) -> Sequence[OwnershipRule]:
        """How things are known that the engine makes in the cloud by itself; they go with the bay."""

    def check(self, spec: "BaySpec") -> None:
        """Raise ValueError ("field: what is wrong") for a spec that is right for others, but not for this engine."""

    def wants_cloud(self, spec: "BaySpec") -> bool:
        """Whether the masters need a login of their own to the cloud (an application credential)."""

    def ports(self, role: str, spec: "BaySpec") -> tuple[Port, ...]:
        """What may come in at a server of this role; everything else is closed."""

    def boot(self, facts: Facts) -> "Boot":
        """The engine's own part of a server's boot data: holds secrets, readable by root on that server."""

    def client_files(self, client: Client) -> dict[str, str]:
        """File name -> content: what a client needs to use the API; gives full power over the bay.

        ``ca.pem``, ``cert.pem`` and ``key.pem`` among them are what the engine is asked for its health with.
        """

    def turned_to(self, files: Mapping[str, str], address: str) -> dict[str, str]:
        """The client's files, with that one of the `Client`'s addresses as the one in use."""

    def client_environment(self, addresses: Sequence[str], folder: str) -> dict[str, str]:
        """Environment of a client whose files are in `folder`; `addresses` as in `Client`."""

    @property
    def question(self) -> Question:
        """How the engine is asked for its health."""

    @property
    def certificate_power(self) -> str:
        """What its holder may do with a client certificate of the bay's authority, in words that follow "it"."""

    def node_health(self, answer: Any) -> dict[str, str]:
        """Server name -> HEALTHY or UNHEALTHY, from the engine's answer (JSON) to its question."""


BUILT_IN = ("kubernetes", "mesos", "swarm")
"""Packages beside this module; each has a module ``engine`` with its ENGINE."""


class _Engines(Mapping[str, Engine]):
    """Imports an engine's module when it is asked for, and not before."""

    def __getitem__(self, name: str) -> Engine:
        if name in BUILT_IN:
            return cast(Engine, import_module(f"{__name__}.{name}.engine").ENGINE)
        return cast(Engine, _site()[name])

    def __contains__(self, name: object) -> bool:
        return name in BUILT_IN or name in _site()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*BUILT_IN, *_site()}))

    def __len__(self) -> int:
        return len(list(iter(self)))


@cache
def _site() -> dict[str, object]:
    """Engines of packages that a site installs beside bay: entry point ``NAME = MODULE:ENGINE``."""
    return {point.name: point.load() for point in entry_points(group="bay.engines")}


ENGINES: Mapping[str, Engine] = _Engines()
"""Engines by the name that a spec's `coe` says."""
