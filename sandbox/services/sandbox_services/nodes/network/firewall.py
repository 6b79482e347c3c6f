"""The filter of one network, as text for `nft -f`: security groups, and no packet from an address that is not its own.

Two tables. `bridge` sees frames as they enter the bridge, by interface: there forged senders are dropped, and frames to
many, whose receivers only the bridge knows, are filtered. `inet` sees the other IP packets, because br_netfilter shows
them to it, with connection tracking; it tells ports by their MAC addresses. The kernel may lack nf_conntrack_bridge,
which would do it in one. Only answers pass because of the connection that they belong to; who opened it has each packet
judged, so that a rule that goes takes its connections with it.

A rule for packets that leave a port sends them on to the receiver's rules (`goto inward`) instead of accepting them.
"""

import ipaddress
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..names import tap
from .rules import Rule, match, members

BEGIN = """\
table bridge filter
delete table bridge filter
table inet filter
delete table inet filter
"""
"""Naming a table makes it, so that it can be deleted; all of one file is one transaction."""

FORGED = """\
chain entering { type filter hook prerouting priority -310; policy accept;
  iifname "t*" jump sender
}
chain sender {
  iifname @open accept
  iifname . ether saddr != @macs drop
  ether type arp arp saddr ip 0.0.0.0 accept
  ether type arp iifname . arp saddr ip @addresses4 accept
  ether type ip iifname . ip saddr @addresses4 accept
  ether type ip6 ip6 saddr { ::, fe80::/64 } accept
  ether type ip6 iifname . ip6 saddr @addresses6 accept
  drop
}
"""

TO_MANY = "ether daddr & 01:00:00:00:00:00 == 01:00:00:00:00:00"
NEIGHBOURS = "  meta l4proto ipv6-icmp icmpv6 type { 130-137, 143 } accept\n"
"""IPv6 does not work without; the agents of Neutron always let it through."""


@dataclass(frozen=True)
class Port:
    """A server's port as its network filters it."""

    id: str
    mac: str
    addresses: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = ()
    """Allowed address pairs: MAC address, IP address or prefix."""
    groups: tuple[str, ...] = ()
    guarded: bool = True
    """False where port security is off: nothing is filtered."""


def ruleset(
    ports: Sequence[Port], rules: Mapping[str, Sequence[Rule]], addresses: Mapping[str, Collection[str]]
) -> str:
    """The whole filter of a network. ``rules`` and ``addresses`` (of its members) go by security group."""
    guarded = [port for port in ports if port.guarded]
    groups = sorted({group for port in guarded for group in port.groups})
    sets = _member_sets(groups, rules, addresses)
    inward = [_group_chain("in", group, rules.get(group, ()), "accept") for group in groups]
    outward = [_group_chain("out", group, rules.get(group, ()), "goto inward") for group in groups]
    many = [_port_chain("in", port) for port in guarded]
    bridge = [_sender_sets(ports), FORGED, *sets, *inward, *many, _to_many(guarded)]
    routed = [*sets, *inward, *many, _inward(guarded), *outward]
    routed += [*(_port_chain("out", port) for port in guarded), _forward(guarded)]
    return f"{BEGIN}table bridge filter {{\n{''.join(bridge)}}}\ntable inet filter {{\n{''.join(routed)}}}\n"


def _sender_sets(ports: Iterable[Port]) -> str:
    macs, addresses = [], {4: list[str](), 6: list[str]()}
    for port in ports:
        if port.guarded:
            macs += [f'"{tap(port.id)}" . {mac}' for mac in {port.mac, *(mac for mac, _ in port.pairs)}]
            for version in (4, 6):
                own = _merged((*port.addresses, *(ip for _, ip in port.pairs)), version)
                addresses[version] += [f'"{tap(port.id)}" . {ip}' for ip in own]
    return (
        _set("open", "ifname", "", (f'"{tap(port.id)}"' for port in ports if not port.guarded))
        + _set("macs", "ifname . ether_addr", "", macs)
        + _set("addresses4", "ifname . ipv4_addr", "flags interval; ", addresses[4])
        + _set("addresses6", "ifname . ipv6_addr", "flags interval; ", addresses[6])
    )


def _member_sets(
    groups: Iterable[str], rules: Mapping[str, Sequence[Rule]], addresses: Mapping[str, Collection[str]]
) -> list[str]:
    remote = {rule.group for group in groups for rule in rules.get(group, ()) if rule.group}
    return [
        _set(members(group, v), f"ipv{v}_addr", "flags interval; ", _merged(addresses.get(group, ()), v))
        for group in sorted(remote)
        for v in (4, 6)
    ]


def _set(name: str, kind: str, flags: str, elements: Iterable[str]) -> str:
    listed = ", ".join(sorted(elements))
    return f"set {name} {{ type {kind}; {flags}{f'elements = {{ {listed} }};' if listed else ''} }}\n"


def _group_chain(way: str, group: str, rules: Sequence[Rule], verdict: str) -> str:
    lines = [f"  {match(rule)} {verdict}\n" for rule in rules if rule.inward == (way == "in")]
    return f"chain {way}-{group} {{\n{''.join(lines)}}}\n"


def _port_chain(way: str, port: Port) -> str:
    jumps = "".join(f"  jump {way}-{group}\n" for group in port.groups)
    return f"chain {way}-{port.id} {{\n{NEIGHBOURS}{jumps}  drop\n}}\n"


def _to_many(guarded: Sequence[Port]) -> str:
    ways = _ways("oifname", {f'"{tap(port.id)}"': f"in-{port.id}" for port in guarded})
    return (
        f"chain receivers {{\n{ways}}}\n"
        "chain to_many { type filter hook forward priority -310; policy accept;\n"
        f"  {TO_MANY} meta protocol {{ ip, ip6 }} jump receivers\n}}\n"
    )


def _inward(guarded: Sequence[Port]) -> str:
    ways = _ways("ether daddr", {port.mac: f"in-{port.id}" for port in guarded})
    return f"chain inward {{\n  {TO_MANY} accept\n{ways}  accept\n}}\n"


def _forward(guarded: Sequence[Port]) -> str:
    return (
        "chain passing { type filter hook forward priority 0; policy accept;\n"
        "  ct state related accept\n  ct state established ct direction reply accept\n  ct state invalid drop\n"
        f"{_ways('ether saddr', {port.mac: f'out-{port.id}' for port in guarded})}  goto inward\n}}\n"
    )


def _ways(field: str, chains: Mapping[str, str]) -> str:
    if not chains:
        return ""
    return f"  {field} vmap {{ {', '.join(f'{key} : goto {chain}' for key, chain in chains.items())} }}\n"


def _merged(addresses: Iterable[str], version: int) -> list[str]:
    """Those of one version of IP, none within another: nftables refuses overlaps."""
    networks = [ipaddress.ip_network(address, strict=False) for address in addresses]
    merged = ipaddress.collapse_addresses(network for network in networks if network.version == version)  # type: ignore[type-var]
    return [str(one.network_address) if one.num_addresses == 1 else str(one) for one in merged]
