"""What is known of each container orchestration engine: data and pure functions, no pulumi.

An engine says which ports its roles need, what a server is given at boot and what a client needs.
Components ask ``ENGINES[spec.coe]`` and have no branch on an engine's name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Protocol, cast

from bay.components.credentials import Generation


class Source(StrEnum):
    """Who may reach a port: servers of the bay by their role, or the CIDRs that the spec's `access` names."""

    MASTERS = "masters"
    NODES = "nodes"
    BAY = "bay"
    API = "api"
    SSH = "ssh"
    PUBLISHED = "published"


@dataclass(frozen=True)
class Port:
    """One row of an engine's ingress table.

    protocol: as Neutron calls it. first, last: port range; None for a protocol without ports.
    """

    protocol: str
    first: int | None
    last: int | None
    source: Source
    purpose: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What boot data is made of: plain values, the same for every server of a group.

    master_names and master_addresses: in the order of the masters' indices. api_names: floating IPs and
    DNS names at which clients reach the masters. made_at: when the bay's identity was made, RFC 3339.
    """

    bay: str
    bay_id: str
    group: str
    master_names: tuple[str, ...]
    master_addresses: tuple[str, ...]
    api_names: tuple[str, ...]
    made_at: str
    generations: Sequence[Generation]


class Engine(Protocol):
    """Knowledge of one engine. Roles are ``master`` and ``node``."""

    @property
    def name(self) -> str:
        """What a spec's `coe` says."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def api_port(self) -> int:
        """TCP port of the engine's API on the masters."""

    def ports(self, role: str) -> tuple[Port, ...]:
        """What may come in at a server of this role; everything else is closed."""

    def boot(self, role: str, facts: Facts) -> str:
        """Cloud-init user data of a server: holds secrets, readable by root on that server."""

    def client_files(self, generations: Sequence[Generation]) -> dict[str, str]:
        """File name -> content: what a client needs to use the API; gives full power over the bay."""

    def client_environment(self, address: str, folder: str) -> dict[str, str]:
        """Environment of a client whose files are in `folder`; `address` is ``HOST:PORT``."""


class _Engines(Mapping[str, Engine]):
    """Imports an engine's module when it is asked for, and not before."""

    _modules: Mapping[str, str] = {"swarm": "bay.components.engines.swarm"}

    def __getitem__(self, name: str) -> Engine:
        return cast(Engine, import_module(self._modules[name]).ENGINE)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


ENGINES: Mapping[str, Engine] = _Engines()
"""Engines by the name that a spec's `coe` says."""
