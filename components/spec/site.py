"""Where a bay is and who reaches it: network, access, endpoint, proxies, registries and a site's own files."""

from typing import Annotated, Literal

from pydantic import Field

from bay.components.spec.types import Address, Cidrs, HostName, Ipv4Cidr, Spec, Word, Words

Role = Literal["master", "node"]


class NetworkSpec(Spec):
    """The network the servers are on: one of the bay's own with a router, or an existing one."""

    existing: str | None = Field(
        None, description="Network that exists already, by name or id; empty: the bay creates a network and a router."
    )
    subnet: str | None = Field(
        None,
        description="Subnet of IPv4 of the existing network, by name or id, that every server is in; empty: Neutron "
        "chooses among those there are.",
    )
    external_dhcp: bool = Field(
        False, description="Whether the existing network has a DHCP server that Neutron does not know of."
    )
    cidr: Ipv4Cidr = Field("10.80.0.0/20", description="Address range of the bay's own network.")
    external: str | None = Field(
        None, description="External network of router and floating IPs, by name or id; empty: the only one there is."
    )
    dns: tuple[Address, ...] = Field(
        (), description="DNS servers of the bay's own network; empty: the cloud's default."
    )


class Access(Spec):
    """Who outside the bay may reach it; nobody, unless it is said here."""

    api: Cidrs = Field((), description="CIDRs that reach the engine's API.")
    ssh: Cidrs = Field((), description="CIDRs that reach SSH on every server.")
    published: Cidrs = Field((), description="CIDRs that reach ports which services publish on the nodes.")


class Endpoint(Spec):
    """Where the engine's API answers."""

    kind: Literal["masters", "virtual-ip", "load-balancer"] = Field(
        "masters",
        description="The masters themselves; one address that moves between them (VRRP); a load balancer (Octavia).",
    )
    name: HostName | None = Field(
        None, description="DNS name under which clients reach the API; its record is the user's to create."
    )
    provider: Word | None = Field(None, description="Provider of the load balancer; empty: Octavia's default.")


class Proxy(Spec):
    """HTTP proxies of servers and containers."""

    http: str | None = Field(None, pattern=r"^https?://\S+$", description="Proxy for HTTP, a URL without a login.")
    https: str | None = Field(None, pattern=r"^https?://\S+$", description="Proxy for HTTPS, a URL without a login.")
    exceptions: Words = Field(
        (), description="Hosts, domains and CIDRs that are reached directly; the bay's own addresses always are."
    )


class Registry(Spec):
    """Where container images come from. Registry passwords belong into the engine, not here."""

    mirror: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="Pull-through mirror of the registry that images come from, a URL without a login.",
    )
    ca: str | None = Field(
        None,
        pattern=r"^\s*-----BEGIN CERTIFICATE-----",
        description="Certificates (PEM) of the authorities that the servers trust beside their own.",
    )
    insecure: Words = Field((), description="Registries (HOST[:PORT]) that speak HTTP or show any certificate.")


class IdentitySpec(Spec):
    """Where the bay's certificates are kept for other tools, beside the state."""

    store: Literal["state", "barbican"] = Field(
        "state",
        description="barbican: a client's key and certificate, and the authority's certificate, also as a container "
        "in Barbican.",
    )


class Snippet(Spec):
    """Files and commands of the site's own, on the servers of some roles."""

    roles: tuple[Role, ...] = Field(("master", "node"), min_length=1, description="Roles of the servers that get it.")
    files: dict[Annotated[str, Field(pattern=r"^/\S+$")], str] = Field(
        default_factory=dict, description="Absolute path -> content; mode 0644, owner root."
    )
    commands: tuple[tuple[str, ...], ...] = Field(
        (), description="Commands, each a list of words, run once at the first boot before the engine starts."
    )
