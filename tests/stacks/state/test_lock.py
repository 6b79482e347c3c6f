"""Two runs that change one bay are kept apart, however the first one ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bay.stacks.state.lock import held, is_held
from tests.fakes.messages import told

HOLDER = """
import sys
from pathlib import Path
from bay.stacks.state.lock import held
with held(Path(sys.argv[1]), "demo"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_run(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its stdin ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "locks" / "demo.lock"


def take(path: Path) -> None:
    with held(path, "demo"):
        pass


def test_the_second_run_is_told_who_holds_the_bay(path: Path) -> None:
    with another_run(path) as holder:
        assert told(lambda: take(path)) == (
            f"bay demo is being changed by another run (process {holder.pid})",
            "wait for it, then try again",
            1,
        )
        assert is_held(path)


def test_a_run_that_ended_holds_nothing(path: Path) -> None:
    with another_run(path):
        pass
    assert not is_held(path)
    take(path)


def test_a_run_that_was_killed_holds_nothing(path: Path) -> None:
    with another_run(path) as holder:
        os.kill(holder.pid, signal.SIGKILL)
    assert not is_held(path)
    take(path)


def test_a_run_that_failed_holds_nothing(path: Path) -> None:
    def fail() -> None:
        with held(path, "demo"):
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        fail()
    assert not is_held(path)


def test_the_lock_names_this_process_while_it_is_held(path: Path) -> None:
    with held(path, "demo"):
        assert path.read_text() == str(os.getpid())
        assert is_held(path)
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_bay_that_nobody_ever_changed_here_is_not_held(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "none.lock")
    assert list(tmp_path.iterdir()) == []


def test_two_bays_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with held(tmp_path / "one.lock", "one"), held(tmp_path / "two.lock", "two"):
        assert is_held(tmp_path / "one.lock")
        assert is_held(tmp_path / "two.lock")
