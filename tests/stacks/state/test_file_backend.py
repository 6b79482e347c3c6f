"""Files of a ``file://`` state: read, repaired where a write left them half done, and who holds a stack."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bay.stacks.state import file_backend
from bay.stacks.state.file_backend import LockHolder
from tests.fakes.processes import living_pulumi

OLD, NEW = '{"version":3,"checkpoint":{"a":1}}', '{"version":3,"checkpoint":{"a":2}}'


@pytest.mark.parametrize(
    ("state", "copy", "then"),
    [
        pytest.param("", OLD, OLD, id="nothing of it was written"),
        pytest.param(NEW[:12], OLD, OLD, id="a part of it was written"),
        pytest.param(NEW, OLD, NEW, id="whole"),
        pytest.param(NEW[:12], OLD[:12], NEW[:12], id="neither is whole"),
        pytest.param(NEW[:12], None, NEW[:12], id="no copy was made yet"),
    ],
)
def test_only_a_whole_copy_takes_the_place_of_a_state_that_was_cut_short(
    tmp_path: Path, state: str, copy: str | None, then: str
) -> None:
    file = tmp_path / ".pulumi/stacks/bay/demo.json"
    file.parent.mkdir(parents=True)
    file.write_text(state)
    if copy is not None:
        file_backend.copy_of(file).write_text(copy)
    assert file_backend.repair(tmp_path) == (state != then, ["demo"] if state != then else [])
    assert file.read_text() == then
    assert file_backend.copy_of(file).exists() == (copy is not None), "the next write may be cut short too"


def test_attributes_that_were_only_begun_are_taken_away(tmp_path: Path) -> None:
    begun, whole = tmp_path / "demo.json.attrs", tmp_path / "other.json.attrs"
    begun.touch()
    whole.write_text("{}")
    assert file_backend.repair(tmp_path) == (True, [])
    assert [file.name for file in tmp_path.iterdir()] == [whole.name]


@pytest.mark.parametrize(
    ("text", "torn"),
    [
        ("error: failed to load checkpoint: EOF", True),
        ("error: failed to load checkpoint: place 1: unexpected end of JSON input", True),
        ("error: no stack named 'demo' found", False),
        ("", False),
    ],
)
def test_a_read_that_came_too_early_is_known_by_pulumis_words(text: str, torn: bool) -> None:
    assert file_backend.is_torn_read(text) is torn


def test_the_largest_state_is_what_a_write_may_take(tmp_path: Path) -> None:
    assert file_backend.largest(tmp_path) == 0
    for name, size in (("bay/small.json", 3), ("bay/large.json", 7), ("bay/large.json.bak", 9)):
        file = tmp_path / ".pulumi/stacks" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(size))
    assert file_backend.largest(tmp_path) == 7
    journal = tmp_path / ".pulumi/journals/bay/demo/abc.open"
    journal.parent.mkdir(parents=True)
    journal.write_text("12345")
    assert file_backend.largest(tmp_path) == 7 + 5, "the journal's entries get into the state"


@pytest.mark.parametrize(
    ("text", "deployment"),
    [
        ('{"version":3,"checkpoint":{"stack":"demo","latest":{"resources":[]}}}', {"resources": []}),
        pytest.param(None, None, id="no such file"),
        pytest.param("", None, id="cut short"),
        pytest.param('{"version":4,"checkpoint":{"latest":{"resources":[]}}}', None, id="of a later Pulumi"),
        pytest.param('{"version":3,"checkpoint":{"stack":"demo"}}', None, id="begun and not written yet"),
        pytest.param("[]", None, id="nothing of Pulumi's"),
    ],
)
def test_what_is_not_understood_is_left_to_pulumi(
    tmp_path: Path, text: str | None, deployment: dict[str, list[str]] | None
) -> None:
    file = tmp_path / ".pulumi/stacks/bay/demo.json"
    file.parent.mkdir(parents=True)
    (tmp_path / ".pulumi/meta.yaml").write_text("version: 1\n")
    if text is not None:
        file.write_text(text)
    assert file_backend.read_deployment(tmp_path, "bay", "demo") == deployment


@pytest.mark.parametrize(
    ("meta", "beside"),
    [(None, None), ("version: 0\n", None), ("version: 2\n", None), ("version: 1\n", ".gz"), ("version: 1\n", ".zst")],
)
def test_nor_is_a_file_that_pulumi_may_not_read(tmp_path: Path, meta: str | None, beside: str | None) -> None:
    file = tmp_path / ".pulumi/stacks/bay/demo.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"version":3,"checkpoint":{"latest":{"resources":[]}}}')
    if meta is not None:
        (tmp_path / ".pulumi/meta.yaml").write_text(meta)
    if beside:
        file.with_name(file.name + beside).write_text("")
    assert file_backend.read_deployment(tmp_path, "bay", "demo") is None


@pytest.mark.parametrize(("name", "there"), [("demo.json", True), ("demo.json.gz", True), ("demo-2.json", False)])
def test_a_stack_is_there_where_its_file_is_plain_or_compressed(tmp_path: Path, name: str, there: bool) -> None:
    file = tmp_path / ".pulumi/stacks/bay" / name
    file.parent.mkdir(parents=True)
    file.touch()
    assert file_backend.has_stack(tmp_path, "bay", "demo") is there


LOCK = '{"pid":4711,"username":"root","hostname":"vm","timestamp":"2026-11-22T17:00:00.123456789Z"}'


def lock(folder: Path, text: str, stack: str = "demo", name: str = "2f7c7f1e-6f2b-4a1e-9c55-0a1b2c3d4e5f") -> Path:
    """As Pulumi 3.259 writes it."""
    file = folder / ".pulumi/locks/organization/bay" / stack / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_who_holds_a_stack_is_told_by_its_lock(tmp_path: Path) -> None:
    file = lock(tmp_path, LOCK)
    lock(tmp_path, LOCK, stack="other")
    assert list(file_backend.lock_holders(tmp_path, "bay", "demo")) == [
        LockHolder(4711, "root", "vm", file, "2026-11-22T17:00:00.123456789Z")
    ]
    assert list(file_backend.lock_holders(tmp_path, "bay", "nobodys")) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid":"x","username":"root","hostname":"vm"}', LOCK[:20]])
def test_a_lock_that_is_only_begun_names_nobody(tmp_path: Path, text: str) -> None:
    lock(tmp_path, text)
    whole = lock(tmp_path, LOCK, name="another")
    assert [holder.file for holder in file_backend.lock_holders(tmp_path, "bay", "demo")] == [whole]


def ended() -> int:
    """The id of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


@pytest.mark.parametrize(
    ("pid", "host", "dead"),
    [
        (ended(), socket.gethostname(), True),
        (os.getpid(), socket.gethostname(), True),
        (ended(), "elsewhere", False),
    ],
    ids=["is no more", "its number is another's", "of another machine"],
)
def test_only_of_this_machine_a_holder_is_known_to_be_dead(pid: int, host: str, dead: bool) -> None:
    assert LockHolder(pid, "ada", host, Path("x")).is_dead is dead


def test_a_holder_that_runs_is_not_dead(tmp_path: Path) -> None:
    with living_pulumi(tmp_path) as pid:
        assert not LockHolder(pid, "ada", socket.gethostname(), Path("x")).is_dead


@pytest.mark.parametrize("changed", [".pulumi/stacks/bay/demo.json", ".pulumi/journals/bay/demo/1", None])
def test_the_files_of_a_state_tell_whether_it_may_have_changed(tmp_path: Path, changed: str | None) -> None:
    for path in (".pulumi/stacks/bay/demo.json", ".pulumi/stacks/bay/other.json", ".pulumi/journals/bay/demo/1"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("{}")
    before = file_backend.files_of(tmp_path, "bay", "demo")
    assert set(before) == {".pulumi/stacks/bay/demo.json", ".pulumi/journals/bay/demo/1"}
    (tmp_path / ".pulumi/stacks/bay/other.json").write_text("{} ")
    if changed:
        (tmp_path / changed).write_text("{} ")
    assert (file_backend.files_of(tmp_path, "bay", "demo") != before) == bool(changed)
