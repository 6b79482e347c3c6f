"""What a user writes: the specification of a bay, and the only home of its defaults.

Each top-level field is a stack configuration key of project ``bay``
(``bay:model``, ``bay:nodes``, ...), a line of a spec file and a path of ``--set``.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bay.components.engines import ENGINES
from bay.components.errors import BayError, nearest

NAME_LIMIT = 40
"""Longest bay name, characters: with ``-<group>-<index>`` it must fit a host name label (63, RFC 1123)."""

RESERVED = 5
"""Addresses of a subnet that no server gets: network, broadcast, router and two DHCP ports."""


class Spec(BaseModel):
    """Base of all parts: immutable, and a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _cidr(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise ValueError(f"is no CIDR: {error}") from None


def _ipv4_cidr(text: str) -> str:
    try:
        return str(ipaddress.IPv4Network(text))
    except ValueError as error:
        raise ValueError(f"is no CIDR of IPv4: {error}") from None


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise ValueError(str(error)) from None


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    """Each value once: Neutron refuses the second of two equal rules."""
    return tuple(dict.fromkeys(values))


Cidrs = Annotated[tuple[Annotated[str, AfterValidator(_cidr)], ...], AfterValidator(_once)]


def _known_engine(name: str) -> str:
    if name not in ENGINES:
        raise ValueError(f"there is no engine {name!r}; {nearest(name, list(ENGINES))}")
    return name


def count_alone(value: object) -> object:
    """``nodes: 5`` says the same as ``nodes: {count: 5}``."""
    return {"count": value} if isinstance(value, int) and not isinstance(value, bool) else value


class NodeGroup(Spec):
    """Identical servers: the same flavor, image and boot data."""

    count: int = Field(1, ge=0, le=5000, description="Number of servers.")
    flavor: str = Field("m1.small", min_length=1, description="Nova flavor, by name or id, for example m1.small.")
    removed: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        (), description="Indices of nodes that were removed by name; they are not used again."
    )

    @property
    def indices(self) -> list[int]:
        """Indices of the servers there are: the lowest `count` that were never removed."""
        gone = set(self.removed)
        return [i for i in range(self.count + len(gone)) if i not in gone][: self.count]

    def without(self, index: int) -> "NodeGroup":
        """The group after removing one node; every other node keeps its index."""
        removed = tuple(sorted({*self.removed, index}))
        return self.model_copy(update={"count": self.count - 1, "removed": removed})


class Masters(NodeGroup):
    """The servers that run the engine's control plane."""

    count: int = Field(1, ge=1, le=7, description="Number of masters; odd, so that a majority is defined.")

    @model_validator(mode="after")
    def _odd(self) -> "Masters":
        if self.count % 2 == 0:
            raise ValueError(f"count is {self.count}, but must be odd (1, 3, 5 or 7) so that a majority is defined")
        return self


class Nodes(NodeGroup):
    """The servers that run the users' containers."""

    count: int = Field(2, ge=0, le=5000, description="Number of servers.")


class NetworkSpec(Spec):
    """The network the servers are on: one of the bay's own with a router, or an existing one."""

    existing: str | None = Field(
        None, description="Network that exists already, by name or id; empty: the bay makes a network and router."
    )
    cidr: Annotated[str, AfterValidator(_ipv4_cidr)] = Field(
        "10.80.0.0/20", description="Address range of the bay's own network."
    )
    external: str | None = Field(
        None, description="External network of the bay's router, by name or id; empty: the only one there is."
    )
    dns: tuple[Annotated[str, AfterValidator(_address)], ...] = Field(
        (), description="DNS servers of the bay's own network; empty: the cloud's default."
    )


class Access(Spec):
    """Who outside the bay may reach it; nobody, unless it is said here."""

    api: Cidrs = Field((), description="CIDRs that reach the engine's API on the masters.")
    ssh: Cidrs = Field((), description="CIDRs that reach SSH on every server.")
    published: Cidrs = Field((), description="CIDRs that reach ports which services publish on the nodes.")


class BaySpec(Spec):
    """A whole bay, as its user asks for it."""

    model: str = Field(min_length=1, description="Model the bay was made from, see `bay model list`.")
    coe: Annotated[str, AfterValidator(_known_engine)] = Field(description="Container orchestration engine.")
    image: str = Field(min_length=1, description="Glance image of the servers, by name or id.")
    keypair: str | None = Field(None, description="Nova keypair for SSH to the servers; empty: no SSH login.")
    masters: Annotated[Masters, BeforeValidator(count_alone)] = Field(
        Masters(), description="The servers that run the engine's control plane."
    )
    nodes: Annotated[Nodes, BeforeValidator(count_alone)] = Field(
        Nodes(), description="The servers that run the users' containers."
    )
    network: NetworkSpec = Field(NetworkSpec(), description="The network the servers are on.")
    access: Access = Field(Access(), description="Who outside the bay may reach it.")
    floating_ips: Literal["auto", "none", "api"] = Field(
        "auto",
        description="Floating IPs: one for each master (api), none, or auto: api on an own network, else none.",
    )

    @model_validator(mode="after")
    def _room(self) -> "BaySpec":
        servers = self.masters.count + self.nodes.count
        room = ipaddress.ip_network(self.network.cidr).num_addresses - RESERVED
        if self.network.existing is None and servers > room:
            raise ValueError(f"network.cidr: {self.network.cidr} has room for {room} servers, not for {servers}")
        return self

    @property
    def groups(self) -> dict[str, NodeGroup]:
        """Every group of servers by its name, masters first."""
        return {"master": self.masters, "node": self.nodes}

    @property
    def master_floating_ips(self) -> bool:
        """Whether each master has a floating IP."""
        own_network = self.network.existing is None
        return self.floating_ips == "api" or (self.floating_ips == "auto" and own_network)

    def with_group(self, group: str, changed: NodeGroup) -> "BaySpec":
        """The spec with one group exchanged, checked again."""
        field = {"master": "masters", "node": "nodes"}[group]
        return parse({**self.model_dump(), field: changed.model_dump()})


def check_name(name: str) -> None:
    """A bay's name is part of host names: RFC 1123 label, lower case, starting with a letter."""
    hint = "use lower-case letters, digits and '-', starting with a letter, for example physics-1"
    if len(name) > NAME_LIMIT:
        raise BayError(f"bay name {name!r} has {len(name)} characters; the limit is {NAME_LIMIT}", hint, 2)
    if not re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", name):
        raise BayError(f"bay name {name!r} cannot be part of a host name", hint, 2)


def parse(values: Mapping[str, Any]) -> BaySpec:
    """Check plain values; raise BayError naming the field and what to do."""
    from pydantic import ValidationError

    from bay.components.spec_errors import first_error

    try:
        return BaySpec.model_validate(dict(values))
    except ValidationError as error:
        message, hint = first_error(error, BaySpec)
        raise BayError(message, hint, 2) from None
