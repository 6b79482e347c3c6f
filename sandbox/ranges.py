"""The addresses that a sandbox's networks may have: none that this machine needs for something else."""

import ipaddress
import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bay.sandbox import seeds
from bay.sandbox.errors import SandboxError

WIDE = 8  # a route to more than such a prefix is a default route in all but name, and loses to a narrower one


def free_block(used: Mapping[str, str]) -> int:
    """The first block of ranges of which nothing is used: ``used`` is what uses an address or range, by that."""
    for block in range(seeds.BLOCKS):
        if not overlaps(seeds.ranges(block), used):
            return block
    raise SandboxError(
        f"no part of {seeds.RANGE} is free for the networks of another sandbox", "stop sandboxes that boot servers"
    )


def check(block: int, used: Mapping[str, str]) -> None:
    """Raise SandboxError where the networks of a sandbox that exists would shadow something."""
    found = overlaps(seeds.ranges(block), used)
    if found:
        raise SandboxError(
            f"{', '.join(seeds.ranges(block))}, the ranges of the sandbox's networks, are used by {found[0]}",
            "`bay sandbox reset` deletes this sandbox; the next start takes free ranges",
        )


def overlaps(cidrs: Iterable[str], used: Mapping[str, str]) -> list[str]:
    """What uses an address of the ranges."""
    mine = [ipaddress.ip_network(one) for one in cidrs]
    return [what for cidr, what in used.items() if any(_overlap(one, cidr) for one in mine)]


def in_use(prefix: str) -> dict[str, str]:
    """Ranges of this machine's routes, its addresses and name servers, with words for each; what the sandbox of this
    prefix has itself left out."""
    used: dict[str, str] = {}
    for route in _ip("route", "show", "table", "all"):
        if route["dst"] != "default" and not route.get("dev", "").startswith(prefix):
            used[route["dst"]] = f"the route to {route['dst']} by {route.get('dev', 'none')}"
    for link in _ip("address"):
        for row in link["addr_info"]:
            if not link["ifname"].startswith(prefix):
                used[row["local"]] = f"the address {row['local']} of {link['ifname']}"
    for server in name_servers(Path("/etc/resolv.conf")):
        used[server] = f"the name server {server}"
    return used


def name_servers(resolver: Path) -> list[str]:
    """Addresses in a resolv.conf."""
    if not resolver.exists():
        return []
    lines = [line.split() for line in resolver.read_text(errors="replace").splitlines()]
    return [words[1].partition("%")[0] for words in lines if len(words) > 1 and words[0] == "nameserver"]


def _overlap(one: ipaddress.IPv4Network | ipaddress.IPv6Network, cidr: str) -> bool:
    other = ipaddress.ip_network(cidr, strict=False)
    return one.version == other.version and other.prefixlen >= WIDE and one.overlaps(other)


def _ip(*arguments: str) -> list[dict[str, Any]]:
    output = subprocess.run(["ip", "-4", "-json", *arguments], capture_output=True, text=True, check=True).stdout
    rows: list[dict[str, Any]] = json.loads(output or "[]")
    return rows
