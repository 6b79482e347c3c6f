"""The network agent: a process that looks at the databases of Neutron and Octavia and makes this machine follow.

It asks SQLite several times a second whether anybody committed, which costs next to nothing, and plans anew when
somebody did. What could not be done, because something was just being made, is tried again.
"""

import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from .. import namespaces
from ..commands import CommandError
from ..names import Names
from . import apply
from .balancers import Balancer
from .plan import Network, Plan, Router, plan
from .tables import NEUTRON, OCTAVIA, Database

INTERVAL = 0.2  # seconds between looks
RETRY = 1.0  # seconds after something failed


Item = Network | Router | Balancer


class Agent:
    """What was applied so far; a new agent applies everything once more. ``folder``: for what load balancers need."""

    def __init__(self, names: Names, folder: Path) -> None:
        self._names = names
        self._folder = folder
        self._done: dict[str, Item] = {}
        self._errors: dict[str, str] = {}

    def follow(self, wanted: Plan) -> bool:
        """Do what a plan asks for; False when some of it failed."""
        mine: list[Item] = [*wanted.networks, *wanted.routers, *wanted.balancers]
        self._delete_others({item.namespace for item in mine})
        moved = any(self._done.get(router.namespace) != router for router in wanted.routers)
        done = all([self._apply(item) for item in mine])
        if moved:
            apply.forget_neighbours(wanted)
        return done

    def _apply(self, item: Item) -> bool:
        if self._done.get(item.namespace) == item:
            return True
        try:
            self._make(item)
        except CommandError as error:
            if self._errors.get(item.namespace) != str(error):
                _log(f"{item.namespace}: {error}")
            self._errors[item.namespace] = str(error)
            return False
        self._done[item.namespace] = item
        self._errors.pop(item.namespace, None)
        _log(f"{item.namespace}: applied")
        return True

    def _make(self, item: Item) -> None:
        if isinstance(item, Network):
            apply.network(item)
        elif isinstance(item, Router):
            apply.router(item)
        elif shutil.which("haproxy"):
            apply.balancer(item, self._folder)
        else:
            _log("there is no haproxy here: load balancers answer nobody")

    def _delete_others(self, wanted: set[str]) -> None:
        for kind in (self._names.network(""), self._names.router(""), self._names.balancer("")):
            for namespace in namespaces.listed(kind):
                if namespace not in wanted:
                    namespaces.end(namespace)
                    self._done.pop(namespace, None)


def serve(state: Path, names: Names, ready: Callable[[], None]) -> None:
    """Follow the databases for ever; ``ready`` is called when all of it was applied for the first time."""
    neutron = _open(state / "db" / "neutron.sqlite", NEUTRON)
    octavia = _open(state / "db" / "octavia.sqlite", OCTAVIA)
    agent = Agent(names, state / "balancers")
    seen: tuple[int, int] | None = None
    told = False
    while True:
        versions = (neutron.version(), octavia.version())
        if versions != seen:
            seen = versions if _follow(agent, neutron, octavia, names) else None
            if seen is None:
                time.sleep(RETRY)
            elif not told:
                told = True
                ready()
        time.sleep(INTERVAL)


def _open(path: Path, queries: Mapping[str, str]) -> Database:
    while True:
        try:
            return _connect(path, queries)
        except sqlite3.OperationalError as error:
            _log(str(error))
            time.sleep(RETRY)


def _connect(path: Path, queries: Mapping[str, str]) -> Database:
    source = Database(path, queries)
    try:
        source.version()
    except BaseException:
        source.close()
        raise
    return source


def _follow(agent: Agent, neutron: Database, octavia: Database, names: Names) -> bool:
    try:
        return agent.follow(plan(neutron.read(), octavia.read(), names))
    except (sqlite3.OperationalError, KeyError, StopIteration, CommandError) as error:  # half of a change: see it whole
        _log(f"{type(error).__name__}: {error}")
        return False


def _log(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)
