"""The network agent's report on itself: a file that it writes every second, and after each change that it applied."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "network.heartbeat"


@dataclass(frozen=True)
class Heartbeat:
    """Times are seconds of the monotonic clock, which all processes of a machine share."""

    at: float
    """When it was written."""
    applied: str = ""
    """Digest of the tables that were last applied in full, see tables.digest; empty before the first."""
    applied_at: float = 0.0
    """When these tables were read."""
    error: str = ""
    """Why the last attempt to apply newer ones failed."""


def write(state: Path, beat: Heartbeat) -> None:
    """For the sandbox in a state folder, atomically. OSError where it cannot be written."""
    partial = _path(state).with_name(f"{FILE}.partial")
    partial.write_text(json.dumps(asdict(beat)))
    partial.replace(_path(state))


def read(state: Path) -> Heartbeat | None:
    """The last one; None before the first."""
    try:
        return Heartbeat(**json.loads(_path(state).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def delete(state: Path) -> None:
    """Before another agent starts."""
    _path(state).unlink(missing_ok=True)


def _path(state: Path) -> Path:
    return state / "run" / FILE
