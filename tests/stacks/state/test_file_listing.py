"""Names and history of a ``file://`` state without Pulumi, as Pulumi itself tells them."""

import subprocess
import sys
from pathlib import Path

import pytest

from bay.stacks.state.file_listing import history, is_as_left, stack_names
from tests.fakes.stack import write_history, write_state


def test_names_are_those_of_whole_states_of_the_project(tmp_path: Path) -> None:
    states = write_state(tmp_path, None, "b").parent
    for file in (
        "a.json.gz",
        "c.json",
        "c.json.attrs",
        "c.json.bak",
        "b.json.bak",
        "e.yaml",
        "tmp123",
        "d.1-x.json.zst",
    ):
        (states / file).touch()
    (states.parent / "other").mkdir()
    (states.parent / "other" / "theirs.json").touch()
    assert stack_names(tmp_path, "bay") == ["a", "b", "c", "d.1-x", "e"]


def test_a_folder_without_a_state_has_no_names(tmp_path: Path) -> None:
    assert stack_names(tmp_path / "none", "bay") == []
    (tmp_path / ".pulumi").mkdir()
    (tmp_path / ".pulumi" / "meta.yaml").write_text("version: 1")
    assert stack_names(tmp_path, "bay") == []


@pytest.mark.parametrize("meta", [None, "version: 2", "", "\xff"])
def test_a_layout_that_is_not_known_is_left_to_pulumi(tmp_path: Path, meta: str | None) -> None:
    write_state(tmp_path, None)
    file = tmp_path / ".pulumi" / "meta.yaml"
    file.unlink()
    if meta is not None:
        file.write_text(meta, encoding="latin-1")
    assert stack_names(tmp_path, "bay") is None
    assert history(tmp_path, "bay", "demo", 2) is None


def test_history_is_told_from_its_newest_files(tmp_path: Path) -> None:
    write_state(tmp_path, None)
    assert history(tmp_path, "bay", "demo", 2) == []
    for ended, kind in ((1796051400, "update"), (1796051427, "destroy"), (1796051500, "refresh")):
        write_history(tmp_path, ended, kind, "succeeded")
    newest, before = history(tmp_path, "bay", "demo", 2) or []
    assert newest == {
        "kind": "refresh",
        "startTime": "2026-11-30T15:11:39.000Z",
        "message": "",
        "environment": {},
        "result": "succeeded",
        "endTime": "2026-11-30T15:11:40.000Z",
        "resourceChanges": {},
    }
    assert (before["kind"], before["endTime"]) == ("destroy", "2026-11-30T15:10:27.000Z")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"kind": "update", "result": "succeeded", "endTime": "x"}'])
def test_history_that_cannot_be_read_is_left_to_pulumi(tmp_path: Path, content: str) -> None:
    write_state(tmp_path, None)
    write_history(tmp_path, 1796051400, "update", "succeeded").write_text(content)
    assert history(tmp_path, "bay", "demo", 2) is None


def test_compressed_history_is_left_to_pulumi(tmp_path: Path) -> None:
    write_state(tmp_path, None)
    file = write_history(tmp_path, 1796051400, "update", "succeeded")
    file.rename(f"{file}.gz")
    assert history(tmp_path, "bay", "demo", 2) is None


def test_names_for_completion_import_neither_sdk() -> None:
    """Each takes longer to import than a person at a prompt waits."""
    slow = {"pulumi", "openstack", "pydantic", "yaml"}
    code = f"import sys, bay.stacks.state.stored_names; print({slow} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_state_is_as_its_last_run_left_it_or_not(tmp_path: Path) -> None:
    state = write_state(tmp_path, {"resources": []})
    assert not is_as_left(tmp_path, "bay", "demo"), "there was no run"
    before = write_history(tmp_path, 1796051400, "update", "succeeded")
    checkpoint(before).write_bytes(state.read_bytes())
    assert is_as_left(tmp_path, "bay", "demo")
    last = write_history(tmp_path, 1796051427, "update", "succeeded")
    assert not is_as_left(tmp_path, "bay", "demo"), "the last run counts"
    checkpoint(last).write_bytes(state.read_bytes())
    assert is_as_left(tmp_path, "bay", "demo")
    state.write_bytes(state.read_bytes().replace(b"[]", b"{}"))
    assert not is_as_left(tmp_path, "bay", "demo"), "of the same size"
    checkpoint(last).unlink()
    assert not is_as_left(tmp_path, "bay", "demo"), "killed before the copy"


def checkpoint(run: Path) -> Path:
    return run.with_name(run.name.replace("history.json", "checkpoint.json"))
