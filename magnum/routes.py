"""Whether a conductor has a route of its own to an address (Linux): its default route leads to strangers, and a private
address may be somebody's there."""

import ipaddress
from collections.abc import Iterator, Sequence
from pathlib import Path

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

IPV4, IPV6 = Path("/proc/net/route"), Path("/proc/net/ipv6_route")
UP, REJECT = 0x1, 0x200  # route(8): RTF_UP, RTF_REJECT


def is_reachable(host: str, networks: Sequence[str], tables: tuple[Path, Path] = (IPV4, IPV6)) -> bool:
    """Whether an address may be asked: it is the world's, or of one of these networks, or a route leads to it.

    host: a name is looked up by whoever asks, and may be. networks: CIDRs that the site vouches for.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return True
    known = [*(ipaddress.ip_network(network) for network in networks), *_ipv4(tables[0]), *_ipv6(tables[1])]
    return address.is_global or address.is_loopback or any(address in network for network in known)


def _ipv4(table: Path) -> Iterator[Network]:
    """Networks of routes that are up, without the default one."""
    for fields in _rows(table, 8):
        if fields[0] != "Iface" and int(fields[3], 16) & UP and not int(fields[3], 16) & REJECT and int(fields[7], 16):
            address, mask = (ipaddress.IPv4Address(bytes.fromhex(fields[index])[::-1]) for index in (1, 7))
            yield ipaddress.ip_network(f"{address}/{mask}")


def _ipv6(table: Path) -> Iterator[Network]:
    for fields in _rows(table, 10):
        flags, length = int(fields[8], 16), int(fields[1], 16)
        if flags & UP and not flags & REJECT and length:
            yield ipaddress.ip_network((bytes.fromhex(fields[0]), length))


def _rows(table: Path, columns: int) -> Iterator[list[str]]:
    """Of a table that is there: a machine without IPv6 has none of it."""
    if table.exists():
        for line in table.read_text(encoding="ascii").splitlines():
            if len(fields := line.split()) >= columns:
                yield fields
