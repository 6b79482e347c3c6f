"""Waiting on a machine that has other things to do."""

import os
import time
from pathlib import Path

import pytest

from bay.sandbox.services.sandbox_services import progress
from bay.sandbox.services.sandbox_services.nodes import deadline, logs
from bay.sandbox.services.sandbox_services.nodes.commands import wait_until


class Machine:
    """Its clock and its load; who sleeps there moves the clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.load = 1000.0, 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self.sleep)
        monkeypatch.setattr(os, "getloadavg", lambda: (self.load, 0.0, 0.0))
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.mark.parametrize(("load", "seconds"), [(0.0, 60), (2.0, 60), (4.0, 120), (20.0, 600), (1000.0, 1800)])
def test_what_is_waited_for_takes_longer_on_a_busy_machine(machine: Machine, load: float, seconds: float) -> None:
    machine.load, begin = load, machine.now
    assert not wait_until(lambda: False, 60, interval=1)
    assert machine.now - begin == pytest.approx(seconds, rel=0.05)


def test_the_load_counts_for_the_time_in_which_it_was_there(machine: Machine) -> None:
    left = deadline.Deadline(60)
    machine.load = 20
    machine.sleep(300)
    assert not left.has_passed()
    machine.load = 0
    machine.sleep(29)
    assert not left.has_passed()
    machine.sleep(2)
    assert left.has_passed()


def test_what_comes_true_is_not_waited_for_any_longer(machine: Machine) -> None:
    begin = machine.now
    assert wait_until(lambda: machine.now >= begin + 3, 60, interval=1)
    assert machine.now - begin == pytest.approx(3)


def test_who_waits_long_says_for_what(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.load, told = 21.6, progress.Progress()
    for _ in range(40):
        told.report("nova, octavia")
        machine.sleep(1)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"waiting for nova, octavia ({seconds} s; load 22 on 2 processors)" for seconds in (15, 30)]


def test_the_last_words_of_a_log_are_its_last_line_with_words(tmp_path: Path) -> None:
    log = tmp_path / "nova.log"
    assert logs.last_line(log) == "(no log)"
    log.write_text("\n \n")
    assert logs.last_line(log) == "(empty)"
    log.write_bytes(b"x" * 200_000 + b"\nValueError: \xff wrong\n\n")
    assert logs.last_line(log) == "ValueError: � wrong"
    log.write_text("y" * 200_000)
    assert len(logs.last_line(log)) == 300
