"""Makes this machine what a plan asks for, and remembers what it made."""

import shutil
import time
from pathlib import Path

from .. import namespaces
from ..commands import CommandError
from ..names import Names
from . import apply
from .balancers import Balancer
from .plan import Network, Plan, Router

Item = Network | Router | Balancer


class Agent:
    """What was applied so far; a new agent applies everything once more. ``folder``: for what load balancers need."""

    def __init__(self, names: Names, folder: Path) -> None:
        self._names = names
        self._folder = folder
        self._done: dict[str, Item] = {}

    def follow(self, wanted: Plan) -> str:
        """Do what a plan asks for; returns what of it failed, an empty string where nothing did."""
        mine: list[Item] = [*wanted.networks, *wanted.routers, *wanted.balancers]
        self._delete_others({item.namespace for item in mine})
        moved = any(self._done.get(router.namespace) != router for router in wanted.routers)
        failed = [error for item in mine if (error := self._apply(item))]
        if moved:
            apply.forget_neighbours(wanted)
        return "; ".join(failed)

    def _apply(self, item: Item) -> str:
        if self._done.get(item.namespace) == item:
            return ""
        try:
            self._make(item)
        except CommandError as error:
            return f"{item.namespace}: {error}"
        self._done[item.namespace] = item
        log(f"{item.namespace}: applied")
        return ""

    def _make(self, item: Item) -> None:
        if isinstance(item, Network):
            apply.network(item)
        elif isinstance(item, Router):
            apply.router(item)
        elif shutil.which("haproxy"):
            apply.balancer(item, self._folder)
        else:
            log("there is no haproxy here: load balancers answer nobody")

    def _delete_others(self, wanted: set[str]) -> None:
        for kind in (self._names.network(""), self._names.router(""), self._names.balancer("")):
            for namespace in namespaces.listed(kind):
                if namespace not in wanted:
                    namespaces.end(namespace)
                    self._done.pop(namespace, None)


def log(line: str) -> None:
    """Into the agent's log."""
    print(time.strftime("%H:%M:%S"), line, flush=True)
