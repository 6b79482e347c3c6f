"""The lock between processes."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path

from bay.sandbox.lock import held

HOLD = """
import sys
from pathlib import Path
from bay.sandbox.lock import held
with held(Path(sys.argv[1]), lambda: None):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold_elsewhere(path: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout
    assert child.stdout.readline() == "held\n"
    return child


def test_the_second_says_that_it_waits_and_gets_the_lock_when_the_first_is_killed(tmp_path: Path) -> None:
    waited: list[str] = []
    with hold_elsewhere(tmp_path / "lock") as first:
        threading.Timer(0.2, first.kill).start()
        with held(tmp_path / "lock", lambda: waited.append("waiting")):
            assert first.wait() == -9
    assert waited == ["waiting"]


def test_a_lock_whose_folder_was_deleted_meanwhile_is_taken_in_the_new_folder(tmp_path: Path) -> None:
    lock = tmp_path / "state" / "lock"
    with hold_elsewhere(lock) as first:

        def delete_and_let_go() -> None:
            shutil.rmtree(lock.parent)
            first.kill()

        with held(lock, delete_and_let_go):
            assert lock.exists()


def test_a_free_lock_is_taken_without_waiting(tmp_path: Path) -> None:
    waited: list[str] = []
    for _ in range(2):
        with held(tmp_path / "lock", lambda: waited.append("waiting")):
            pass
    assert waited == []
