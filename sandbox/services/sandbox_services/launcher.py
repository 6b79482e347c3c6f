"""Forks one process a service, waits until all of them answer, seeds the cloud, and ends."""

import functools
import os
import time
from collections.abc import Callable
from pathlib import Path

from . import databases, network_agent, preload, process, seed, service
from .nodes.deadline import Deadline
from .nodes.logs import last_line
from .nodes.network import lag
from .plan import Plan
from .progress import Progress

LIMIT = 180.0  # seconds without progress on an idle machine, where all services answer after 15
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
        _wait_until_followed(plan)
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
    def answers(name: str, child: int, code: int | None) -> bool:
        return code is None and service.is_ready(plan, name, child)

    _wait(plan, {_fork(plan, name): name for name in names}, answers, "{} answers")


def _fork(plan: Plan, name: str) -> int:
    return network_agent.fork(plan) if name == network_agent.NAME else service.fork(plan, name)


def _seed(plan: Plan) -> None:
    if not seed.complete(plan):
        print("adding flavors, images and networks", flush=True)
        _wait_until_done(plan, {process.fork(functools.partial(seed.seed, plan), _log(plan, "seed")): "seed"})


def _wait_until_followed(plan: Plan) -> None:
    """Return when the seeded networks exist on this machine."""
    deadline, progress = Deadline(LIMIT), Progress()
    while plan.node_images and (why := lag.lag_reason(plan.state, grace=0)):
        if deadline.has_passed() or not lag.is_running(plan.state):
            raise LaunchError(f"{network_agent.NAME} does not follow Neutron: {why}")
        progress.report(f"{network_agent.NAME} to follow Neutron: {why}")
        time.sleep(lag.INTERVAL)


def _wait_until_done(plan: Plan, children: dict[int, str]) -> None:
    _wait(plan, children, lambda name, child, code: code == 0)


def _wait(
    plan: Plan, children: dict[int, str], is_done: Callable[[str, int, int | None], bool], line: str = ""
) -> None:
    """Return when ``is_done`` (name, process id, exit code) holds for all ``children``, names by process id.

    ``line`` is printed for each. LaunchError where one exits without being done, or where none gets done for too long.
    """
    deadline, progress = Deadline(LIMIT), Progress()
    while children:
        for child, name in list(children.items()):
            code = _exit_code(child)
            if is_done(name, child, code):
                del children[child]
                deadline = Deadline(LIMIT)
                if line:
                    print(line.format(name), flush=True)
            elif code is not None:
                raise LaunchError(f"{name} ended with {code}: {last_line(_log(plan, name))}")
        if deadline.has_passed():
            logs = "; ".join(f"{name}: {last_line(_log(plan, name))}" for name in children.values())
            raise LaunchError(
                f"no progress for {LIMIT:.0f} s (longer on a busy machine); last lines of the logs: {logs}"
            )
        progress.report(", ".join(children.values()))
        time.sleep(INTERVAL)


def _exit_code(child: int) -> int | None:
    """None while it runs."""
    ended, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _log(plan: Plan, name: str) -> Path:
    return plan.state / "log" / f"{name}.log"
