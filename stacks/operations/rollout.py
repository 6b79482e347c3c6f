"""Changes servers of a bay batch by batch, and stops at the first batch that does not come back."""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bay.stacks.cloud.servers import server_statuses
from bay.stacks.cluster.control_plane import require_quorum
from bay.stacks.cluster.health import UNHEALTHY, health_of
from bay.stacks.cluster.readiness import HOUR, wait_until_ready
from bay.stacks.errors import NotReady
from bay.stacks.events import BatchStarted
from bay.stacks.operations.batches import Action, Batch
from bay.stacks.stack import BayStack

LOG = logging.getLogger(__name__)

PAUSE = 2.0
"""Seconds between two questions to the engine, which take as long themselves."""


@dataclass(frozen=True)
class Rollout:
    """How batches are changed.

    lose_data: go on without quorum of the masters. timeout: to wait for each batch. wait_for_last: also for the last
    one; the next batch always needs what the one before it created. keeps_data: whether the control-plane data stays
    though these masters go, since each has its own on a volume. until_healthy: also wait until the engine calls the
    servers healthy, where it can be asked: a server that was resized says nothing new in its console log.
    """

    bay: BayStack
    lose_data: bool = False
    timeout: timedelta = HOUR
    wait_for_last: bool = True
    keeps_data: Callable[[Collection[str]], bool] = lambda _masters: False
    until_healthy: bool = False

    def require_quorum(self, batch: Batch[Action]) -> None:
        """BayError where the masters beside those of the batch would be no quorum."""
        going = [action.name for action in batch.actions if action.loses_disk]
        if batch.group != "master" or not going or self.lose_data or self.keeps_data(going):
            return
        state = self.bay.state  # those of earlier batches are others now
        require_quorum(state, going, server_statuses(self.bay.cloud, state), health_of(self.bay).nodes)

    def run(
        self, batches: Sequence[Batch[Action]], change: Callable[[Batch[Action], Sequence[Batch[Action]]], None]
    ) -> None:
        """Change each batch; change: called with the batch and with those that come later, which stay as they are.

        Stops with the error of the first batch that does not come back; the bay serves with the rest.
        """
        for number, batch in enumerate(batches, 1):
            later = batches[number:]
            self.bay.context.tell(BatchStarted(self.bay.name, number, len(batches), tuple(batch.names)))
            LOG.info("%s: batch %d of %d: %s", self.bay.name, number, len(batches), batch.names)
            if number > 1:  # the first was looked at before anybody was asked
                self.require_quorum(batch)
            change(batch, later)
            self.wait(batch.names, is_last=not later)

    def wait(self, names: Collection[str], *, is_last: bool) -> None:
        """Before the next batch always: a new master is ACTIVE long before it is a member, and nodes would overlap."""
        if names and (self.wait_for_last or not is_last):
            ids = [server.id for server in self.bay.state.servers if server.name in names]
            wait_until_ready(self.bay.context, self.bay.name, ids, self.timeout)
            if self.until_healthy:
                self._wait_until_healthy(names)

    def _wait_until_healthy(self, names: Collection[str]) -> None:
        """NotReady where the engine still calls one of these servers unhealthy after so long."""
        deadline = time.monotonic() + self.timeout.total_seconds()
        while True:
            nodes = health_of(self.bay).nodes
            ill = [name for name in names if nodes.get(name) == UNHEALTHY]
            if not ill:
                return
            if time.monotonic() > deadline:
                minutes = self.timeout.total_seconds() / 60
                raise NotReady(
                    f"server {ill[0]} is not healthy after {minutes:g} minutes, as the engine says",
                    f"everything is kept: 'bay show {self.bay.name}' asks again",
                    ill[0],
                )
            self.bay.context.cancel.sleep(PAUSE)
