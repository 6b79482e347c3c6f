"""A router's address translation, as text for `nft -f`: floating IPs, port forwardings, and the gateway's address."""

from collections.abc import Sequence
from dataclasses import dataclass

BEGIN = "table ip nat\ndelete table ip nat\n"


@dataclass(frozen=True)
class Floating:
    """A floating IP and the fixed one behind it."""

    outside: str
    inside: str


@dataclass(frozen=True)
class Forwarding:
    """A port of a floating IP and the one behind it."""

    outside: str
    protocol: str
    outside_port: int
    inside: str
    inside_port: int


def ruleset(
    leg: str, gateway: str, shared: bool, floating: Sequence[Floating], forwardings: Sequence[Forwarding]
) -> str:
    """``leg`` is the interface to the outside, ``gateway`` the address there; servers without a floating IP leave by
    it if ``shared``."""
    arriving, leaving = [], []
    for one in floating:
        arriving.append(f"ip daddr {one.outside} dnat to {one.inside}")
        leaving.append(f'oifname "{leg}" ip saddr {one.inside} snat to {one.outside}')
    for port in forwardings:
        target = f"{port.inside}:{port.inside_port}"
        arriving.append(f"ip daddr {port.outside} {port.protocol} dport {port.outside_port} dnat to {target}")
    # A server calls a floating IP of its own router: the answer has to come back here.
    leaving.append(f'iifname != "{leg}" oifname != "{leg}" ct status dnat snat to {gateway}')
    if shared:
        leaving.append(f'oifname "{leg}" ip saddr != {gateway} snat to {gateway}')
    return (
        f"{BEGIN}table ip nat {{\nchain arriving {{ type nat hook prerouting priority -100;\n{_lines(arriving)}}}\n"
        f"chain leaving {{ type nat hook postrouting priority 100;\n{_lines(leaving)}}}\n}}\n"
    )


def _lines(rules: Sequence[str]) -> str:
    return "".join(f"  {rule}\n" for rule in rules)
