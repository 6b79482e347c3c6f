"""How a program runs: it waits once for all that it has under way, and keeps its debug messages to itself."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pulumi import log
from pulumi.runtime import _grpc_settings, resource
from pulumi.runtime.proto.source_pb2 import StackTrace
from pulumi.runtime.settings import SETTINGS

NO_PROXY = ("grpc.enable_http_proxy", 0)
"""gRPC's option for a channel that no `http_proxy` of the environment changes."""


def run_and_await(program: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    """The program with the wait at its end and without debug messages, as the Automation API takes it."""
    connect_without_proxy()
    without_stack_traces()

    async def run() -> None:
        with without_debug_log():
            program()
            await await_outputs()

    return run


def connect_without_proxy() -> None:
    """Have the SDK in this process talk to Pulumi without a proxy: both are on this machine, and gRPC would ask one."""
    options: list[tuple[str, int]] = _grpc_settings._GRPC_CHANNEL_OPTIONS  # the SDK has no public way to set them
    if NO_PROXY not in options:
        options.append(NO_PROXY)


def without_stack_traces() -> None:
    """Have the SDK in this process send no stack trace with a resource, for good.

    Each would stay in the state, with folders of whoever ran the program, and to collect them takes the program time.
    """
    resource._get_stack_trace = StackTrace  # the SDK has no public way to leave them out


async def await_outputs() -> None:
    """Return when no output of the program is open any more, or when the first has failed.

    Pulumi's SDK waits for them at the end of a program too, and tells of failures; but after each output that comes it
    begins anew with all the others, so that a bay of 1000 nodes took most of its planning for that (docs/speed.md).
    """
    while pending := _pending():
        done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
        if any(task.cancelled() or task.exception() for task in done):
            return


def _pending() -> list["asyncio.Task[object]"]:
    with SETTINGS.lock:
        return [task for task in SETTINGS.outputs if not task.done()]


_silent: ContextVar[bool] = ContextVar("silent", default=False)


@contextmanager
def without_debug_log() -> Iterator[None]:
    """While this lasts, the SDK tells Pulumi nothing that only `pulumi --debug` would show; for this program alone.

    It tells three steps of each resource, by calls that stop the whole program until they are answered: an eighth
    of the time of a plan of 1000 nodes (docs/speed.md). `bay` has no such option; under `pulumi up` the messages stay.
    """
    if log.debug is not _debug:
        global _told
        _told, log.debug = log.debug, _debug
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


_told: Callable[..., Any] = log.debug


def _debug(*words: object, **more: object) -> None:
    """In the place of `pulumi.log.debug`, for good: programs of several threads may overlap."""
    if not _silent.get():
        _told(*words, **more)
