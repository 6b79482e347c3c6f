"""The services of the sandbox: what Keystone's catalog says of each, and its place in the block of ports."""

from collections.abc import Collection
from dataclasses import dataclass

HOST = "127.0.0.1"
REGION = "RegionOne"
DEFAULT_FIRST_PORT = 25000
"""Below Linux's ephemeral range (32768-60999): an outgoing connection of any program may hold a port in there."""


@dataclass(frozen=True)
class Service:
    """One OpenStack project: a process, a port, an entry of the catalog."""

    name: str
    type: str
    path: str
    """What follows host and port in the catalog's URL."""


SERVICES = (
    Service("keystone", "identity", "/v3"),
    Service("placement", "placement", ""),
    Service("glance", "image", ""),
    Service("nova", "compute", "/v2.1"),
    Service("neutron", "network", ""),
    Service("cinder", "volumev3", "/v3/%(project_id)s"),
    Service("octavia", "load-balancer", ""),
    Service("barbican", "key-manager", ""),
)
"""Order counts: the n-th service listens on the n-th port of the block."""

MAGNUM = Service("magnum", "container-infra", "/v1")
"""Only where it is asked for; it listens on the port behind the others' and has an environment of its own."""

EXTRAS = {MAGNUM.name: MAGNUM}
"""Services that a sandbox may have beside those that each one has, by name."""

NETWORK_AGENT = "network"
"""The process that makes Neutron's networks real where servers boot; it is in no catalog and listens nowhere."""

NAMES = tuple(service.name for service in SERVICES)


def ports(first_port: int, extras: Collection[str] = ()) -> dict[str, int]:
    """The port of each service of a sandbox whose block begins at ``first_port``."""
    found = {service.name: first_port + place for place, service in enumerate((*SERVICES, *EXTRAS.values()))}
    return {name: port for name, port in found.items() if name in NAMES or name in extras}
