"""What is said of services that run and do not do their work, and of those that have ended."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bay.sandbox import processes, status
from bay.sandbox.layout import Layout
from bay.sandbox.processes import Record
from bay.sandbox.services.sandbox_services.nodes.network import lag

HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA journal_mode=WAL")
database.execute("CREATE TABLE one (number INTEGER)")
database.commit()
print(flush=True)
sys.stdin.read()
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    for name in ("db", "log", "run"):
        (tmp_path / name).mkdir()
    return Layout(tmp_path)


@pytest.fixture
def glance(layout: Layout) -> Iterator[Record]:
    """A process with a database open."""
    database = layout.database / "glance.sqlite"
    command = [sys.executable, "-c", HOLD, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"\n"
        yield record(layout, "glance", process.pid)
        process.kill()


def record(layout: Layout, name: str, pid: int, **fields: object) -> Record:
    started = processes.start_time(pid)
    assert started
    made = dataclasses.replace(Record(name, pid, started, 23002, "build", True), **fields)  # type: ignore[arg-type]
    processes.record_file(layout.run, name).write_text(json.dumps(dataclasses.asdict(made)))
    return made


def test_a_service_with_its_database_has_no_problem(layout: Layout, glance: Record) -> None:
    found = status.service_status(layout, "glance", 23002, glance)
    assert (found.running, found.pid, found.problem) == (True, glance.pid, "")


def test_a_database_file_that_is_deleted_or_another_one_by_now_is_named(layout: Layout, glance: Record) -> None:
    (layout.database / "glance.sqlite-wal").unlink()
    problem = "has database files open that were deleted or replaced: glance.sqlite-wal"
    assert status.service_status(layout, "glance", 23002, glance).problem == problem
    (layout.database / "glance.sqlite-wal").write_bytes(b"")
    assert status.service_status(layout, "glance", 23002, glance).problem == problem


def test_a_folder_that_was_moved_with_its_files_is_no_problem(layout: Layout, glance: Record) -> None:
    layout.database.rename(layout.state / "moved")
    assert status.find_problem(layout, glance) == ""


def test_an_ended_service_is_told_from_a_stopped_one(layout: Layout, glance: Record) -> None:
    (layout.log / "glance.log").write_text("Killed\n")
    ended = status.service_status(layout, "glance", 23002, None)
    assert (ended.running, ended.pid, ended.problem) == (False, None, "has exited; last line of its log: Killed")
    processes.delete_records(layout.run)
    assert status.service_status(layout, "glance", 23002, None).problem == ""


def test_one_that_does_not_answer_yet_does_not_run(layout: Layout) -> None:
    starting = record(layout, "nova", os.getpid(), ready=False)
    found = status.service_status(layout, "nova", 23003, starting)
    assert (found.running, found.problem) == (False, "is not ready yet")


def test_only_the_network_agent_is_asked_whether_it_follows(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lag, "lag_reason", lambda _: "it fails: nft: no")
    agent, nova = (record(layout, name, os.getpid()) for name in ("network", "nova"))
    assert status.find_problem(layout, agent) == "does not follow Neutron: it fails: nft: no"
    assert status.find_problem(layout, nova) == ""


def test_healthy_is_more_than_running(layout: Layout) -> None:
    good = status.ServiceStatus("nova", True, 1, 23003, 100, "")
    ill = dataclasses.replace(good, name="network", problem="does not follow Neutron: it fails")
    assert status.Status(True, (good,), "", layout.clouds).healthy
    assert not status.Status(True, (good, ill), "", layout.clouds).healthy
    assert not status.Status(False, (good,), "", layout.clouds).healthy
