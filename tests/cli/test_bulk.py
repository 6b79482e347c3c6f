"""A question about many bays: answers in order, one that fails or takes long hides no other, Ctrl-C ends all."""

import os
import signal
import threading
from collections.abc import Callable

import pytest

from bay.cli import bulk
from bay.components.errors import BayError
from bay.stacks.bays import Bays
from bay.stacks.errors import Interrupted
from bay.stacks.events import Event, Notice
from tests.fakes.stack import FakeContext


class FakeBays(Bays):
    """Ask nobody. shared: how often answers were shared."""

    def __init__(self) -> None:
        self.context, self.shared = FakeContext(), 0

    def share_answers(self) -> None:
        """Count it."""
        self.shared += 1


def asked(ask: Callable[[Bays, str], str], *names: str, bays: FakeBays | None = None) -> list[str]:
    return bulk.ask_all(bays or FakeBays(), names, ask, lambda name, error: f"{name}: {error.message}")


def test_answers_come_in_order_from_one_login_and_each_has_an_end_of_its_own() -> None:
    bays, ends = FakeBays(), list[object]()

    def ask(own: Bays, name: str) -> str:
        assert own.context.login is bays.context.login
        ends.append(own.context.cancel)
        return name.upper()

    assert asked(ask, *"abcdefgh", bays=bays) == list("ABCDEFGH")
    assert (bays.shared, len(set(map(id, ends)))) == (1, 8)
    assert id(bays.context.cancel) not in map(id, ends)


def test_without_bays_nobody_has_to_log_in() -> None:
    bays = FakeBays()
    assert asked(lambda *_: "x", bays=bays) == []
    assert bays.shared == 0


@pytest.mark.parametrize(("error", "message"), [(BayError("no image"), "no image"), (KeyError("x"), "KeyError: 'x'")])
def test_one_that_fails_hides_no_other(error: Exception, message: str) -> None:
    def ask(_bays: Bays, name: str) -> str:
        if name == "b":
            raise error
        return name

    first, second, third = asked(ask, *"abc")
    assert (first, third) == ("a", "c")
    assert second.startswith("b: ")
    assert message in second


def test_one_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "LONGEST", 0.2)

    def ask(bays: Bays, name: str) -> str:
        if name == "slow":
            ended = threading.Event()
            with bays.context.cancel.stopping(ended.set, ended.set):
                assert ended.wait(30)
            bays.context.cancel.raise_if_requested()
        return name

    assert asked(ask, "slow", "fast") == ["slow: no answer within 0.2 seconds", "fast"]


def test_an_interrupt_ends_what_runs_and_begins_nothing_more() -> None:
    begun: list[str] = []

    def ask(bays: Bays, name: str) -> str:
        begun.append(name)
        ended = threading.Event()
        with bays.context.cancel.stopping(ended.set, ended.set):
            if len(begun) == bulk.AT_ONCE:
                os.kill(os.getpid(), signal.SIGINT)
            assert ended.wait(30)
        bays.context.cancel.raise_if_requested()
        return name

    with pytest.raises(Interrupted):
        asked(ask, *map(str, range(20)))
    assert len(begun) == bulk.AT_ONCE


def test_who_listens_may_be_another_for_the_time() -> None:
    bays, told = FakeBays(), list[Event]()

    def ask(own: Bays, name: str) -> str:
        own.context.notify(name, "code", "text")
        return name

    bulk.ask_all(bays, ["a"], ask, lambda *_: "", told.append)
    assert told == [Notice("a", "code", "text")]
    assert bays.context.events == []  # type: ignore[attr-defined]
