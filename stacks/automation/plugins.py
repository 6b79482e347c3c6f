"""Plugins of a Pulumi that is no more: they would go on with what they were asked for, and nobody would note it."""

import logging
import os
from collections.abc import Iterator
from contextlib import suppress

import psutil

from bay.stacks.processes import is_alive

LOG = logging.getLogger(__name__)


def end_orphaned_plugins(state: str) -> None:
    """End the plugins of dead Pulumi processes that worked on this state."""
    for plugin in _orphans(state):
        LOG.info("ending %s (process %d), whose Pulumi is no more", plugin.name(), plugin.pid)
        with suppress(psutil.NoSuchProcess):
            plugin.kill()


def _orphans(state: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # of another user, or gone meanwhile
            if (
                process.name().startswith("pulumi-")
                and process.environ().get("PULUMI_BACKEND_URL") == state
                and not is_alive(os.getsid(process.pid))  # each Pulumi leads a session, and its plugins are in it
            ):
                yield process
