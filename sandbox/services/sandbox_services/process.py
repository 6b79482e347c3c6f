"""Child processes of the launcher: forked, so that they share the memory of the libraries it has imported."""

import ctypes
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import open_files
from .nodes.processes import start_time

PR_SET_PDEATHSIG = 1  # prctl(2)


def end_with_parent(parent: int) -> None:
    """Be killed when the process ``parent`` ends, in whatever way."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)


def outlive_parent() -> None:
    """Undo :func:`end_with_parent`."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, 0)


class OpenDatabaseError(RuntimeError):
    """A process with an open SQLite database was about to fork."""


def fork(work: Callable[[], None], log: Path) -> int:
    """Run ``work`` in a child whose output goes to a log file of its own; return the child's id.

    OpenDatabaseError where this process has a database open: the child would inherit SQLite's belief to hold locks of
    it, which are this process's alone, and files deleted under it would be taken for the database.
    """
    open_here = sorted({file.path.name.partition(open_files.SQLITE)[0] for file in open_files.sqlite_files()})
    if open_here:
        raise OpenDatabaseError(f"cannot fork while databases are open in this process: {', '.join(open_here)}")
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        end_with_parent(parent)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if log.exists():
            log.replace(log.with_suffix(".previous.log"))
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        work()
        status = 0
    except SystemExit as end:  # how the services' own commands return
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def write_record(path: Path, **fields: Any) -> None:
    """Write this process's record, whole or not at all; bay.sandbox.processes reads it."""
    record = {"pid": os.getpid(), "start_time": start_time(os.getpid()), **fields}
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(record))
    partial.replace(path)
