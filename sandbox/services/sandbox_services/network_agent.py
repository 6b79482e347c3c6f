"""The process of the network agent, where servers boot."""

import functools
import os
import signal

from . import process, service
from .nodes.names import Names
from .nodes.network import follow, heartbeat
from .plan import Plan

NAME = "network"
"""Of its log and its record."""


def fork(plan: Plan) -> int:
    """Start it; returns its process id."""
    service.record(plan, NAME).unlink(missing_ok=True)
    heartbeat.delete(plan.state)
    return process.fork(functools.partial(_run, plan), plan.state / "log" / f"{NAME}.log")


def _run(plan: Plan) -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    _say(plan, ready=False)
    follow.serve(plan.state, Names.of(plan.state), functools.partial(_stay, plan))


def _stay(plan: Plan) -> None:
    process.outlive_parent()
    _say(plan, ready=True)


def _say(plan: Plan, ready: bool) -> None:
    process.write_record(service.record(plan, NAME), service=NAME, port=0, build=plan.build, ready=ready)
