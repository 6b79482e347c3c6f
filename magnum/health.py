# mypy: disable-error-code="import-not-found,import-untyped,misc"
"""How the nodes of a cluster are, as its engine tells it: asked by one worker of the conductor, one after the other."""

import threading
from contextlib import ExitStack
from typing import Any, ClassVar
from urllib.parse import urlsplit

from magnum.conductor import monitors
from oslo_log import log as logging

from bay.components.errors import BayError
from bay.magnum import options
from bay.magnum.launch import Launcher
from bay.magnum.routes import is_reachable
from bay.magnum.work import worker
from bay.stacks.worker_client import WorkerProcess

LOG = logging.getLogger(__name__)

TIMEOUT = 20.0
"""Seconds for one answer."""
NO_ROUTE = "no route of its own leads from the conductor to {}"


class Asker:
    """The worker that asks; a new one, where it has died."""

    def __init__(self, launcher: Launcher) -> None:
        self.launcher, self.lock = launcher, threading.Lock()
        self.stack = ExitStack()
        self.process: WorkerProcess | None = None

    def health(self, cluster: str, bay: str) -> dict[str, Any]:
        """`bay.stacks.cluster.health.Health`, as plain values; BayError."""
        with self.lock:
            if self.process is None or not self.process.is_alive:
                self.stack.close()
                self.process = self.stack.enter_context(worker(self.launcher.settings))
            request = {"id": cluster, "op": "health", "bay": bay, "place": self.launcher.settings.place(cluster)}
            with self.process.limited(TIMEOUT):
                found: dict[str, Any] = self.process.ask(request)
            return found


class Monitor(monitors.MonitorBase):
    """What Magnum asks of each cluster, once a minute."""

    metrics_spec: ClassVar[dict[str, Any]] = {}
    asker: ClassVar[Asker | None] = None

    def __init__(self, context: Any, cluster: Any, launcher: Launcher) -> None:
        super().__init__(context, cluster)
        self.data: dict[str, Any] = {}
        self.launcher = launcher

    def pull_data(self) -> None:
        """Nothing beside the health."""

    def poll_health_status(self) -> None:
        """A private address that only the default route leads to may be anybody's there, and is not asked."""
        cluster = self.cluster
        if cluster.status.startswith("DELETE") or not cluster.api_address:
            return
        host = urlsplit(cluster.api_address).hostname or ""
        if not is_reachable(host, options.section().health_networks):
            self.data = {"health_status": "UNKNOWN", "health_status_reason": {"api": NO_ROUTE.format(host)}}
            return
        Monitor.asker = Monitor.asker or Asker(self.launcher)
        try:
            found = Monitor.asker.health(cluster.uuid, cluster.stack_id)
        except BayError as error:
            self.data = {"health_status": "UNKNOWN", "health_status_reason": {"api": error.message}}
            return
        reasons = {f"{node}.Ready": str(word == "HEALTHY") for node, word in found["nodes"].items()}
        reasons["api"] = "ok" if found["nodes"] else found["reason"]
        self.data = {"health_status": found["status"], "health_status_reason": reasons}
