"""Waits until the engine runs on the servers of a bay, by what they say in their console logs."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from bay.cli.console.live import Board
from bay.cli.console.output import say
from bay.components.errors import BayError
from bay.components.text import some
from bay.stacks.cluster.console_log import FAILED, READY, UNBOOTED, Stage, latest, summary, tail, unmended

if TYPE_CHECKING:
    from openstack.connection import Connection

    from bay.stacks.context import Session

PAUSE = 1.0
"""Seconds between two rounds of looks at the console logs, and as many for each 25 servers more."""
LOOKS = 16
"""Console logs asked for at the same time."""
HOPELESS = 120.0
"""Seconds for which a server that says `failed` may still mend itself: its unit tries again every 15."""
BLIND = 60.0
"""Seconds for which a question may end in an error: an API that restarts, or moves to another host, is back by then."""
DEAD = {"ERROR", "SHUTOFF", "DELETED"}
"""Statuses of a server that will say nothing more: Nova's, and of one that Nova does not know."""

Answer = TypeVar("Answer")


@dataclass
class Patience:
    """For one question that is asked again and again. since: of its errors since the last answer, the first."""

    since: float | None = None

    def ask(self, question: Callable[[], Answer]) -> Answer | None:
        """The answer; None where there is none for now, BayError where there has been none for too long."""
        try:
            answer = question()
        except BayError:
            now = time.monotonic()
            self.since = now if self.since is None else self.since
            if now - self.since > BLIND:
                raise
            return None
        self.since = None
        return answer


@dataclass
class Watched:
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
    patience: Patience = field(default_factory=Patience)

    @property
    def done(self) -> bool:
        """Whether it has to be looked at no more."""
        return self.stage.name in (READY, UNBOOTED)

    @property
    def hopeless(self) -> bool:
        """Whether it says once more that it failed, after so long; a retry that goes on may still do better."""
        lasting = self.failure is not None and time.monotonic() - self.failed_at > HOPELESS
        return lasting and self.stage.name == FAILED

    def heard(self, log: str) -> None:
        """Note what its console log says now."""
        self.log, self.stage = log, latest(log)
        failure = unmended(log)
        if self.failure is None and failure is not None:
            self.failed_at = time.monotonic()
        self.failure = failure


class NotReady(BayError):
    """A server on which the engine does not come up."""

    def __init__(self, bay: str, server: Watched, what: str) -> None:
        super().__init__(
            f"server {server.name} {what}",
            f"everything is kept: 'bay wait {bay}' waits on, 'openstack console log show {server.name}' shows it all",
        )
        self.server = server


def wait_for_new(session: "Session", name: str, known: Collection[str], minutes: float) -> None:
    """Wait for the engine on the servers of a bay that are not among the `known` ids."""
    from bay.stacks.runs import recorded

    new = [node.id for node in recorded(session, name).nodes if node.id not in known]
    if new:
        wait_for_engine(name, session.cloud(), new, minutes)


def wait_for_engine(bay: str, cloud: "Connection", ids: Collection[str], minutes: float) -> None:
    """Return when every one of the servers says `ready`; BayError with the console log of one that does not."""
    servers = _servers(bay, cloud, set(ids))
    if servers and not _boots(cloud, servers[0]):
        say("the servers of this cloud do not boot, so there is no engine to wait for")
        return
    try:
        _watch(bay, cloud, servers, minutes)
    except NotReady as error:
        say(f"the console log of {error.server.name} ends:")
        for line in tail(error.server.log):
            say(f"  | {line}")
        raise


def _watch(bay: str, cloud: "Connection", servers: Sequence[Watched], minutes: float) -> None:
    deadline = time.monotonic() + 60 * minutes
    patience = Patience()
    with Board(lambda: _lines(servers)) as board, ThreadPoolExecutor(LOOKS) as pool:
        while waiting := [server for server in servers if not server.done]:
            list(pool.map(lambda server: _look(cloud, server), waiting))
            board.refresh()
            if silent := [server for server in waiting if not server.done]:
                _give_up(bay, silent, patience.ask(lambda: _statuses(bay, cloud)))
                if time.monotonic() > deadline:
                    raise _too_late(bay, silent, minutes)
                time.sleep(PAUSE * (1 + len(waiting) / 25))


def _servers(bay: str, cloud: "Connection", ids: set[str]) -> list[Watched]:
    from bay.components.openstack.connection import explained

    with explained("asking for the servers"):
        found = [server for server in cloud.compute.servers(name=f"^{bay}-") if server.id in ids]
    if gone := ids - {server.id for server in found}:
        raise BayError(
            f"servers of bay {bay} are DELETED: {some(sorted(gone))}",
            f"'bay drift {bay}' shows what is missing, 'bay repair {bay}' makes it again",
        )
    roles = {
        server.id: "master" if (server.metadata or {}).get("bay:group") == "master" else "node" for server in found
    }
    return [Watched(server.id, server.name, roles[server.id]) for server in sorted(found, key=lambda s: str(s.name))]


def _boots(cloud: "Connection", server: Watched) -> bool:
    """Whether servers of this cloud boot at all; those of the sandbox do so where it was started to."""
    _look(cloud, server)
    return server.stage.name != UNBOOTED


def _look(cloud: "Connection", server: Watched) -> None:
    log = server.patience.ask(lambda: _console(cloud, server))
    if log is not None:
        server.heard(log)


def _console(cloud: "Connection", server: Watched) -> str:
    from bay.components.openstack.connection import explained

    with explained(f"reading the console log of {server.name}"):
        answer = cloud.compute.get_server_console_output(server.id)
    return (answer or {}).get("output") or ""


def _statuses(bay: str, cloud: "Connection") -> dict[str, str]:
    from bay.components.openstack.connection import explained

    with explained("asking for the servers"):
        return {found.id: found.status for found in cloud.compute.servers(name=f"^{bay}-")}


def _lines(servers: Sequence[Watched]) -> list[str]:
    lines = []
    for role in ("master", "node"):
        stages = [server.stage for server in servers if server.role == role]
        if stages:
            lines.append(f"engine on {role + 's':14} {summary(stages)}")
    return lines


def _give_up(bay: str, silent: Sequence[Watched], statuses: Mapping[str, str] | None) -> None:
    """Raise where waiting on has no sense: a server failed for good, or died. statuses: None where Nova did not say."""
    for server in silent:
        status = "UNKNOWN" if statuses is None else statuses.get(server.id, "DELETED")
        if status in DEAD:
            raise NotReady(bay, server, f"is {status}")
        if server.hopeless:
            raise NotReady(bay, server, f"says {server.failure}")


def _too_late(bay: str, silent: Sequence[Watched], minutes: float) -> NotReady:
    """Of a server that failed, if there is one: the others may wait for it."""
    server = min(silent, key=lambda server: server.failure is None)
    return NotReady(bay, server, f"is not ready after {minutes:g} minutes; it says {server.failure or server.stage}")
