"""Starts runners, from the conductor: one for each wish, and a new one for a runner that is no more."""

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field

from bay.components.private_files import make_folder
from bay.magnum.jobs import Job, Jobs, Lease, Values
from bay.magnum.settings import Settings
from bay.magnum.upgrades import require_possible

START = 0.25
"""Of the lease: how long a runner may take from its start until it has one."""


@dataclass
class Launcher:
    """Of one conductor.

    seen: cluster -> its lease as it was last, and since when it is so or since when a runner is started for it, in
    seconds of the monotonic clock.
    """

    settings: Settings
    jobs: Jobs
    seen: dict[str, tuple[Lease | None, float]] = field(default_factory=dict)
    children: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ensure(self, job: Job) -> None:
        """Start a runner where something is wanted and nobody works on it."""
        self._reap()
        if job.is_done:
            self.seen.pop(job.cluster, None)
        elif self._is_over(job.cluster, job.lease):
            self.seen[job.cluster] = job.lease, time.monotonic()
            self.start(job.cluster, job.lease)

    def start(self, cluster: str, stale: Lease | None = None) -> None:
        """A runner; it ends by itself where another one has the lease."""
        owner = f"{here()} {secrets.token_hex(4)}"
        told = {"settings": asdict(self.settings), "cluster": cluster, "owner": owner}
        if stale:
            told["stale"] = asdict(stale)
        make_folder(self.settings.own_folder(cluster))
        with (self.settings.own_folder(cluster) / "log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "bay.magnum.runner"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # it goes on while the conductor is stopped
            )
        assert child.stdin is not None, "it is piped"
        with child.stdin as stdin:
            stdin.write(json.dumps(told).encode() + b"\n")
        with self.lock:
            self.children.append(child)

    def require_possible(self, cluster: str, upgrade: Values) -> None:
        """BayError where the cluster's bay would refuse this upgrade; asked at once."""
        require_possible(self.settings, self.jobs.get(cluster), upgrade)

    def _is_over(self, cluster: str, lease: Lease | None) -> bool:
        """Whether there is no runner, or it has been silent for too long, by this conductor's clock alone."""
        if cluster not in self.seen or self.seen[cluster][0] != lease:
            self.seen[cluster] = lease, time.monotonic()
            return lease is None
        patience = self.settings.lease if lease else self.settings.lease * START
        return time.monotonic() - self.seen[cluster][1] > patience

    def _reap(self) -> None:
        with self.lock:
            self.children = [child for child in self.children if child.poll() is None]


def here() -> str:
    """This process, for people who read the table."""
    return f"{socket.gethostname()}:{os.getpid()}"
