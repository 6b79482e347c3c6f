"""One question about many bays, in this process: they share a login and what the cloud answers; one hides no other."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

from bay.cli.errors import unexpected
from bay.cli.session import changing
from bay.components.errors import BayError
from bay.stacks.bays import Bays
from bay.stacks.cancellation import Cancellation
from bay.stacks.errors import Interrupted
from bay.stacks.events import Listener

LOG = logging.getLogger(__name__)

AT_ONCE = 4
"""Bays at the same time: the Pulumi of one uses a core, and waits for the cloud in between."""
LONGEST = 900.0
"""Seconds for one bay: ten times what one of 1000 nodes takes (docs/speed.md)."""
SIGNALS_WITHIN = 0.5
"""Seconds until Ctrl-C is noticed at the latest."""

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def ask_all(
    bays: Bays,
    asked: Sequence[Asked],
    ask: Callable[[Bays, Asked], Answer],
    failed: Callable[[Asked, BayError], Answer],
    listen: Listener | None = None,
) -> list[Answer]:
    """The answers, in order. Nothing may be changed. listen: in the place of who listens to `bays`.

    Ctrl-C ends what runs and all that would follow: Interrupted.
    """
    if not asked:
        return []
    bays.share_answers()

    def one(what: Asked) -> Answer:
        try:
            with _limited(bays.context.cancel) as cancel:
                return ask(bays.beside(cancel, listen), what)
        except Interrupted:
            raise
        except BayError as error:
            return failed(what, error)
        except Exception as error:  # a mistake about one bay hides no other
            LOG.debug("%s", what, exc_info=True)
            return failed(what, unexpected(error))

    with changing(bays), ThreadPoolExecutor(min(AT_ONCE, len(asked))) as pool:
        answers = [pool.submit(one, what) for what in asked]
        try:
            return [_result(answer) for answer in answers]
        finally:
            for answer in answers:
                answer.cancel()


def _result(answer: "Future[Answer]") -> Answer:
    """A signal that comes just before this thread begins to wait is handled only when it wakes: it wakes often."""
    while not answer.done():
        wait([answer], SIGNALS_WITHIN)
    return answer.result()


@contextmanager
def _limited(caller: Cancellation) -> Iterator[Cancellation]:
    """What ends when its caller says so, and after LONGEST."""
    caller.raise_if_requested()
    cancel, over = Cancellation(), threading.Event()

    def stop() -> None:
        over.set()
        cancel.force()

    timer = threading.Timer(LONGEST, stop)
    timer.daemon = True
    timer.start()
    try:
        with caller.stopping(cancel.request, cancel.force):
            yield cancel
    except BayError:
        if over.is_set():
            raise BayError(f"no answer within {LONGEST:g} seconds", "ask for this bay alone") from None
        raise
    finally:
        timer.cancel()
