"""What a user writes: the specification of a bay, and the only home of its defaults.

Each top-level field is a stack configuration key of project ``bay``
(``bay:model``, ``bay:nodes``, ...), a line of a spec file and a path of ``--set``.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from bay.components.engines import ENGINES
from bay.components.errors import InvalidInput, nearest
from bay.components.spec.groups import Masters, NodeGroup, Nodes, count_alone
from bay.components.spec.site import Access, Endpoint, IdentitySpec, NetworkSpec, Proxy, Registry, Role, Snippet
from bay.components.spec.types import Spec, Words

NAME_LIMIT = 40
"""Longest bay name, characters: with ``-<group>-<index>`` it must fit a host name label (63, RFC 1123)."""

RESERVED = 5
"""Addresses of a subnet that no server gets: network, broadcast, router and two DHCP ports."""

GROUP_NAME = r"^[a-z][a-z0-9]{0,14}$"
GroupName = Annotated[str, Field(pattern=GROUP_NAME)]
OF_EVERY_BAY = {"master": "masters", "node": "nodes"}
"""Groups that every bay has -> the field of the spec that holds each."""


def _known_engine(name: str) -> str:
    if name not in ENGINES:
        raise ValueError(f"there is no engine {name!r}; {nearest(name, list(ENGINES))}")
    return name


class BaySpec(Spec):
    """A whole bay, as its user asks for it."""

    model: str = Field(min_length=1, description="Model the bay was created from, see `bay model list`.")
    coe: Annotated[str, AfterValidator(_known_engine)] = Field(description="Container orchestration engine.")
    image: str = Field(min_length=1, description="Glance image of the servers, by name or id.")
    os_distro: str | None = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9._-]*$",
        description="System that the images hold, where they do not say so (property os_distro), for example debian.",
    )
    keypair: str | None = Field(None, description="Nova keypair for SSH to the servers; empty: no SSH login.")
    masters: Annotated[Masters, BeforeValidator(count_alone)] = Field(
        Masters(), description="The servers that run the engine's control plane."
    )
    nodes: Annotated[Nodes, BeforeValidator(count_alone)] = Field(
        Nodes(), description="The servers that run the users' containers."
    )
    node_groups: dict[GroupName, Annotated[Nodes, BeforeValidator(count_alone)]] = Field(
        default_factory=dict, description="More groups of nodes, by name, each with its own flavor, image, zone, ..."
    )
    network: NetworkSpec = Field(NetworkSpec(), description="The network the servers are on.")
    access: Access = Field(Access(), description="Who outside the bay may reach it.")
    endpoint: Endpoint = Field(Endpoint(), description="Where the engine's API answers.")
    floating_ips: Literal["auto", "none", "api", "all"] = Field(
        "auto",
        description="Floating IPs: for the endpoint (api), for the endpoint and every server (all), none, "
        "or auto: api on an own network, else none.",
    )
    affinity: Literal["soft-anti-affinity", "anti-affinity", "none"] = Field(
        "soft-anti-affinity", description="Policy of each group's Nova server group: how its servers are spread."
    )
    proxy: Proxy = Field(Proxy(), description="HTTP proxies of servers and containers.")
    registry: Registry = Field(Registry(), description="Where container images come from.")
    addons: Words = Field((), description="Add-ons by name, see `bay model list --addons`.")
    snippets: dict[str, Snippet] = Field(
        default_factory=dict, description="Files and commands of the site's own, by a name of its choice."
    )
    identity: IdentitySpec = Field(IdentitySpec(), description="Where the bay's certificates are kept.")
    protected: bool = Field(False, description="Whether `bay delete` is refused until this is false again.")
    tags: Words = Field((), description="Tags of everything of the bay that the cloud can tag.")
    options: dict[str, Any] = Field(
        default_factory=dict, description="Options of the engine: versions, its network and volume driver, ..."
    )

    @model_validator(mode="after")
    def _room(self) -> Self:
        servers = sum(group.count for group in self.groups.values())
        room = ipaddress.ip_network(self.network.cidr).num_addresses - RESERVED
        if self.network.existing is None and servers > room:
            raise ValueError(f"network.cidr: {self.network.cidr} has room for {room} servers, not for {servers}")
        return self

    @model_validator(mode="after")
    def _one_subnet(self) -> Self:
        if self.network.subnet is not None and self.network.existing is None:
            raise ValueError("network.subnet: names a subnet of network.existing, which is not set")
        return self

    @model_validator(mode="after")
    def _other_names(self) -> Self:
        taken = sorted({"master", "node"} & set(self.node_groups))
        if taken:
            raise ValueError(f"node_groups: {taken[0]!r} is the name of a group that every bay has")
        return self

    @model_validator(mode="after")
    def _for_the_engine(self) -> Self:
        """The engine's own checks; its options are written out, so that a new default changes no bay that exists."""
        from bay.components.spec.errors import HINT, first_error

        engine = ENGINES[self.coe]
        try:
            options = engine.options.model_validate(self.options)
        except ValidationError as error:
            message, hint = first_error(error, engine.options)
            raise ValueError(f"options.{message}" + ("" if hint == HINT else f"; {hint}")) from None
        self.options.update(options.model_dump(mode="json"))
        engine.check(self)
        return self

    @property
    def groups(self) -> dict[str, NodeGroup]:
        """Every group of servers by its name, masters first."""
        return {"master": self.masters, "node": self.nodes, **self.node_groups}

    @property
    def own_network(self) -> bool:
        """Whether the bay makes its network and router."""
        return self.network.existing is None

    @property
    def endpoint_floating_ip(self) -> bool:
        """Whether the endpoint (each master, where the masters are the endpoint) has a floating IP."""
        return self.floating_ips in ("api", "all") or (self.floating_ips == "auto" and self.own_network)

    @property
    def server_floating_ips(self) -> bool:
        """Whether every server has a floating IP."""
        return self.floating_ips == "all"

    def has_floating_ip(self, role: Role) -> bool:
        """Whether each server of the role has a floating IP."""
        is_endpoint = role == "master" and self.endpoint.kind == "masters"
        return self.server_floating_ips or (is_endpoint and self.endpoint_floating_ip)

    def server_names(self, bay: str) -> set[str]:
        """Names of all servers of a bay of this spec."""
        return {f"{bay}-{name}-{index}" for name, group in self.groups.items() for index in group.indices}

    def with_group(self, group: str, changed: NodeGroup) -> "BaySpec":
        """The spec with one group exchanged, checked again."""
        values = self.model_dump()
        if group in self.node_groups:
            values["node_groups"][group] = changed.model_dump()
        else:
            values[OF_EVERY_BAY[group]] = changed.model_dump()
        return parse(values)


def path_of(group: str) -> str:
    """The field of a spec that holds a group: ``masters``, ``nodes`` or ``node_groups.NAME``."""
    return OF_EVERY_BAY.get(group, f"node_groups.{group}")


def role_of(group: str) -> Role:
    """A group of masters has the role of its name; every other group holds nodes."""
    return "master" if group == "master" else "node"


def check_name(name: str) -> None:
    """A bay's name is part of host names: RFC 1123 label, lower case, starting with a letter."""
    hint = "use lower-case letters, digits and '-', starting with a letter, for example physics-1"
    if len(name) > NAME_LIMIT:
        raise InvalidInput(f"bay name {name!r} has {len(name)} characters; the limit is {NAME_LIMIT}", hint)
    if not re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", name):
        raise InvalidInput(f"bay name {name!r} cannot be part of a host name", hint)


def parse(values: Mapping[str, Any]) -> BaySpec:
    """Check plain values; raise BayError naming the field and what to do."""
    from bay.components.spec.errors import first_error

    try:
        return BaySpec.model_validate(dict(values))
    except ValidationError as error:
        message, hint = first_error(error, BaySpec)
        raise InvalidInput(message, hint) from None
