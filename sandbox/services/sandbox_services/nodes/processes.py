"""Which process is meant by a process id, which the kernel uses again."""

from pathlib import Path

STATE, THREADS, START_TIME = 0, 17, 19  # places in /proc/PID/stat after the name: fields 3, 20 and 22 of proc(5)


def start_time(pid: int) -> int | None:
    """When a process began, in clock ticks after boot; None where there is none, or only its zombie.

    Not psutil's time of creation: that is of the clock on the wall, which is set, and so tells nothing to another
    process later. A zombie whose other threads are still ending is not gone: it has its ports until they are.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    ended = fields[STATE] in "ZX" and int(fields[THREADS]) <= 1
    return None if ended else int(fields[START_TIME])
