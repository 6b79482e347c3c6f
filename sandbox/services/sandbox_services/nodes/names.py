"""How the things that a sandbox makes in the kernel are called, so that several sandboxes do not meet.

Names of interfaces have 15 characters at most. Those inside a network namespace need no prefix.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

ID = 11  # characters of an OpenStack id: enough to tell them apart, and "t" + 11 fits an interface
BRIDGE = "br0"
"""Of each network's namespace. Not "br": iproute2 takes that for the broadcast address."""
HOST_END = "host"
"""In the namespace of a network that the host is on: the end of its link to the host."""


@dataclass(frozen=True)
class Names:
    """The names of one sandbox."""

    prefix: str
    """Eight characters; begins every name that the whole machine sees."""

    @classmethod
    def of(cls, state: Path) -> "Names":
        """Those of the sandbox in a state folder."""
        return cls("bay" + hashlib.sha256(str(state).encode()).hexdigest()[:5])

    def network(self, identity: str) -> str:
        """Namespace of a network: its bridge and its filter."""
        return f"{self.prefix}-net-{identity[:ID]}"

    def router(self, identity: str) -> str:
        """Namespace of a router."""
        return f"{self.prefix}-rtr-{identity[:ID]}"

    def balancer(self, identity: str) -> str:
        """Namespace of a load balancer."""
        return f"{self.prefix}-lbl-{identity[:ID]}"

    def server(self, identity: str) -> str:
        """Namespace of a server, which outlives its container; also the container's machine name."""
        return f"{self.prefix}-srv-{identity[:ID]}"

    def host_link(self, network: str) -> str:
        """The host's interface on a network."""
        return f"{self.prefix}-{network[:6]}"


def tap(port: str) -> str:
    """A server's port, on its network's bridge."""
    return "t" + port[:ID]


def router_leg(port: str) -> str:
    """A router's port, in the router's namespace."""
    return "q" + port[:ID]


def router_tap(port: str) -> str:
    """A router's port, on its network's bridge."""
    return "r" + port[:ID]


def balancer_tap(port: str) -> str:
    """A load balancer's port, on its network's bridge."""
    return "v" + port[:ID]
