"""What a load balancer of Octavia is for HAProxy: its configuration, as text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BEGIN = """\
defaults
  timeout connect 5s
  timeout client 50s
  timeout server 50s
  default-server on-marked-down shutdown-sessions
"""
"""Octavia's own defaults for its time-outs."""
BALANCE = {"ROUND_ROBIN": "roundrobin", "LEAST_CONNECTIONS": "leastconn", "SOURCE_IP": "source"}
PASSED_ON = ("TCP", "HTTPS", "HTTP", "PROXY")
"""Protocols of listeners that are served: TERMINATED_HTTPS would need keys, and HAProxy does no UDP."""
ENCRYPTED = ("HTTPS", "TLS-HELLO")


@dataclass(frozen=True)
class Member:
    """A server of a pool."""

    id: str
    address: str
    port: int
    weight: int = 1
    backup: bool = False


@dataclass(frozen=True)
class Monitor:
    """How a pool sees whether its members live; times in seconds."""

    kind: str
    delay: int
    timeout: int
    rise: int
    fall: int
    method: str | None = None
    path: str | None = None
    codes: str | None = None
    """Of HTTP, as Octavia has them: 200, or 200,202, or 200-204."""


@dataclass(frozen=True)
class Listener:
    """A port that is served, and its default pool. cidrs: who may use it; everybody where there is none."""

    id: str
    protocol: str
    port: int
    cidrs: tuple[str, ...] = ()
    algorithm: str = "ROUND_ROBIN"
    members: tuple[Member, ...] = ()
    monitor: Monitor | None = None


def configuration(address: str, listeners: Sequence[Listener]) -> str:
    """The text; ``address`` is the virtual IP."""
    served = [listener for listener in listeners if listener.protocol in PASSED_ON]
    return "\n".join([BEGIN, *(_section(address, listener) for listener in served)])


def _section(address: str, listener: Listener) -> str:
    lines = [f"listen {listener.id}", f"bind {address}:{listener.port}"]
    lines.append(f"mode {'http' if listener.protocol == 'HTTP' else 'tcp'}")
    if listener.cidrs:
        verb = "http-request deny" if listener.protocol == "HTTP" else "tcp-request connection reject"
        lines.append(f"{verb} unless {{ src {' '.join(listener.cidrs)} }}")
    lines.append(f"balance {BALANCE.get(listener.algorithm, 'roundrobin')}")
    check = ""
    if listener.monitor:
        lines += _http_check(listener.monitor)
        check = _check(listener.monitor)
    lines += [_server(member, check, listener.protocol == "PROXY") for member in listener.members]
    return "\n  ".join(lines) + "\n"


def _server(member: Member, check: str, proxied: bool) -> str:
    options = f"weight {member.weight}{check}{' backup' if member.backup else ''}{' send-proxy' if proxied else ''}"
    return f"server {member.id} {member.address}:{member.port} {options}"


def _check(monitor: Monitor) -> str:
    """Not longer than the time-out is waited for an answer, which HAProxy takes from the section."""
    encrypted = " check-ssl verify none" if monitor.kind in ENCRYPTED else ""
    return f" check inter {monitor.delay}s fall {monitor.fall} rise {monitor.rise}{encrypted}"


def _http_check(monitor: Monitor) -> Iterable[str]:
    yield f"timeout check {monitor.timeout}s"
    if monitor.kind in ("HTTP", "HTTPS"):
        yield f"option httpchk {monitor.method or 'GET'} {monitor.path or '/'}"
        yield f"http-check expect rstatus ^({'|'.join(_codes(monitor.codes or '200'))})$"


def _codes(text: str) -> Iterable[str]:
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        yield from (str(code) for code in range(int(first), int(last or first) + 1))
