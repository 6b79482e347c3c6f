"""The network agent's loop: polls the databases of Neutron and Octavia, and makes this machine follow.

It asks SQLite several times a second whether anybody committed, which costs next to nothing, and plans again when
somebody did. What could not be applied, because something was just being created, is tried again.
"""

import contextlib
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ... import open_files
from ..commands import CommandError
from ..names import Names
from . import heartbeat
from .agent import Agent, log
from .heartbeat import Heartbeat
from .plan import plan
from .tables import Databases, digest

INTERVAL = 0.2  # seconds between polls
RETRY = 1.0  # seconds after something failed
BEAT = 1.0  # seconds between heartbeats
TRANSIENT = (sqlite3.OperationalError, KeyError, StopIteration, CommandError)
"""Half of a change was read, or a file is being replaced: the next poll may see all of it."""


def serve(state: Path, names: Names, ready: Callable[[], None]) -> None:
    """Follow for ever; ``ready`` is called when everything was applied for the first time."""
    follower = Follower(state, names, Agent(names, state / "balancers"))
    is_ready = False
    while True:
        done = follower.poll()
        if done and not is_ready:
            is_ready = True
            ready()
        time.sleep(INTERVAL if done else RETRY)


class Follower:
    """What was read and applied so far."""

    def __init__(self, state: Path, names: Names, agent: Agent) -> None:
        self._state = state
        self._names = names
        self._agent = agent
        self._databases: Databases | None = None
        self._versions: tuple[int, ...] | None = None
        self._beat = Heartbeat(time.monotonic())

    def poll(self) -> bool:
        """Apply what is new; False when some of it failed. Exits when the databases no longer exist."""
        try:
            error = self._follow(self._open())
        except TRANSIENT as failure:
            error = f"{type(failure).__name__}: {failure}"
        if error and error != self._beat.error:
            log(error)
        if error:
            self._versions = None
        self._report(replace(self._beat, error=error))
        return not error

    def _open(self) -> Databases:
        """The databases, reopened where their files were replaced: nothing new ever comes into the old ones."""
        replaced = open_files.find_replaced(open_files.sqlite_files()) if self._databases else []
        if self._databases and replaced:
            log(f"database files were deleted or replaced while open: {', '.join(replaced)}; reopening")
            self._databases.close()
            self._databases = self._versions = None
        if not self._databases:
            folder = self._state / "db"
            if not folder.is_dir():
                log(f"{folder} no longer exists; exiting")
                sys.exit(1)
            self._databases = Databases(folder)
        return self._databases

    def _follow(self, databases: Databases) -> str:
        """What failed, or an empty string."""
        versions = databases.versions()
        if versions == self._versions:
            return ""
        at, (neutron, octavia) = time.monotonic(), databases.read()
        failed = self._agent.follow(plan(neutron, octavia, self._names))
        if failed:
            return failed
        self._versions = versions
        self._report(Heartbeat(time.monotonic(), digest(neutron, octavia), at))
        return ""

    def _report(self, beat: Heartbeat) -> None:
        now = time.monotonic()
        if replace(beat, at=self._beat.at) == self._beat and now - self._beat.at < BEAT:
            return
        self._beat = replace(beat, at=now)
        with contextlib.suppress(OSError):  # a full disk: whoever asks sees how old the last one is
            heartbeat.write(self._state, self._beat)
