"""How a caller ends an operation: in order or at once, from any thread, and for good."""

import threading
import time

import pytest

from bay.stacks.cancellation import Cancellation
from bay.stacks.errors import Interrupted


@pytest.fixture
def cancel() -> Cancellation:
    return Cancellation()


def test_what_runs_is_asked_to_end_in_order_and_then_by_force(cancel: Cancellation) -> None:
    asked: list[str] = []
    with cancel.stopping(lambda: asked.append("in order"), lambda: asked.append("at once")):
        assert cancel.request() is True
        assert asked == ["in order"]
        cancel.force()
    assert asked == ["in order", "at once"]


def test_everything_that_runs_is_asked(cancel: Cancellation) -> None:
    asked: list[int] = []
    with cancel.stopping(lambda: asked.append(1), lambda: None), cancel.stopping(lambda: asked.append(2), lambda: None):
        cancel.request()
    assert asked == [1, 2]


def test_where_nothing_runs_that_is_told_to_who_asks(cancel: Cancellation) -> None:
    """A terminal then raises KeyboardInterrupt by itself."""
    with cancel.stopping(lambda: pytest.fail("it has ended"), lambda: pytest.fail("it has ended")):
        pass
    assert cancel.request() is False
    assert cancel.is_requested


def test_what_begins_after_that_is_asked_at_once_to_end(cancel: Cancellation) -> None:
    cancel.request()
    asked: list[str] = []
    with cancel.stopping(lambda: asked.append("in order"), lambda: asked.append("at once")):
        assert asked == ["in order"]


def test_nothing_more_is_begun(cancel: Cancellation) -> None:
    cancel.raise_if_requested()
    cancel.force()
    with pytest.raises(Interrupted) as ended:
        cancel.raise_if_requested()
    assert ended.value.message == "interrupted; resources created so far are kept in the state"
    assert "run the same command again to resume" in ended.value.hint


def test_an_error_of_what_ran_leaves_nothing_that_could_be_asked(cancel: Cancellation) -> None:
    with pytest.raises(ValueError, match="mine"), cancel.stopping(lambda: None, lambda: None):
        raise ValueError("mine")
    assert cancel.request() is False


def test_a_sleep_ends_as_soon_as_somebody_asks(cancel: Cancellation) -> None:
    """Also where that is the only thing that goes on: then an end in order is possible."""
    answered: list[bool] = []

    def ask() -> None:
        while not answered or not answered[-1]:
            answered.append(cancel.request())
            time.sleep(0.001)

    thread = threading.Thread(target=ask)
    started = time.monotonic()
    thread.start()
    with pytest.raises(Interrupted):
        cancel.sleep(600)
    assert time.monotonic() - started < 300
    answered.append(True)
    thread.join()


def test_a_sleep_that_nobody_ends_takes_its_time(cancel: Cancellation) -> None:
    started = time.monotonic()
    cancel.sleep(0.02)
    assert time.monotonic() - started >= 0.02


def test_two_callers_end_only_their_own() -> None:
    one, other = Cancellation(), Cancellation()
    one.request()
    other.raise_if_requested()
