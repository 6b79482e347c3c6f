"""Ports that are open to the world: by one rule, or by several that let in half of it each."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bay.components.text import join_names

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ANYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
"""What a rule without a CIDR lets in, by version of IP."""
LARGEST_SITE = {4: 8, 6: 32}
"""Prefix of the largest range that one site has: a /8 of the first assignments, a /32 of a registry (RIPE-738)."""


@dataclass(frozen=True)
class OpenedPort:
    """One rule. port: what it opens, in words; rules of the same port have the same. changes: it comes, or another."""

    port: str
    cidr: str
    changes: bool


def find_opened(rules: Mapping[str, OpenedPort]) -> dict[str, str]:
    """Name of each rule that changes and helps to open a port to the world -> port and ranges, in words."""
    opened = {}
    for name, rule in rules.items():
        ranges = [other.cidr for other in rules.values() if other.port == rule.port]
        if rule.changes and is_world(ranges):
            opened[name] = f"{rule.port} from {join_names(sorted(set(ranges), key=_order))}"
    return opened


def is_world(cidrs: Iterable[str]) -> bool:
    """Whether ranges, together, have more public addresses than the largest site."""
    networks: list[Network] = [ipaddress.ip_network(cidr) for cidr in cidrs]
    return any(_is_world([one for one in networks if one.version == version], version) for version in ANYWHERE)


def _is_world(networks: list[Network], version: int) -> bool:
    public = [one for one in ipaddress.collapse_addresses(networks) if not one.is_private]  # type: ignore[type-var]
    bits = 32 if version == 4 else 128
    return sum(one.num_addresses for one in public) > 1 << (bits - LARGEST_SITE[version])


def _order(cidr: str) -> tuple[int, Network]:
    network = ipaddress.ip_network(cidr)
    return network.version, network
