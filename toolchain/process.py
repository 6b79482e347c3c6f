"""Runs one long program: its output goes to a log, signs of life to the user."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TextIO

Report = Callable[[str], None]

#: Seconds between signs of life.
HEARTBEAT = 15.0

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
) -> str:
    """Run a program to its end and return what it printed.

    While it runs, `report` gets the title, the seconds and the number of lines printed every `HEARTBEAT` seconds.
    The program and its children are a group of their own, which ends with this call, also when it is interrupted.
    Raises ProcessFailed, and OSError when the program cannot be started.
    """
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
            _wait(child, lines, title, report)
        finally:
            _end(child)
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


def _wait(child: subprocess.Popen[str], lines: list[str], title: str, report: Report) -> None:
    started = time.monotonic()
    while True:
        try:
            child.wait(HEARTBEAT)
            return
        except subprocess.TimeoutExpired:
            report(f"  {title}: {time.monotonic() - started:.0f} s, {len(lines)} steps")


def _end(child: subprocess.Popen[str]) -> None:
    """End a program that still runs, with the compilers that `go build` has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is None:
            os.killpg(child.pid, number)
            with suppress(subprocess.TimeoutExpired):
                child.wait(GRACE)
