"""Security groups' rules as matches of nftables."""

from dataclasses import dataclass

NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "ipv6-icmp", "132": "sctp", "icmpv6": "ipv6-icmp"}
"""Neutron takes protocols by number and by several names."""
WITH_PORTS = ("tcp", "udp", "sctp", "dccp", "udplite")
ANY = (None, "any", "0")


@dataclass(frozen=True)
class Rule:
    """One rule. first and last: a range of ports, or ICMP's type and code."""

    inward: bool
    version: int
    """Of IP: 4 or 6."""
    protocol: str | None = None
    first: int | None = None
    last: int | None = None
    prefix: str | None = None
    group: str | None = None
    """Id of the group whose members are meant."""


def match(rule: Rule) -> str:
    """What a packet has to be for the rule to allow it. Reads the same in nftables' families inet and bridge."""
    ip = "ip" if rule.version == 4 else "ip6"
    peer = "saddr" if rule.inward else "daddr"
    parts = [f"meta protocol {ip}"]
    if rule.group:
        parts.append(f"{ip} {peer} @{members(rule.group, rule.version)}")
    elif rule.prefix and not rule.prefix.endswith("/0"):
        parts.append(f"{ip} {peer} {rule.prefix}")
    return " ".join(parts + _protocol(rule))


def members(group: str, version: int) -> str:
    """Name of the set of a group's addresses."""
    return f"members{version}-{group}"


def _protocol(rule: Rule) -> list[str]:
    name = NUMBERS.get(str(rule.protocol), rule.protocol)
    if name in ANY:
        return []
    if name in WITH_PORTS and rule.first is not None:
        return [f"{name} dport {rule.first}-{rule.first if rule.last is None else rule.last}"]
    if name not in ("icmp", "ipv6-icmp"):
        return [f"meta l4proto {name}"]
    kind = "icmp" if rule.version == 4 else "icmpv6"  # Neutron takes "icmp" for both
    parts = [f"meta l4proto {'icmp' if rule.version == 4 else 'ipv6-icmp'}"]
    if rule.first is not None:
        parts.append(f"{kind} type {rule.first}")
        if rule.last is not None:
            parts.append(f"{kind} code {rule.last}")
    return parts
