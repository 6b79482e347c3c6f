"""Forks one process a service, waits until all of them answer, seeds the cloud, and ends."""

import functools
import os
import time
from pathlib import Path

from . import databases, network_agent, preload, process, seed, service
from .plan import Plan

LIMIT = 180.0  # seconds for a service to answer; on two busy cores the slowest was seen to take 60
INTERVAL = 0.03  # seconds between looks


class LaunchError(Exception):
    """One line for the user."""


def launch(plan: Plan, names: list[str]) -> int:
    """Do all of it; returns the exit code. The lines printed are shown to the user."""
    process.end_with_parent(os.getppid())
    os.umask(0o077)
    try:
        preload.preload()
        _make_databases(plan)
        _start(plan, names)
        _seed(plan)
    except (LaunchError, OSError, process.OpenDatabaseError) as error:
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
    makers = databases.makers(plan)
    _wait_until_done(plan, {process.fork(work, _log(plan, name)): name for name, work in makers.items()})
    databases.finish(plan)


def _start(plan: Plan, names: list[str]) -> None:
    waiting, end = {_fork(plan, name): name for name in names}, time.monotonic() + LIMIT
    while waiting:
        for child, name in list(waiting.items()):
            code = _exit_code(child)
            if code is not None:
                raise LaunchError(f"{name} ended with {code}: {_last_line(_log(plan, name))}")
            if service.is_ready(plan, name, child):
                print(f"{name} answers", flush=True)
                del waiting[child]
        if time.monotonic() > end:
            raise LaunchError(f"{', '.join(waiting.values())} did not answer within {LIMIT:.0f} s")
        time.sleep(INTERVAL)


def _fork(plan: Plan, name: str) -> int:
    return network_agent.fork(plan) if name == network_agent.NAME else service.fork(plan, name)


def _seed(plan: Plan) -> None:
    if not seed.complete(plan):
        print("adding flavors, images and networks", flush=True)
        _wait_until_done(plan, {process.fork(functools.partial(seed.seed, plan), _log(plan, "seed")): "seed"})


def _wait_until_done(plan: Plan, children: dict[int, str]) -> None:
    while children:
        for child, name in list(children.items()):
            code = _exit_code(child)
            if code:
                raise LaunchError(f"{name} ended with {code}: {_last_line(_log(plan, name))}")
            if code == 0:
                del children[child]
        time.sleep(INTERVAL)


def _exit_code(child: int) -> int | None:
    """None while it runs."""
    ended, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def _log(plan: Plan, name: str) -> Path:
    return plan.state / "log" / f"{name}.log"
