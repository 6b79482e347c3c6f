"""What a log ends with."""

from pathlib import Path

LONGEST = 300  # characters of a line
READ = 64 * 1024  # bytes


def last_line(log: Path) -> str:
    """The last line that is not empty, or what is there instead."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - READ))
            text = file.read().decode(errors="replace")
    except OSError:
        return "(no log)"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:LONGEST] if lines else "(empty)"
