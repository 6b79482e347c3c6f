"""What is said of a state's folder: sizes and versions, and what dead runs have left."""

import subprocess
import sys
from pathlib import Path

import pytest

from bay.stacks.settings import Settings
from bay.stacks.state.inspection import Finding, inspect, left_behind, of_rows, passphrases
from tests.fakes.processes import living_pulumi
from tests.fakes.stack import write_history, write_lock, write_state
from tests.fakes.states import complete, cut_off


def findings(folder: Path, check: str) -> list[Finding]:
    return [one for one in inspect(folder, ["demo"]) if one.check == check]


def test_a_state_is_told_by_size_resources_time_and_version(tmp_path: Path) -> None:
    written = complete()
    written["manifest"]["time"] = "2026-01-02T03:04:05.9Z"
    write_state(tmp_path, written)
    (state,) = findings(tmp_path, "state")
    assert (state.bay, state.ok, state.remedy) == ("demo", True, "")
    count = len(complete()["resources"])
    assert state.detail.endswith(f" kB, {count} resources, written 2026-01-02T03:04:05, by Pulumi 3.259.0, layout 3")
    write_state(tmp_path, cut_off())
    assert "1 operations were interrupted" in findings(tmp_path, "state")[0].detail
    write_state(tmp_path, None)
    assert findings(tmp_path, "state")[0].detail.endswith("0 resources, layout 3")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 3}', '{"version": 3, "checkpoint": 5}'])
def test_a_state_that_is_cut_short_is_no_good(tmp_path: Path, content: str) -> None:
    write_state(tmp_path, complete()).write_text(content)
    (state,) = findings(tmp_path, "state")
    assert (state.ok, state.detail.partition(", ")[2]) == (False, "cut short or no state")


def test_a_lock_is_told_with_who_and_since_when_and_a_dead_one_has_a_remedy(tmp_path: Path) -> None:
    write_state(tmp_path, complete())
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    dead = write_lock(tmp_path, process.pid)
    (one,) = findings(tmp_path, "lock")
    assert (one.ok, one.remedy) == (False, "bay cancel demo")
    assert f"process {process.pid} since 2026-11-22T17:00:00" in one.detail
    dead.unlink()
    write_lock(tmp_path, 1, host="elsewhere")
    assert [(one.ok, one.detail[:24]) for one in findings(tmp_path, "lock")] == [(True, "held by ada@elsewhere, p")]


def test_a_journal_is_well_only_while_its_run_goes_on(tmp_path: Path) -> None:
    write_state(tmp_path, complete())
    journals = tmp_path / ".pulumi/journals/bay/demo"
    journals.mkdir(parents=True)
    assert findings(tmp_path, "journal") == []
    (journals / "abc.open").write_text("x" * 1500)
    (left,) = findings(tmp_path, "journal")
    assert (left.ok, left.detail[:30], left.remedy[:15]) == (False, "1.5 kB, left by an interrupted", "bay update demo")
    with living_pulumi(tmp_path) as pid:
        write_lock(tmp_path, pid)
        (running,) = findings(tmp_path, "journal")
        assert (running.ok, running.detail) == (True, "1.5 kB, of the run that holds the lock")
    (journals / "abc.open").rename(journals / "abc.kept-17")
    (kept,) = findings(tmp_path, "journal")
    assert not kept.ok
    assert kept.remedy.endswith(f"then remove {journals / 'abc.kept-17'}")
    assert [one.detail for one in left_behind(tmp_path, ["other"])] == ["of demo, which is in no state"]
    assert list(left_behind(tmp_path, ["demo"])) == []


def test_copies_are_counted(tmp_path: Path) -> None:
    write_state(tmp_path, complete())
    write_history(tmp_path, 1796051400, "update", "succeeded")
    backups = tmp_path / ".pulumi/backups/bay/demo"
    backups.mkdir(parents=True)
    for name in ("demo.1.json", "demo.2.json", "demo.2.json.attrs"):
        (backups / name).write_text("x" * 1_000_000)
    assert [one.detail for one in findings(tmp_path, "copies")] == [
        "2 backups of 2.0 MB, 1 states in the history of 2 B"
    ]


def test_passphrases_that_are_missing_or_of_no_bay_are_told(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "cache", tmp_path / "data", tmp_path / "config", "s3://bays")
    kept = settings.passphrase_file("old")
    kept.parent.mkdir(parents=True)
    kept.touch()
    missing, left = passphrases(settings, ["demo"])
    assert (missing.bay, missing.ok) == ("demo", False)
    assert missing.remedy == f"copy {kept.parent / 'demo'} from where the bay was created"
    assert (left.bay, left.ok, left.detail) == ("", True, "of old, which is not in this state")
    asked: list[str] = []
    found = next(passphrases(settings, ["demo", "old"], lambda name: not asked.append(name)))
    assert (found.ok, found.detail, asked) == (True, "in Barbican of the project", ["demo"])
    settings.shared_passphrase_file.touch()
    assert [one.ok for one in passphrases(settings, ["demo", "old"])] == [True]
    own = Settings(tmp_path, tmp_path, tmp_path, "s3://bays", {"PULUMI_CONFIG_PASSPHRASE": "x"})
    assert list(passphrases(own, ["demo"])) == []


def test_of_another_backend_what_pulumi_lists_is_told() -> None:
    rows = [
        {"name": "organization/bay/two", "lastUpdate": "2026-11-30T15:10:27.000Z", "resourceCount": 46},
        {"name": "one", "updateInProgress": True},
    ]
    assert of_rows(rows) == [
        Finding("one", "state", True, "a run is changing it"),
        Finding("two", "state", True, "46 resources, written 2026-11-30T15:10:27"),
    ]
