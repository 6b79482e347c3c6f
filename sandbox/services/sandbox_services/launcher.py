"""Forks one process a service, waits until all of them answer, seeds the cloud, and ends."""

import os
import time
from pathlib import Path

from . import databases, preload, process, seed, service
from .plan import Plan

LIMIT = 180.0  # seconds for a service to answer; on two busy cores the slowest was seen to take 60


class LaunchError(Exception):
    """One line for the user."""


def launch(plan: Plan, names: list[str]) -> int:
    """Do all of it; returns the exit code. The lines printed are shown to the user."""
    process.end_with_parent(os.getppid())
    os.umask(0o077)
    children: dict[int, str] = {}
    try:
        preload.preload()
        _make_databases(plan)
        children.update((service.fork(plan, name), name) for name in names)
        _wait_until_ready(plan, children)
        _seed(plan)
    except LaunchError as error:
        print(f"failed: {error}", flush=True)
        return 1
    return 0


def _make_databases(plan: Plan) -> None:
    if databases.complete(plan):
        return
    if databases.copy_template(plan):
        print("copied empty databases", flush=True)
        return
    print("making the databases, once", flush=True)
    databases.prepare(plan)
    children = {process.fork(work, _log(plan, f"database-{name}")): name for name, work in databases.makers(plan).items()}
    while children:
        _check_exit(plan, children, "database-")
        time.sleep(0.05)
    databases.finish(plan)


def _wait_until_ready(plan: Plan, children: dict[int, str]) -> None:
    waiting, end = dict(children), time.monotonic() + LIMIT
    while waiting:
        _check_exit(plan, waiting, "")
        for child, name in list(waiting.items()):
            if service.is_ready(plan, name, child):
                print(f"{name} answers", flush=True)
                del waiting[child]
        if time.monotonic() > end:
            raise LaunchError(f"{', '.join(waiting.values())} did not answer within {LIMIT:.0f} s")
        time.sleep(0.05)


def _seed(plan: Plan) -> None:
    if seed.complete(plan):
        return
    print("adding flavors, images and networks", flush=True)
    children = {process.fork(lambda: seed.seed(plan), _log(plan, "seed")): "seed"}
    while children:
        _check_exit(plan, children, "")
        time.sleep(0.02)


def _check_exit(plan: Plan, children: dict[int, str], prefix: str) -> None:
    """Drop the children that ended well; raise LaunchError for one that did not."""
    for child, name in list(children.items()):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            del children[child]
            code = os.waitstatus_to_exitcode(status)
            if code or not (prefix or name == "seed"):
                raise LaunchError(f"{prefix}{name} ended with {code}: {_last_line(_log(plan, prefix + name))}")


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def _log(plan: Plan, name: str) -> Path:
    return plan.state / "log" / f"{name}.log"
