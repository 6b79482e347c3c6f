"""What is said when a folder or the Python is not fit."""

import errno
import os
from pathlib import Path

import pytest

from bay.sandbox import Sandbox, SandboxError, storage
from bay.sandbox.layout import Layout


def test_an_old_python_is_named_with_the_one_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage.sys, "version_info", (3, 10, 4))
    with pytest.raises(SandboxError) as caught:
        storage.check_machine()
    assert (caught.value.message, caught.value.hint) == (
        "the sandbox needs Python 3.11 or later, this is 3.10",
        "run bay with Python 3.11",
    )


FULL = (
    "the folder /some/file is full: no space left",
    "make room there, or use another folder, then start again",
)
MEND = "give yourself write permission there, or use another folder"


def test_another_system_than_linux_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage.sys, "platform", "darwin")
    with pytest.raises(SandboxError, match="the sandbox needs Linux, this is darwin"):
        storage.check_machine()


@pytest.mark.parametrize(
    ("number", "message", "hint"),
    [
        (errno.ENOSPC, *FULL),
        (errno.EDQUOT, *FULL),
        (errno.EACCES, "/some/file cannot be written: Permission denied", MEND),
        (errno.EROFS, "/some/file cannot be written: Read-only file system", MEND),
    ],
)
def test_errors_of_the_file_system_are_explained(number: int, message: str, hint: str) -> None:
    with pytest.raises(SandboxError) as caught, storage.explained(Path("/state")):
        raise OSError(number, os.strerror(number), "/some/file")
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(FileNotFoundError), storage.explained(Path("/state")):
        raise FileNotFoundError(errno.ENOENT, "No such file", "/some/file")


def test_a_state_folder_with_too_little_room_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "SPACE", 10**9)
    with pytest.raises(SandboxError, match=r"is full: \d+ MiB left, the sandbox needs 1000000000 MiB"):
        storage.check_state(Layout(tmp_path), "schema")


def test_a_path_that_configuration_files_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"has a '%', which the services take for something else"):
        storage.check_state(Layout(tmp_path / "100%"), "schema")


def test_databases_of_another_version_ask_for_a_reset(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "schema").write_text("older")
    with pytest.raises(SandboxError) as caught:
        storage.check_state(Layout(tmp_path), "newer")
    assert caught.value.message == f"the sandbox in {tmp_path} was created by another version of bay"
    assert caught.value.hint.startswith("`bay sandbox reset` deletes it")


def test_a_state_path_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SandboxError) as caught:
        Sandbox(tmp_path / "file" / "state", tmp_path / "cache").start(print)
    assert "cannot be written: Not a directory" in caught.value.message
