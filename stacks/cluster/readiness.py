"""Waits until the engine runs on the servers of a bay, by what they say in their console logs."""

import itertools
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from bay.components.errors import BayError, Forbidden
from bay.components.openstack.connection import openstack_errors
from bay.components.text import join_names
from bay.stacks.cloud.servers import console_output
from bay.stacks.cluster.console_log import FAILED, READY, UNBOOTED, Stage, latest, tail, unresolved_failure
from bay.stacks.context import Context
from bay.stacks.errors import NotReady
from bay.stacks.events import PhaseEnded, PhaseStarted, ServerProgress

if TYPE_CHECKING:
    from openstack.connection import Connection

LOG = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
"""How long servers are waited for, unless the caller says else; as Magnum's `create_timeout`."""
PAUSE, LONGEST_PAUSE = 1.0, 5.0
"""Seconds between two rounds of looks at the console logs, and as many for each 25 looks more, up to so many."""
LOOKS = 16
"""Console logs asked for at the same time."""
SAMPLE = 50
"""Console logs looked at in a round until a node of many is ready: they boot alike, and Nova has others to serve."""
LINES = 300
"""Of a console log that are asked for, from its end: those of the last attempts. A whole one may have 100 kB."""
GIVEN_UP = 120.0
"""Seconds for which a server that says `failed` may still recover by itself: its unit tries again every 15."""
TOLERATED = 60.0
"""Seconds for which a question may end in an error: an API that restarts, or moves to another host, is back by then."""
DEAD = {"ERROR", "SHUTOFF", "DELETED"}
"""Statuses of a server that will say nothing more: Nova's, and of one that Nova does not know."""

Answer = TypeVar("Answer")


@dataclass
class Tolerance:
    """For one question that is asked again and again. since: of its errors since the last answer, the first."""

    since: float | None = None

    def ask(self, question: Callable[[], Answer]) -> Answer | None:
        """The answer; None where there is none for now, BayError where there has been none for too long or never will.

        What the cloud's policy forbids is forbidden the next time, too.
        """
        try:
            answer = question()
        except Forbidden:
            raise
        except BayError:
            now = time.monotonic()
            self.since = now if self.since is None else self.since
            if now - self.since > TOLERATED:
                raise
            return None
        self.since = None
        return answer


@dataclass
class WatchedServer:
    """A server that is waited for.

    failure: its latest one, until a retry gets further; failed_at: when the first one without progress since was
    seen, in seconds of the monotonic clock.
    """

    id: str
    name: str
    role: str
    stage: Stage = field(default_factory=Stage)
    log: str = ""
    failure: Stage | None = None
    failed_at: float = 0.0
    tolerance: Tolerance = field(default_factory=Tolerance)

    @property
    def is_done(self) -> bool:
        """Whether it has to be looked at no more."""
        return self.stage.name in (READY, UNBOOTED)

    @property
    def is_given_up(self) -> bool:
        """Whether it says once more that it failed, after so long; a retry that goes on may still do better."""
        lasting = self.failure is not None and time.monotonic() - self.failed_at > GIVEN_UP
        return lasting and self.stage.name == FAILED

    def read_log(self, log: str) -> None:
        """Note what its console log says now; of one that was cut, the marks may be further up."""
        is_cut, now = log.count("\n") >= LINES - 1, latest(log)
        self.log, self.stage = log, self.stage if is_cut and now == Stage() else now
        failure = unresolved_failure(log)
        if self.failure is None and failure is not None:
            self.failed_at = time.monotonic()
        self.failure = failure


def wait_until_ready(context: Context, bay: str, ids: Collection[str], timeout: timedelta = HOUR) -> None:
    """Return when every one of these servers says `ready`; NotReady with the console log of one that does not."""
    cloud = context.cloud
    servers = _servers(bay, cloud, set(ids))
    if servers and not _boots(cloud, servers[0], bay):
        context.notify(bay, "not-booting", "the servers of this cloud do not boot, so there is no engine to wait for")
        return
    context.tell(PhaseStarted(bay, "wait"))
    try:
        _watch(context, bay, servers, timeout)
    finally:
        context.tell(PhaseEnded(bay, "wait"))


def _watch(context: Context, bay: str, servers: Sequence[WatchedServer], timeout: timedelta) -> None:
    cloud, deadline, tolerance = context.cloud, time.monotonic() + timeout.total_seconds(), Tolerance()
    with ThreadPoolExecutor(LOOKS) as pool:
        for number in itertools.count():
            waiting = [server for server in servers if not server.is_done]
            if not waiting:
                return
            looks = _to_look_at(servers, waiting, number)
            list(pool.map(lambda server: _look(cloud, server), looks))
            _report(context, bay, servers)
            if silent := [server for server in waiting if not server.is_done]:
                _require_hope(bay, silent, tolerance.ask(lambda: _statuses(bay, cloud)))
                if time.monotonic() > deadline:
                    raise _too_late(bay, silent, timeout)
                context.cancel.sleep(min(LONGEST_PAUSE, PAUSE * (1 + len(looks) / 25)))


def _to_look_at(
    servers: Sequence[WatchedServer], waiting: Sequence[WatchedServer], number: int
) -> Sequence[WatchedServer]:
    """All that are waited for, or a sample: the masters, and other nodes in each round, until the first is ready."""
    masters = [server for server in waiting if server.role == "master"]
    nodes = [server for server in waiting if server.role != "master"]
    if len(nodes) <= SAMPLE or any(server.is_done and server.role != "master" for server in servers):
        return waiting
    begin = number * SAMPLE % len(nodes)
    return [*masters, *[*nodes[begin:], *nodes[:begin]][:SAMPLE]]


def _servers(bay: str, cloud: "Connection", ids: set[str]) -> list[WatchedServer]:
    with openstack_errors("asking for the servers"):
        found = [server for server in cloud.compute.servers(name=f"^{bay}-") if server.id in ids]
    if gone := ids - {server.id for server in found}:
        raise BayError(
            f"servers of bay {bay} are DELETED: {join_names(sorted(gone))}",
            f"'bay drift {bay}' shows what is missing, 'bay repair {bay}' creates it again",
        )
    roles = {
        server.id: "master" if (server.metadata or {}).get("bay:group") == "master" else "node" for server in found
    }
    return [
        WatchedServer(server.id, server.name, roles[server.id]) for server in sorted(found, key=lambda s: str(s.name))
    ]


def _boots(cloud: "Connection", server: WatchedServer, bay: str) -> bool:
    """Whether servers of this cloud boot at all; those of the sandbox do so where it was started to."""
    try:
        _look(cloud, server)
    except Forbidden as error:
        raise Forbidden(
            f"nothing tells when the engine of bay {bay} is ready: {error.message}",
            f"the bay is created; 'bay show {bay}' asks its engine where access.api lets you; --no-wait does not wait",
        ) from None
    return server.stage.name != UNBOOTED


def _look(cloud: "Connection", server: WatchedServer) -> None:
    log = server.tolerance.ask(lambda: console_output(cloud, server.id, server.name, LINES))
    if log is not None:
        before = server.stage
        server.read_log(log)
        if server.stage != before:
            LOG.info("%s: %s", server.name, server.stage)


def _statuses(bay: str, cloud: "Connection") -> dict[str, str]:
    with openstack_errors("asking for the servers"):
        return {found.id: found.status for found in cloud.compute.servers(name=f"^{bay}-")}


def _report(context: Context, bay: str, servers: Sequence[WatchedServer]) -> None:
    for role in ("master", "node"):
        stages = Counter(server.stage.name for server in servers if server.role == role)
        if stages:
            context.tell(ServerProgress(bay, role, dict(stages)))


def _require_hope(bay: str, silent: Sequence[WatchedServer], statuses: Mapping[str, str] | None) -> None:
    """NotReady where waiting on makes no sense: a server failed for good, or died; None: Nova did not say."""
    for server in silent:
        status = "UNKNOWN" if statuses is None else statuses.get(server.id, "DELETED")
        if status in DEAD:
            raise _not_ready(bay, server, f"is {status}")
        if server.is_given_up:
            raise _not_ready(bay, server, f"says {server.failure}")


def _too_late(bay: str, silent: Sequence[WatchedServer], timeout: timedelta) -> NotReady:
    """Of a server that failed, if there is one: the others may wait for it."""
    server = min(silent, key=lambda server: server.failure is None)
    minutes = timeout.total_seconds() / 60
    return _not_ready(bay, server, f"is not ready after {minutes:g} minutes; it says {server.failure or server.stage}")


def _not_ready(bay: str, server: WatchedServer, what: str) -> NotReady:
    return NotReady(
        f"server {server.name} {what}",
        f"everything is kept: 'bay wait {bay}' waits on, 'openstack console log show {server.id}' shows the log",
        server.name,
        tuple(tail(server.log)),
    )
