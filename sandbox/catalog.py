"""The services of the sandbox: what Keystone's catalog says of each, and its place in the block of ports."""

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

NETWORK_AGENT = "network"
"""The process that makes Neutron's networks real where servers boot; it is in no catalog and listens nowhere."""

NAMES = tuple(service.name for service in SERVICES)


def ports(first_port: int) -> dict[str, int]:
    """The port of each service of a sandbox whose block begins at ``first_port``."""
    return {service.name: first_port + place for place, service in enumerate(SERVICES)}
