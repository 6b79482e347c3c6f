"""Work beside other work: its result and its error come to whoever waits for it, and nobody else waits."""

import subprocess
import sys

import pytest

from bay.stacks.background import run_in_background


def test_the_result_comes_to_whoever_waits() -> None:
    assert run_in_background(lambda: 7)() == 7


def test_an_error_comes_to_whoever_waits() -> None:
    result = run_in_background(lambda: [][0])
    with pytest.raises(IndexError):
        result()


def test_a_program_ends_without_waiting_for_it() -> None:
    """As after Ctrl-C during a login to a cloud that does not answer."""
    program = "import time; from bay.stacks.background import run_in_background as run; run(lambda: time.sleep(600))"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0
