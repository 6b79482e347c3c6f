"""Runs one long program: its output goes to a log, its progress to the user."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TextIO

#: Takes one line for the user.
Report = Callable[[str], None]

#: Says how far a program is, by the lines that it has printed and the seconds that it runs.
Describe = Callable[[Sequence[str], float], str]

#: Seconds between two lines of progress where they are kept, as in a log.
HEARTBEAT = 15.0

#: Seconds between two of them on a terminal, where each takes the place of the one before.
REFRESH = 0.5

#: Seconds that an interrupted program has to end by itself.
GRACE = 3.0


class ProcessFailed(Exception):
    """The program ended with an exit code; `output` is what it printed."""

    def __init__(self, code: int, output: str) -> None:
        super().__init__(f"exit code {code}")
        self.code = code
        self.output = output


def run(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    title: str,
    report: Report,
    status: Report | None = None,
    describe: Describe | None = None,
) -> str:
    """Run a program to its end and return what it printed.

    While it runs, its progress goes to `status` every `REFRESH` seconds, where there is one, else to `report` every
    `HEARTBEAT` seconds. `describe` words it; without it, it is the title, the seconds and the number of lines printed.
    The program and its children are a group of their own, which ends with this call, also when it is interrupted.
    Raises ProcessFailed, and OSError when the program cannot be started.
    """
    describe = describe or partial(_count_lines, title)
    lines: list[str] = []
    with log.open("a", encoding="utf-8") as copy:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
        )
        assert child.stdout is not None
        reader = Thread(target=_collect, args=(child.stdout, copy, lines), daemon=True)
        reader.start()
        try:
            _wait(child, lines, describe, report, status)
        finally:
            _end(child)
            if status:
                status("")
            reader.join()
            child.stdout.close()
    output = "".join(lines)
    if child.returncode:
        raise ProcessFailed(child.returncode, output)
    return output


def _collect(stream: TextIO, copy: TextIO, lines: list[str]) -> None:
    for line in stream:
        lines.append(line)
        with suppress(OSError):  # a full disk must not hide what the program says about it
            copy.write(line)
            copy.flush()


def _count_lines(title: str, lines: Sequence[str], seconds: float) -> str:
    return f"{title}: {len(lines)} lines, {seconds:.0f} s"


def _wait(
    child: subprocess.Popen[str], lines: Sequence[str], describe: Describe, report: Report, status: Report | None
) -> None:
    started = time.monotonic()
    while True:
        try:
            child.wait(REFRESH if status else HEARTBEAT)
            return
        except subprocess.TimeoutExpired:
            line = describe(lines, time.monotonic() - started)
            if status:
                status(line)
            else:
                report(f"  {line}")


def _end(child: subprocess.Popen[str]) -> None:
    """End a program that still runs, with the compilers that `go build` has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, number)
            with suppress(subprocess.TimeoutExpired):
                child.wait(GRACE)
