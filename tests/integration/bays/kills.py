"""SIGKILL at a chosen request: the moment, the processes that die, and what became of it."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from tests.integration.bays.harness import Bay, Running
from tests.integration.bays.relay import PATIENCE, Answer, Refused, Relay, Request
from tests.waiting import eventually

Victim = Literal["all", "bay", "pulumi", "plugin"]

OF_VICTIM = {"pulumi": "/bin/pulumi\0", "plugin": "pulumi-resource-openstack"}
"""What the command line of a process that dies contains."""


@dataclass(frozen=True)
class Point:
    """A moment: a request about to be passed on (before), or answered by the cloud and not yet told (after)."""

    request: Request
    when: Literal["before", "after"]
    victim: Victim = "all"

    def __str__(self) -> str:
        operation, kind = self.request
        return f"{self.victim} killed {self.when} {operation} {kind}"


@dataclass
class Axe:
    """Falls once, at its point. later: requests that are held back until then, so that their own points can come.

    made: id of what the interrupted request created.
    """

    point: Point
    later: frozenset[Request]
    strike: Callable[[], None]
    fallen: threading.Event = field(default_factory=threading.Event)
    made: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    taken: bool = False

    def __call__(self, request: Request | None, ask: Callable[[], Answer]) -> Answer:
        """The guard of a relay."""
        if request == self.point.request and not self.taken:
            answer = ask() if self.point.when == "after" else None
            if answer and answer.status >= HTTPStatus.MULTIPLE_CHOICES:
                return answer  # nothing was done: whoever asked will ask again, or in another way
            if self._first():
                self.made = answer.made if answer else ""
                self.strike()
                self.fallen.set()
                raise Refused
            return answer or ask()
        if request in self.later and not self.fallen.wait(PATIENCE):
            raise AssertionError(f"{self.point} never came, and {request} waited for it")
        if request in self.later and self.point.victim == "all":
            raise Refused  # it never left the machine
        return ask()

    def _first(self) -> bool:
        with self.lock:
            first, self.taken = not self.taken, True
        return first


def processes(bay: Bay) -> Iterator[tuple[int, str]]:
    """(id, command line) of everything that works on this user's state."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            belongs = f"BAY_STATE=file://{bay.state}".encode() in (entry / "environ").read_bytes()
            line = (entry / "cmdline").read_bytes().decode()
        except OSError:
            continue
        if belongs and line:
            yield int(entry.name), line


def kill(running: Running, bay: Bay, victim: Victim) -> None:
    """SIGKILL, as the kernel's out-of-memory killer does."""
    if victim in ("all", "bay"):
        running.kill()
    if victim in OF_VICTIM:
        _kill([pid for pid, line in processes(bay) if OF_VICTIM[victim] in line])
    while victim == "all" and (left := [pid for pid, _ in processes(bay)]):
        _kill(left)  # what was just being started is found by another look
        time.sleep(0.02)


def _kill(pids: Sequence[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def state_of(bay: Bay, name: str) -> list[dict[str, Any]]:
    """Every resource of a bay's state; none once it is gone."""
    file = bay.state / ".pulumi" / "stacks" / "bay" / f"{name}.json"
    if not file.exists():
        return []
    latest = json.loads(file.read_text())["checkpoint"]["latest"] or {}
    return list(latest.get("resources") or ())


def struck(
    bay: Bay, relay: Relay, words: Sequence[str], point: Point, later: frozenset[Request]
) -> tuple[Axe, Running]:
    """Run a command up to the point; returns when what was to die is dead, and the rest has ended."""
    begun = threading.Event()
    runs: list[Running] = []

    def strike() -> None:
        begun.wait(PATIENCE)
        kill(runs[0], bay, point.victim)

    axe = Axe(point, later, strike)
    relay.guard = axe
    try:
        runs.append(bay.start(*words))
        begun.set()
        eventually(lambda: axe.fallen.is_set() or runs[0].process.poll() is not None, 300)
    finally:
        relay.open()
    result = runs[0].wait()
    assert axe.fallen.wait(60), f"{point} never came: {result}"  # it is noted just after the kill
    # Plugins of a Pulumi that was killed, or died of `bay`'s death, are for the next command to end.
    eventually(lambda: not [line for _, line in processes(bay) if OF_VICTIM["plugin"] not in line], 120)
    return axe, runs[0]
