"""The Bay for programs in other languages: its inputs as Pulumi's schema has them, and the plugin that serves it.

Pulumi infers the schema from the types here: names and ids may be outputs of other resources, the rest is plain.
"""

from collections.abc import Mapping
from typing import Any, Required, TypedDict

from pulumi import Input, Output, ResourceOptions
from pulumi.provider.experimental import component_provider_host

from bay.components import bay
from bay.components.distribution import installed_version
from bay.components.spec.merge import merge

NAME = "bay"


class NetworkArgs(TypedDict, total=False):
    """The network that the servers are on: one of the bay's own, or one that exists."""

    existing: Input[str]
    """Network that exists already, by name or id; none: the bay creates a network and a router."""
    subnet: Input[str]
    """Subnet of the existing network, by name or id."""
    external: Input[str]
    """External network of router and floating IPs, by name or id."""
    cidr: str
    """Address range of the bay's own network."""


class AccessArgs(TypedDict, total=False):
    """Who outside the bay may reach it; nobody, unless it is said here."""

    api: list[str]
    """CIDRs that reach the engine's API."""
    ssh: list[str]
    """CIDRs that reach SSH on every server."""
    published: list[str]
    """CIDRs that reach ports which services publish on the nodes."""


class BayArgs(TypedDict, total=False):
    """What is asked for most; `spec` takes every field that there is."""

    model: Required[str]
    """Model to start from; `bay model list` shows them."""
    nodes: int
    """Number of nodes."""
    masters: int
    """Number of masters (odd)."""
    image: Input[str]
    """Glance image of the servers, by name or id."""
    keypair: Input[str]
    """Nova keypair for SSH to the servers."""
    network: NetworkArgs
    """The network that the servers are on."""
    access: AccessArgs
    """Who outside the bay may reach it."""
    spec: dict[str, Any]
    """Any other field of the spec, with the names of docs/spec.md."""


class Bay(bay.Bay):
    """A container cluster on OpenStack."""

    bay_id: Output[str]
    """The mark of everything that the bay owns (`bay:id`)."""
    api_address: Output[str]
    """HOST:PORT where the engine's API answers."""
    api_addresses: Output[list[str]]
    """Every such address, the best one first."""
    client_files: Output[dict[str, str]]
    """Files that a client needs, by their names; secret."""

    def __init__(self, name: str, args: BayArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, opts=opts, **fields_of(args))


def fields_of(args: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a spec: what is named above, over what `spec` has."""
    named = {key: value for key, value in args.items() if key != "spec" and value is not None}
    fields: dict[str, Any] = _whole(merge(args.get("spec") or {}, named))
    return fields


def _whole(value: Any) -> Any:
    """Pulumi hands over every number as a float."""
    if isinstance(value, Mapping):
        return {key: _whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def main() -> None:
    """Serve the component to Pulumi, which starts this with its address."""
    component_provider_host([Bay], NAME, version=installed_version())
