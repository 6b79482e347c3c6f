"""Copies of a state that an earlier passphrase opens are found wherever Pulumi puts some, and go."""

import gzip
import json
from pathlib import Path

import pytest

from bay.stacks.state import old_copies
from bay.stacks.state.file_listing import is_as_left
from tests.fakes.stack import write_history, write_state

OLD, NEW = "v1:old:v1:a:b", "v1:new:v1:c:d"


def text(salt: str) -> str:
    deployment = {"secrets_providers": {"type": "passphrase", "state": {"salt": salt}}}
    return json.dumps({"version": 3, "checkpoint": {"latest": deployment}})


def put(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / ".pulumi" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state that is encrypted anew, and nothing else of it."""
    write_state(tmp_path, {})
    put(tmp_path, "stacks/bay/demo.json", text(NEW))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("stacks/bay/demo.json.bak", text(OLD)),
        ("history/bay/demo/demo-1.checkpoint.json", text(OLD)),
        ("history/bay/demo/demo-1.checkpoint.json.gz", gzip.compress(text(OLD).encode())),
        ("backups/bay/demo/demo.1.json", text(OLD)),
        ("backups/bay/demo/demo.1.json.gz", gzip.compress(text(OLD).encode())),
        ("backups/bay/demo/demo.1.json.gz", gzip.compress(text(OLD).encode())[:-9]),
        ("backups/bay/demo/demo.1.json.zst", b"nobody here reads this"),
        ("backups/bay/demo/demo.1.json", text(OLD)[:-3]),
    ],
)
def test_a_copy_of_before_is_found_and_goes(folder: Path, name: str, content: str | bytes) -> None:
    file = put(folder, name, content)
    put(folder, f"{name}.attrs", "{}")
    assert old_copies.find(folder, "demo", NEW).files == (file,)
    assert old_copies.remove(folder, "demo", NEW) == 1
    assert old_copies.find(folder, "demo", NEW).files == ()
    assert not file.with_name(f"{file.name}.attrs").exists()
    assert file.exists() == name.endswith(".bak"), "the copy of the step before is one of the state"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("stacks/bay/demo.json.bak", text(NEW)),
        ("backups/bay/demo/demo.1.json", text(NEW)),
        ("backups/bay/demo/demo.1.json", '{"version": 3, "checkpoint": {}}'),
        ("backups/bay/demo2/demo2.1.json", text(OLD)),
        ("stacks/bay/demo2.json.bak", text(OLD)),
        ("history/bay/demo/demo-1.history.json", "{}"),
    ],
)
def test_what_has_no_secret_or_is_of_another_bay_stays(folder: Path, name: str, content: str) -> None:
    file = put(folder, name, content)
    assert old_copies.find(folder, "demo", NEW).files == ()
    assert old_copies.remove(folder, "demo", NEW) == 0
    assert file.read_text() == content


def test_a_state_that_nothing_happened_to_is_still_known_as_such(folder: Path) -> None:
    for ended in (1796051400, 1796051500):
        write_history(folder, ended, "update", "succeeded")
    first, last = sorted((folder / ".pulumi/history/bay/demo").glob("*.checkpoint.json"))
    for file in (first, last, put(folder, "stacks/bay/demo.json.bak", text(OLD))):
        file.write_text(text(OLD))
    old_copies.remove(folder, "demo", NEW)
    assert is_as_left(folder, "bay", "demo")
    assert not first.exists()


def test_a_state_that_was_changed_since_its_last_run_is_not_taken_for_it(folder: Path) -> None:
    write_history(folder, 1796051400, "update", "succeeded")
    put(folder, "history/bay/demo/demo-1796051400000000000.checkpoint.json", text(OLD))
    put(folder, "stacks/bay/demo.json.bak", text(f"{OLD}later"))
    old_copies.remove(folder, "demo", NEW)
    assert not is_as_left(folder, "bay", "demo")


def test_a_journal_that_was_kept_for_a_person_stays_and_is_told(folder: Path) -> None:
    kept = put(folder, "journals/bay/demo/abc.kept-2026", "{}")
    put(folder, "journals/bay/demo/abc.open", "{}")
    assert old_copies.find(folder, "demo", NEW).kept == (kept,)
    old_copies.remove(folder, "demo", NEW)
    assert kept.exists()
