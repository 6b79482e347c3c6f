"""What an operation tells while it runs: plain values, for a terminal, a log, a job's record or a stream."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Phase = Literal["apply", "refresh", "destroy", "wait"]
"""Pulumi updates, reads into the state or deletes resources; or servers are waited for."""


@dataclass(frozen=True)
class Event:
    """bay: name of the bay that it is of; empty where it is of none."""

    bay: str


@dataclass(frozen=True)
class Notice(Event):
    """Something that a person may want to know. code: for programs, ``resuming``; text: one line, for people."""

    code: str
    text: str


@dataclass(frozen=True)
class PhaseStarted(Event):
    """Long work begins; progress events of it follow."""

    phase: Phase


@dataclass(frozen=True)
class PhaseEnded(Event):
    """Long work has ended, well or not."""

    phase: Phase


@dataclass(frozen=True)
class ResourceProgress(Event):
    """How far Pulumi is with one operation on the resources of one component.

    component: for people, as ``servers demo-node``. operation: create, update, replace or delete. done, total and
    failed are numbers of resources; total grows while Pulumi finds out what there is to do. waiting: names of some that
    Pulumi waits for, as ``demo-node-1`` of a server and ``Router demo`` of others; at most three.
    """

    component: str
    operation: str
    done: int
    total: int
    failed: int = 0
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServerProgress(Event):
    """How far the servers of a role are that are waited for. stages: name of a stage -> number of servers."""

    role: str
    stages: Mapping[str, int]


@dataclass(frozen=True)
class BatchStarted(Event):
    """Servers that are unavailable at the same time; number: from 1 to `total`."""

    number: int
    total: int
    servers: tuple[str, ...]


Listener = Callable[[Event], None]
"""Called from the thread of the operation and from threads of its own; it must not raise."""


def ignore(_event: Event) -> None:
    """The listener of who does not want to know."""
