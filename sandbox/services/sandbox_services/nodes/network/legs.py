"""Interfaces of routers and load balancers."""

from dataclasses import dataclass

MTU = 1500


@dataclass(frozen=True)
class Leg:
    """An interface; ``tap`` is its other end, on the bridge in the namespace ``network``."""

    name: str
    tap: str
    mac: str
    mtu: int
    network: str
    addresses: tuple[str, ...]
    """With prefix length."""
