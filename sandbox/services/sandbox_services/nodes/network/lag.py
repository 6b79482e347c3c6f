"""Whether the network agent of a sandbox follows Neutron: whether it applied the tables that the databases have now.

The agent cannot tell by itself: one that reads files which are no longer the databases sees no change, and believes
that it is up to date. So whoever asks reads the databases and compares.
"""

import json
import sqlite3
import time
from pathlib import Path

from ..deadline import Deadline, slowness
from ..logs import last_line
from ..processes import start_time
from . import heartbeat
from .heartbeat import Heartbeat
from .tables import digest_of

GRACE = 2.0  # seconds that it may lag: a change takes half a second on an idle machine
SILENCE = 10.0  # seconds without a heartbeat, of which there is one a second
INTERVAL = 0.2  # seconds between polls


def lag_reason(state: Path, grace: float = GRACE) -> str:
    """Why the agent of the sandbox in a state folder does not follow; an empty string where it does.

    Waits up to ``grace`` seconds, stretched by the machine's load, for it to apply what the databases have.
    """
    deadline, current = Deadline(grace), set[str]()
    while True:
        if not is_running(state):
            return f"it has exited; last line of its log: {last_line(state / 'log' / 'network.log')}"
        try:
            current.add(digest_of(state / "db"))
        except sqlite3.Error as error:
            return f"its databases cannot be read: {error}"
        beat = heartbeat.read(state)
        if beat and beat.applied in current and not _is_silent(beat):
            return ""
        if deadline.has_passed():
            return _reason(beat)
        time.sleep(INTERVAL)


def is_running(state: Path) -> bool:
    """Whether there is an agent process."""
    try:
        record = json.loads((state / "run" / "network.json").read_text())
        return bool(record["start_time"] == start_time(record["pid"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return False


def _is_silent(beat: Heartbeat) -> bool:
    return time.monotonic() - beat.at > SILENCE * slowness()


def _reason(beat: Heartbeat | None) -> str:
    if beat is None:
        return "no heartbeat yet"
    if _is_silent(beat):
        return f"no heartbeat for {time.monotonic() - beat.at:.0f} s"
    if beat.error:
        return f"it fails: {beat.error}"
    if not beat.applied:
        return "it has not applied anything yet"
    return f"it last applied changes {time.monotonic() - beat.applied_at:.0f} s ago; the databases have changed since"
