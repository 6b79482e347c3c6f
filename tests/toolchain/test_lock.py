"""The lock between processes."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bay.toolchain.lock import exclusive, is_locked, report_waiting

HOLD = """
import sys
from pathlib import Path
from bay.toolchain.lock import exclusive, report_waiting
with exclusive(Path(sys.argv[1]), report_waiting(print, 'nobody')):
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


def test_the_second_says_whom_it_waits_for_and_gets_the_lock_when_the_first_is_killed(tmp_path: Path) -> None:
    told: list[str] = []
    with hold_elsewhere(tmp_path / "lock") as first:
        threading.Timer(0.2, first.kill).start()
        with exclusive(tmp_path / "lock", report_waiting(told.append, "another start")):
            assert first.wait() == -9
    assert told == [f"waiting for another start (process {first.pid}), 0 s"]


def test_who_waits_may_give_up(tmp_path: Path) -> None:
    def give_up(holder: str, _seconds: float) -> None:
        raise TimeoutError(holder)

    with hold_elsewhere(tmp_path / "lock") as first:
        with pytest.raises(TimeoutError, match=f"^{first.pid}$"), exclusive(tmp_path / "lock", give_up):
            pass
        assert is_locked(tmp_path / "lock")
        first.kill()
    assert not is_locked(tmp_path / "lock")


def test_a_lock_whose_folder_was_deleted_meanwhile_is_taken_in_the_new_folder(tmp_path: Path) -> None:
    lock = tmp_path / "state" / "lock"
    with hold_elsewhere(lock) as first:

        def delete_and_let_go(_holder: str, _seconds: float) -> None:
            shutil.rmtree(lock.parent)
            first.kill()

        with exclusive(lock, delete_and_let_go):
            assert lock.read_text() == str(os.getpid())


def test_a_child_that_has_the_descriptor_keeps_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with exclusive(lock, report_waiting(print, "nobody")) as descriptor:
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(descriptor,))
    with child:
        assert is_locked(lock)
        child.communicate(b"\n")
    assert not is_locked(lock)


def test_a_free_lock_is_taken_without_waiting(tmp_path: Path) -> None:
    told: list[str] = []
    for _ in range(2):
        with exclusive(tmp_path / "lock", report_waiting(told.append, "another start")):
            pass
    assert told == []


def test_a_folder_that_goes_between_its_making_and_the_lock_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_file, lock, deleted = os.open, tmp_path / "state" / "lock", []

    def delete_once(path: Path, flags: int, mode: int = 0o777) -> int:
        if not deleted:
            deleted.append(path)
            lock.parent.rmdir()
        return open_file(path, flags, mode)

    monkeypatch.setattr(os, "open", delete_once)
    with exclusive(lock, report_waiting(print, "nobody")):
        assert lock.exists()
    assert deleted == [lock]
