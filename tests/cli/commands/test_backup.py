"""`bay backup` and `bay restore`: options reach the operation, what was done is said, damage is asked for."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bay.cli import session
from bay.cli.app import run
from bay.components.errors import BayError
from bay.stacks.approval import Approve
from bay.stacks.cancellation import Cancellation
from bay.stacks.errors import BackupUnusable
from bay.stacks.operations.backup import BackupRequest, BackupResult
from bay.stacks.operations.restore import RestoreRequest
from bay.stacks.operations.restore_plan import RestorePlan
from tests.stacks.operations.test_restore_plan import MASTERS, backup, plan

Captured = pytest.CaptureFixture[str]
FILE = Path("/backups/demo-20260102T030405Z.bay-backup")


class Bays:
    """The bay `demo`. plan: what a restore does. error: of either."""

    def __init__(self, plan: RestorePlan | None = None, error: BayError | None = None) -> None:
        self.plan, self.error = plan, error
        self.request: Any = None
        self.context = self
        self.cancel = Cancellation()

    def _do(self, request: object) -> None:
        self.request = request
        if self.error:
            raise self.error

    def backup(self, name: str, request: BackupRequest) -> BackupResult:
        assert name == "demo"
        self._do(request)
        removed = (FILE.with_name("old"),) if request.keep else ()
        return BackupResult(FILE, backup().header, "26.1.5", 123_456, removed)

    def restore_plan(self, name: str, request: RestoreRequest) -> RestorePlan:
        assert name == "demo"
        self._do(request)
        assert self.plan is not None
        return self.plan

    def restore(self, name: str, request: RestoreRequest, *, approve: Approve) -> RestorePlan:
        found = self.restore_plan(name, request)
        approve(found)
        return found


def bay(bays: Bays, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(session, "open_bays", lambda *_login, **_more: bays)
    return run(list(words))


def test_the_file_is_named(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays()
    assert bay(bays, monkeypatch, "backup", "demo", "--to", "/backups") == 0
    assert bays.request == BackupRequest(Path("/backups"))
    assert capsys.readouterr() == ("", f"bay demo: {FILE} (121 KiB, from demo-master-1)\n")


def test_the_options_of_a_backup_reach_the_operation(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays()
    words = ("--keep", "3", "--node", "master-1", "-l", "root", "-i", "/k", "-f", "json")
    assert bay(bays, monkeypatch, "backup", "demo", "--to", "b", *words) == 0
    assert bays.request == BackupRequest(Path("b"), 3, "master-1", "root", Path("/k"))
    shown = capsys.readouterr()
    row: Mapping[str, object] = json.loads(shown.out)
    assert (row["file"], row["size"], row["version"], row["removed"]) == (
        str(FILE),
        123_456,
        "26.1.5",
        ["/backups/old"],
    )
    assert shown.err.endswith("; 1 older one deleted\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "s3://bucket"), "error: s3://bucket: backups are written to folders only"),
        (("--to", "b", "--keep", "0"), "--keep"),
        ((), "--to"),
    ],
)
def test_a_wrong_option_is_told(
    words: tuple[str, ...], said: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bay(Bays(), monkeypatch, "backup", "demo", *words) == 2
    assert said in capsys.readouterr().err


def test_a_restore_shows_its_plan_and_says_what_is_next(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays(plan(*MASTERS))
    words = ("-l", "root", "-i", "/k", "--timeout", "5", "--no-wait")
    assert bay(bays, monkeypatch, "restore", "demo", str(FILE), "--yes", *words) == 0
    assert bays.request == RestoreRequest(FILE, "root", Path("/k"), timedelta(minutes=5), False)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[0].startswith("bay demo: backup of 2026-01-02 03:04:05 UTC from demo-master-1")
    assert "with what demo-master-0" in shown.err
    assert shown.err.splitlines()[-1].endswith("'bay show demo' asks the engine")


def test_nobody_is_asked_without_a_terminal(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bay(Bays(plan("demo-master-0")), monkeypatch, "restore", "demo", str(FILE)) == 2
    assert "this would create demo-master-0 and load the backup of 2026-01-02" in capsys.readouterr().err


def test_masters_that_serve_need_a_word_of_their_own(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    serving = plan(serving=("demo-master-0",))
    assert bay(Bays(serving), monkeypatch, "restore", "demo", str(FILE), "--yes") == 1
    error, hint = capsys.readouterr().err.splitlines()[-2:]
    assert error == (
        "error: bay demo: demo-master-0 serves: what was changed since 2026-01-02 03:04:05 UTC would be lost"
    )
    assert hint.strip().startswith("add --allow masters")
    assert bay(Bays(serving), monkeypatch, "restore", "demo", str(FILE), "--yes", "--allow", "masters") == 0
    assert bay(Bays(serving), monkeypatch, "restore", "demo", str(FILE), "--yes", "--allow", "volumes") == 2
    dry = ("restore", "demo", str(FILE), "--dry-run", "--allow")
    assert bay(Bays(serving), monkeypatch, *dry, "volumes") == 2, "a dry run refuses what the restore would refuse"
    assert bay(Bays(serving), monkeypatch, *dry, "masters") == 0


def test_a_dry_run_prints_the_steps_and_ends_as_a_restore_would(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bay(Bays(plan("demo-master-0")), monkeypatch, "restore", "demo", str(FILE), "--dry-run", "-f", "json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["batch"], row["action"], row["name"]) for row in rows] == [
        (1, "recreate", "demo-master-0"),
        (2, "load", "demo-master-0"),
        (3, "join", "demo-master-1"),
        (3, "join", "demo-master-2"),
    ]
    refused = Bays(replace(plan(), refusal=BayError("no room", "make some")))
    assert bay(refused, monkeypatch, "restore", "demo", str(FILE), "--dry-run") == 1
    assert "no room" in capsys.readouterr().err


def test_a_file_of_no_use_is_an_error_of_two_lines(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    bays = Bays(error=BackupUnusable("f is damaged: its checksum is wrong", "take another"))
    assert bay(bays, monkeypatch, "restore", "demo", str(FILE)) == 1
    assert capsys.readouterr().err == "error: f is damaged: its checksum is wrong\n       take another\n"
