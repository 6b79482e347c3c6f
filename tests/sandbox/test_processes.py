"""Records of processes: a process id that the kernel gave to somebody else is never touched."""

import dataclasses
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bay.sandbox import processes
from bay.sandbox.processes import Record
from tests.waiting import eventually


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(["sleep", "60"])
    yield child
    child.kill()
    child.wait()


def record_of(child: subprocess.Popen[bytes]) -> Record:
    started = processes.start_time(child.pid)
    assert started is not None
    return Record("nova", child.pid, started, 23003, "build", True)


def test_a_process_that_runs_is_found_by_its_record(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    record = record_of(sleeper)
    (tmp_path / "nova.json").write_text(json.dumps(dataclasses.asdict(record)))
    assert processes.read_records(tmp_path) == {"nova": record}


def test_a_reused_process_id_is_not_taken_for_the_service(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    another = dataclasses.replace(record_of(sleeper), start_time=1)
    (tmp_path / "nova.json").write_text(json.dumps(dataclasses.asdict(another)))
    assert processes.read_records(tmp_path) == {}


def test_stop_leaves_a_process_alone_that_only_has_the_same_id(sleeper: subprocess.Popen[bytes]) -> None:
    processes.stop([dataclasses.replace(record_of(sleeper), start_time=1)])
    assert sleeper.poll() is None


def test_stop_ends_a_process_that_ignores_sigterm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PATIENCE", 0.3)
    stubborn = subprocess.Popen(
        ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"], stdout=subprocess.PIPE
    )
    assert stubborn.stdout
    with stubborn.stdout:
        stubborn.stdout.readline()
        processes.stop([record_of(stubborn)])
    assert stubborn.wait(timeout=60) == -9


def test_a_zombie_does_not_run(sleeper: subprocess.Popen[bytes]) -> None:
    record = record_of(sleeper)
    sleeper.kill()
    eventually(lambda: not processes.alive(record))  # not waited for: it stays a zombie


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "unknown": 2}'])
def test_a_record_that_cannot_be_read_is_no_process(tmp_path: Path, content: str) -> None:
    (tmp_path / "nova.json").write_text(content)
    assert processes.read_records(tmp_path) == {}


def test_memory_counts_a_process_that_runs_and_not_one_that_is_gone(sleeper: subprocess.Popen[bytes]) -> None:
    assert processes.memory(2**22 + 1) == 0
    assert processes.memory(os.getpid()) > 5
