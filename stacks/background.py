"""Work that goes on beside other work, and that nobody waits for at the end of the program."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def run_in_background(work: Callable[[], Result]) -> Callable[[], Result]:
    """Begin it, and return what waits for its result or raises its error.

    No executor: Python waits for an executor's threads before it ends, so that after Ctrl-C it would sit out the login
    to a cloud that does not answer.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future.result
