"""When servers are how far, by what Nova shows of them; and the bare boot of the servers of a bay."""

import re
import threading
import time
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field

from floor import PATIENCE, Floor, FloorError
from keystoneauth1.exceptions import ClientException
from openstack.connection import Connection
from openstack.exceptions import SDKException

UP = "bare-boot-is-up"
MARK = f"#cloud-config\nruncmd:\n- echo {UP} >/dev/console\n"
"""User data that do nothing but say that the boot is at its end; a bay's own begin to work at the same place."""

LOOK = 0.5
"""Seconds between two looks."""

READY = re.compile(r"bay: stage=ready ")


@dataclass
class Watch:
    """Looks at the servers of a name until `end`, and notes when all are ACTIVE and when each has said a word.

    Seconds of the monotonic clock; inf: not yet.
    """

    connection: Connection
    name: str
    servers: int
    word: re.Pattern[str]
    active: float = float("inf")
    said: dict[str, float] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until all is noted, or `ended` is set."""
        while not self.ended.is_set() and len(self.said) < self.servers:
            with suppress(SDKException, ClientException):  # a cloud that is busy with booting; the next look sees it
                self._look()
            time.sleep(LOOK)

    def check(self) -> None:
        """FloorError where it ended before each server had said the word: what it noted is then no measurement."""
        if len(self.said) < self.servers:
            who = ", ".join(sorted(self.said)) or "no servers"
            raise FloorError(f"heard were {len(self.said)} of {self.servers} servers of {self.name}: {who}")

    def _look(self) -> None:
        servers = list(self.connection.compute.servers(name=f"^{self.name}-"))
        if len(servers) == self.servers and all(server.status == "ACTIVE" for server in servers):
            self.active = min(self.active, time.monotonic())
        for server in servers:
            if server.status == "ACTIVE" and server.name not in self.said:
                log = self.connection.compute.get_server_console_output(server.id)["output"] or ""
                if self.word.search(log):
                    self.said[server.name] = time.monotonic()

    def when(self, group: str) -> float:
        """When the last server of a group had said it."""
        return max((at for name, at in self.said.items() if f"-{group}-" in name), default=float("inf"))


@dataclass
class BareBoot:
    """The floor's servers, booted: what a cloud needs for them with no engine on them."""

    connection: Connection
    name: str
    nodes: int
    image: str

    def make(self) -> Watch:
        """Returns when each server has said that it is up; FloorError where one does not."""
        watch = Watch(self.connection, self.name, self.nodes + 1, re.compile(UP))
        self._floor.make()
        watch.active = time.monotonic()
        deadline = watch.active + PATIENCE
        watcher = threading.Thread(target=watch.run)
        watcher.start()
        watcher.join(deadline - time.monotonic())
        watch.ended.set()
        watch.check()
        return watch

    def delete(self) -> None:
        """Everything, also after a `make` that failed."""
        self._floor.delete()

    @property
    def _floor(self) -> Floor:
        data = b64encode(MARK.encode()).decode()
        return Floor(self.connection, self.name, self.nodes, image=self.image, user_data=data)
