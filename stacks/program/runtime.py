"""Waiting for all that a program has under way, once."""

import asyncio
from collections.abc import Awaitable, Callable

from pulumi.runtime.settings import SETTINGS

from bay.stacks.program.silent import silent


def settling(program: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    """The program with the wait at its end and without debug messages, as the Automation API takes it."""

    async def run() -> None:
        with silent():
            program()
            await settled()

    return run


async def settled() -> None:
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
