"""Processes that keep a machine busy."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

BURN = """
import os, sys, time
for _ in range(int(sys.argv[1]) - 1):
    if not os.fork():
        break
os.nice(int(sys.argv[2]))
parent, end = os.getppid(), time.monotonic() + float(sys.argv[3])
while os.getppid() == parent and time.monotonic() < end:
    for _ in range(100_000):
        pass
"""
"""Arguments: how many, how nice, seconds after which they end in any case. They end with their parent, too."""


@contextlib.contextmanager
def busy(sessions: int, each: int, nice: int, seconds: float) -> Iterator[None]:
    """``sessions`` times ``each`` processes that compute for ever, ``seconds`` at most; none is left afterwards.

    Where the kernel shares the processors among sessions (sched_autogroup), one session is as much as one process.
    """
    command = [sys.executable, "-c", BURN, str(each), str(nice), str(seconds)]
    with contextlib.ExitStack() as stack:
        for _ in range(sessions):
            leader = stack.enter_context(subprocess.Popen(command, start_new_session=True))
            stack.callback(_end, leader)
        yield


def _end(leader: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGKILL)
