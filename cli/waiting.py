"""Waits until the engine runs on the servers of a bay, by what they say in their console logs."""

import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bay.cli.board import Board
from bay.cli.output import say
from bay.cli.stages import FAILED, READY, UNBOOTED, Stage, latest, summary, tail
from bay.components.errors import BayError

if TYPE_CHECKING:
    from openstack.connection import Connection

    from bay.cli.session import Session

PAUSE = 2.0
"""Seconds between two rounds of looks at the console logs, and as many for each 50 servers more."""
LOOKS = 16
"""Console logs asked for at the same time."""
HOPELESS = 120.0
"""Seconds for which a server that says `failed` may still mend itself: its unit tries again every 15."""
DEAD = {"ERROR", "SHUTOFF", "DELETED"}
"""Statuses of a server that will say nothing more: Nova's, and of one that Nova does not know."""


@dataclass
class Watched:
    """A server that is waited for. failed_at: since when it says that it failed, in seconds of the monotonic clock."""

    id: str
    name: str
    role: str
    stage: Stage = field(default_factory=Stage)
    log: str = ""
    failed_at: float | None = None

    @property
    def done(self) -> bool:
        """Whether it has to be looked at no more."""
        return self.stage.name == READY


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
    from bay.cli.lifecycle import recorded

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
    with Board(lambda: _lines(servers)) as board, ThreadPoolExecutor(LOOKS) as pool:
        while waiting := [server for server in servers if not server.done]:
            list(pool.map(lambda server: _look(cloud, server), waiting))
            board.refresh()
            _give_up(bay, cloud, servers, deadline, minutes)
            if any(not server.done for server in servers):
                time.sleep(PAUSE * (1 + len(waiting) / 50))


def _servers(bay: str, cloud: "Connection", ids: set[str]) -> list[Watched]:
    from bay.components.cloud import explained

    with explained("asking for the servers"):
        found = [server for server in cloud.compute.servers(name=f"^{bay}-") if server.id in ids]
    roles = {
        server.id: "master" if (server.metadata or {}).get("bay:group") == "master" else "node" for server in found
    }
    return [Watched(server.id, server.name, roles[server.id]) for server in sorted(found, key=lambda s: str(s.name))]


def _boots(cloud: "Connection", server: Watched) -> bool:
    """Whether servers of this cloud boot at all; those of the sandbox do so where it was started to."""
    _look(cloud, server)
    return server.stage.name != UNBOOTED


def _look(cloud: "Connection", server: Watched) -> None:
    from bay.components.cloud import explained

    with explained(f"reading the console log of {server.name}"):
        answer = cloud.compute.get_server_console_output(server.id)
    server.log = (answer or {}).get("output") or ""
    server.stage = latest(server.log)
    if server.stage.name != FAILED:
        server.failed_at = None
    elif server.failed_at is None:
        server.failed_at = time.monotonic()


def _lines(servers: Sequence[Watched]) -> list[str]:
    lines = []
    for role in ("master", "node"):
        stages = [server.stage for server in servers if server.role == role]
        if stages:
            lines.append(f"engine on {role + 's':14} {summary(stages)}")
    return lines


def _give_up(bay: str, cloud: "Connection", servers: Sequence[Watched], deadline: float, minutes: float) -> None:
    """Raise where waiting on has no sense: a server failed for good, died, or time is over."""
    now = time.monotonic()
    silent = [server for server in servers if not server.done]
    statuses = {found.id: found.status for found in cloud.compute.servers(name=f"^{bay}-")} if silent else {}
    for server in silent:
        status = statuses.get(server.id, "DELETED")
        if status in DEAD:
            raise NotReady(bay, server, f"is {status}")
        if server.failed_at is not None and now - server.failed_at > HOPELESS:
            raise NotReady(bay, server, f"says {server.stage}")
    if silent and now > deadline:
        raise NotReady(bay, silent[0], f"is not ready after {minutes:g} minutes; it says {silent[0].stage}")
