"""Which bays the matrix tries: engine, masters, network, endpoint and disks, pairwise over what is valid."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from itertools import combinations, product
from typing import Any

from bay.components.spec.merge import build_spec, models

ROUTED = "matrix"
"""Name of the network with a router that the test makes in the user's project."""
SHARED = "provider"
"""The sandbox's flat network: another project owns it, and no router of the user's is on it."""

MASTERS = ("1", "3")
NETWORKS: Mapping[str, dict[str, Any]] = {
    "own": {},
    "existing": {"network": {"existing": ROUTED}},
    "flat": {"network": {"existing": SHARED}},
}
ENDPOINTS: Mapping[str, dict[str, Any]] = {
    "load balancer": {"endpoint": {"kind": "load-balancer"}},
    "virtual IP": {"endpoint": {"kind": "virtual-ip"}},
    "floating IP": {"endpoint": {"kind": "masters"}, "floating_ips": "api"},
    "masters": {"endpoint": {"kind": "masters"}, "floating_ips": "none"},
}
DISKS: Mapping[str, dict[str, Any]] = {
    "no volumes": {},
    "engine volumes": {"masters": {"engine_volume": 10, "state_volume": 5}, "nodes": {"engine_volume": 10}},
    "boot from volume": {"masters": {"boot_volume": 20}, "nodes": {"boot_volume": 20}},
}
"""What a spec says for each value of an axis. Where `floating_ips` is not said, it is by the network."""


@dataclass(frozen=True, order=True)
class Combination:
    """One cell of the matrix, in the words of the axes."""

    engine: str
    masters: str
    network: str
    endpoint: str
    disks: str

    def __str__(self) -> str:
        return ", ".join(
            (
                self.engine,
                f"{self.masters} master{'s' * (self.masters != '1')}",
                f"{self.network} network",
                self.endpoint,
                self.disks,
            )
        )

    @property
    def values(self) -> list[tuple[str, str]]:
        """(axis, value) of each."""
        return list(asdict(self).items())

    @property
    def model(self) -> str:
        """The built-in model that a user would start from."""
        return self.engine if self.masters == "1" else f"{self.engine}-ha"

    @property
    def layers(self) -> list[dict[str, Any]]:
        """What a user would say, small: one node, and servers of the smallest flavor that holds every image."""
        size = {
            "masters": {"count": int(self.masters), "flavor": "m1.small"},
            "nodes": {"count": 1, "flavor": "m1.small"},
        }
        return [{"model": self.model}, size, NETWORKS[self.network], ENDPOINTS[self.endpoint], DISKS[self.disks]]


@dataclass(frozen=True)
class Impossible:
    """Combinations that no cloud can make: how to know one, the beginning of the error, and why."""

    of: Callable[[Combination], bool]
    what: str
    error: str
    why: str

    def __str__(self) -> str:
        return self.what


IMPOSSIBLE = (
    Impossible(
        lambda c: c.network == "flat" and c.endpoint == "virtual IP",
        "flat network, virtual IP",
        "endpoint.kind: a virtual IP needs a network of this project's own",
        "an ordinary member may not let a port answer for a second address on another project's network",
    ),
    Impossible(
        lambda c: c.network == "flat" and c.endpoint == "floating IP",
        "flat network, floating IP",
        f"floating_ips: network {SHARED} has no router of this project",
        "a floating IP reaches a port only through a router between its network and the external one",
    ),
)


def why_not(combination: Combination) -> Impossible | None:
    """Why a combination is not valid; None for one that is."""
    return next((rule for rule in IMPOSSIBLE if rule.of(combination)), None)


@cache
def every() -> tuple[Combination, ...]:
    """All cells, for the engines that the built-in models know."""
    engines = sorted({build_spec([{"model": name}]).coe for name in models()})
    return tuple(Combination(*cell) for cell in product(engines, MASTERS, NETWORKS, ENDPOINTS, DISKS))


def pairs(combination: Combination) -> set[tuple[tuple[str, str], ...]]:
    """Every two values of it, each with its axis."""
    return set(combinations(combination.values, 2))


@cache
def chosen() -> tuple[Combination, ...]:
    """So many valid cells that each pair of values that can be together is: greedy, the same in every run.

    Of cells that bring equally many new pairs, the one whose values were chosen least often is taken.
    """
    valid = [cell for cell in every() if why_not(cell) is None]
    missing = set().union(*map(pairs, valid))
    found: list[Combination] = []
    while missing:
        used = Counter(pair for cell in found for pair in cell.values)
        best = max(
            valid,
            key=lambda cell: (
                len(pairs(cell) & missing),
                -sum(used[value] for value in cell.values),
            ),
        )
        found.append(best)
        missing -= pairs(best)
    return tuple(found)


def refused(rules: Iterable[Impossible] = IMPOSSIBLE) -> list[tuple[Combination, Impossible]]:
    """One cell for each rule and engine."""
    first: dict[tuple[str, str], tuple[Combination, Impossible]] = {}
    for cell, rule in product(every(), rules):
        if rule.of(cell):
            first.setdefault((rule.what, cell.engine), (cell, rule))
    return list(first.values())
