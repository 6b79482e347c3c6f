"""The network agent: a process that looks at Neutron's database and makes this machine follow it.

It asks SQLite several times a second whether anybody committed, which costs next to nothing, and plans anew when
somebody did. What could not be done, because something was just being made, is tried again.
"""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from .. import namespaces
from ..commands import CommandError
from ..names import Names
from . import apply
from .plan import Network, Plan, Router, plan
from .tables import Database

INTERVAL = 0.2  # seconds between looks
RETRY = 1.0  # seconds after something failed


class Agent:
    """What was applied so far; a new agent applies everything once more."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._done: dict[str, Network | Router] = {}
        self._errors: dict[str, str] = {}

    def follow(self, wanted: Plan) -> bool:
        """Do what a plan asks for; False when some of it failed."""
        mine: list[Network | Router] = [*wanted.networks, *wanted.routers]
        self._delete_others({item.namespace for item in mine})
        moved = any(self._done.get(router.namespace) != router for router in wanted.routers)
        done = all([self._apply(item) for item in mine])
        if moved:
            apply.forget_neighbours(wanted)
        return done

    def _apply(self, item: Network | Router) -> bool:
        if self._done.get(item.namespace) == item:
            return True
        try:
            if isinstance(item, Network):
                apply.network(item)
            else:
                apply.router(item)
        except CommandError as error:
            if self._errors.get(item.namespace) != str(error):
                _log(f"{item.namespace}: {error}")
            self._errors[item.namespace] = str(error)
            return False
        self._done[item.namespace] = item
        self._errors.pop(item.namespace, None)
        _log(f"{item.namespace}: applied")
        return True

    def _delete_others(self, wanted: set[str]) -> None:
        for kind in (self._names.network(""), self._names.router("")):
            for namespace in namespaces.listed(kind):
                if namespace not in wanted:
                    namespaces.delete(namespace)
                    self._done.pop(namespace, None)


def serve(database: Path, names: Names, ready: Callable[[], None]) -> None:
    """Follow the database for ever; ``ready`` is called when all of it was applied for the first time."""
    source, agent = _open(database), Agent(names)
    seen: int | None = None
    told = False
    while True:
        version = source.version()
        if version != seen:
            seen = version if _follow(agent, source, names) else None
            if seen is None:
                time.sleep(RETRY)
            elif not told:
                told = True
                ready()
        time.sleep(INTERVAL)


def _open(database: Path) -> Database:
    while True:
        try:
            source = Database(database)
            source.version()
            return source
        except sqlite3.OperationalError as error:
            _log(str(error))
            time.sleep(RETRY)


def _follow(agent: Agent, source: Database, names: Names) -> bool:
    try:
        return agent.follow(plan(source.read(), names))
    except (sqlite3.OperationalError, KeyError, CommandError) as error:  # half of a change: see it whole next time
        _log(f"{type(error).__name__}: {error}")
        return False


def _log(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)
