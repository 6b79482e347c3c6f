"""One service in its process: load the application, listen, start the workers, say that it is ready."""

import functools
import importlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, Protocol, cast

from . import open_files, preload, process, sqlite, web
from .plan import Plan
from .progress import Progress

INTERVAL = 0.05  # seconds between looks
WATCH = 2.0  # seconds between checks of its database files


class ServiceModule(Protocol):
    """What the module of a service has."""

    LAZY_TRANSACTIONS: bool
    """See sqlite.patch."""

    def load(self, plan: Plan) -> web.Application:
        """The API."""

    def start_workers(self, plan: Plan) -> None:
        """What else runs in the process; called once the API listens."""


def module(name: str) -> ServiceModule:
    """The module of a service."""
    return cast(ServiceModule, importlib.import_module(f"{__package__}.{name}"))


def fork(plan: Plan, name: str) -> int:
    """Start a service; returns its process id."""
    record(plan, name).unlink(missing_ok=True)
    return process.fork(functools.partial(_run, plan, name), plan.state / "log" / f"{name}.log")


def is_ready(plan: Plan, name: str, pid: int | None = None) -> bool:
    """Whether a service answers; with ``pid``, whether that process does."""
    try:
        fields = json.loads(record(plan, name).read_text())
    except (FileNotFoundError, ValueError):
        return False
    return bool(fields["ready"]) and pid in (None, fields["pid"])


def wait_for(plan: Plan, name: str) -> None:
    """Return when another service answers. No timeout: the launcher has one, and this process exits with it."""
    progress = Progress()
    while not is_ready(plan, name):
        progress.report(name)
        time.sleep(INTERVAL)


def _run(plan: Plan, name: str) -> None:
    _write_record(plan, name, ready=False)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal = _keep_handlers  # type: ignore[assignment]
    if name != "nova":
        preload.allow_eventlet()
    sys.argv[:] = [f"sandbox-{name}"]
    this = module(name)
    sqlite.patch(this.LAZY_TRANSACTIONS)
    server = web.Server((plan.host, plan.services[name]["port"]), this.load(plan))
    server.prepare()
    serving = threading.Thread(target=server.serve, daemon=True)
    serving.start()
    this.start_workers(plan)
    process.outlive_parent()  # counts for the thread that calls it: the main one, which asked for the opposite
    _write_record(plan, name, ready=True)
    _watch(serving)


def _watch(serving: threading.Thread) -> None:
    """Return with the server; exit where database files are deleted or replaced while this process has them open."""
    before: list[str] = []
    while serving.is_alive():
        serving.join(WATCH)
        lost = open_files.find_replaced(open_files.sqlite_files())
        if lost and lost == before:  # seen twice: SQLite itself deletes files that it is about to close
            print(
                f"database files were deleted or replaced: {', '.join(lost)}; exiting, writes would be lost", flush=True
            )
            os._exit(1)
        before = lost


def _keep_handlers(number: int, handler: Any) -> None:
    """In place of signal.signal: several services in one process would each set their own handlers."""


def record(plan: Plan, name: str) -> Path:
    """What a process tells of itself."""
    return plan.state / "run" / f"{name}.json"


def _write_record(plan: Plan, name: str, ready: bool) -> None:
    port = plan.services[name]["port"]
    process.write_record(record(plan, name), service=name, port=port, build=plan.build, ready=ready)
