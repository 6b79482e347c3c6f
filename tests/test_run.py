"""The script that runs the tests: what failed among the others runs once more, alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

PASSES = "def test_passes():\n    pass\n"
ALWAYS = "def test_always_fails():\n    assert False\n"
ONCE = """
from pathlib import Path

def test_fails_once():
    been = Path("been")
    if not been.exists():
        been.touch()
        assert False
"""
#: Exit codes of pytest: all passed, some failed, interrupted (by an error while the tests are collected).
PASSED, FAILED, INTERRUPTED = 0, 1, 2


@pytest.mark.parametrize(
    ("tests", "code", "again"),
    [
        (PASSES, PASSED, None),
        (PASSES + ONCE, PASSED, "1 passed"),
        (PASSES + ONCE + ALWAYS, FAILED, "1 failed, 1 passed"),
        (PASSES + "import no_such_module\n", INTERRUPTED, "1 error"),
    ],
    ids=["none failed", "one failed once", "one fails again", "one cannot be read"],
)
def test_what_failed_runs_once_more_alone(tmp_path: Path, tests: str, code: int, again: str | None) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "test_it.py").write_text(tests)
    done = subprocess.run(
        [ROOT / "tests/run.sh", "-q", "-c", "/dev/null", "--rootdir", tmp_path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    _, said, second = done.stdout.partition("once more and alone:")
    assert bool(said) == (again is not None)
    assert again is None or again in second
