"""Plugins of a Pulumi that is no more: they would go on with what they were asked for, and nobody would note it."""

import logging
import os
from collections.abc import Iterator
from contextlib import suppress

import psutil

from bay.stacks.processes import is_alive, kill_all

LOG = logging.getLogger(__name__)


def end_orphaned_plugins(state: str) -> None:
    """End the plugins of dead Pulumi processes that worked on this state; none of them runs when it returns."""
    for plugin in _orphans(state):
        LOG.info("ending process %d, a plugin whose Pulumi is no more", plugin)
    kill_all(lambda: _orphans(state))


def _orphans(state: str) -> Iterator[int]:
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # of another user, or gone meanwhile
            if (
                process.name().startswith("pulumi-")
                and process.environ().get("PULUMI_BACKEND_URL") == state
                and not _has_pulumi(process)
            ):
                yield process.pid


def _has_pulumi(plugin: psutil.Process) -> bool:
    """Whether the Pulumi that started it lives: bay's leads the session, one in a lost terminal is an ancestor."""
    return is_alive(os.getsid(plugin.pid)) or any(one.name() == "pulumi" for one in plugin.parents())
