"""Ctrl-C: the first ends an operation in order, the second at once; where nothing runs, it just ends."""

import os
import signal
import threading
from collections.abc import Callable

import pytest

from bay.cli.signals import cancelled_by_interrupt
from bay.stacks.cancellation import Cancellation
from bay.stacks.errors import Interrupted

Captured = pytest.CaptureFixture[str]
IN_ORDER = "stopping: waiting for what is in flight; Ctrl-C again stops at once\n"
AT_ONCE = "stopping at once\n"


@pytest.fixture
def cancel() -> Cancellation:
    return Cancellation()


def press() -> None:
    """Ctrl-C, as a terminal sends it; answered before the next line."""
    os.kill(os.getpid(), signal.SIGINT)


def operation(done: list[str]) -> tuple[Callable[[], None], Callable[[], None]]:
    """How an operation is ended, in order and at once; what was asked for is in `done`."""
    return lambda: done.append("in order"), lambda: done.append("at once")


def test_the_first_lets_what_is_in_flight_finish_and_the_second_does_not(
    cancel: Cancellation, capsys: Captured
) -> None:
    done: list[str] = []
    with cancelled_by_interrupt(cancel), cancel.stopping(*operation(done)):
        press()
        assert done == ["in order"]
        assert capsys.readouterr() == ("", IN_ORDER)
        press()
        assert done == ["in order", "at once"]
        assert capsys.readouterr() == ("", AT_ONCE)


def test_a_third_is_as_the_second(cancel: Cancellation) -> None:
    done: list[str] = []
    with cancelled_by_interrupt(cancel), cancel.stopping(*operation(done)):
        for _ in range(3):
            press()
    assert done == ["in order", "at once", "at once"]


def test_where_nothing_runs_that_could_end_in_order_it_just_ends(cancel: Cancellation, capsys: Captured) -> None:
    with pytest.raises(KeyboardInterrupt), cancelled_by_interrupt(cancel):
        press()
    assert capsys.readouterr() == ("", ""), "who ends says so"


def test_a_wait_ends_at_once(cancel: Cancellation, capsys: Captured) -> None:
    timer = threading.Timer(0.05, press)
    timer.start()
    with pytest.raises(Interrupted), cancelled_by_interrupt(cancel):
        cancel.sleep(60)
    timer.join()
    assert capsys.readouterr() == ("", IN_ORDER)


def test_an_operation_that_begins_after_the_first_is_ended_in_order(cancel: Cancellation) -> None:
    done: list[str] = []
    with cancelled_by_interrupt(cancel):
        with cancel.stopping(*operation([])):
            press()
        with cancel.stopping(*operation(done)):
            pass
    assert done == ["in order"]


@pytest.mark.parametrize("error", [None, ZeroDivisionError])
def test_afterwards_ctrl_c_means_what_it_meant_before(error: type[Exception] | None, cancel: Cancellation) -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        with cancelled_by_interrupt(cancel):
            assert signal.getsignal(signal.SIGINT) is not before
            if error:
                raise error
    except ZeroDivisionError:
        pass
    assert signal.getsignal(signal.SIGINT) is before
