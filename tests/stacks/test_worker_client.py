"""A worker process and its answers: also of one that fails, dies or is interrupted."""

import io
import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from bay.components.errors import BayError, InvalidInput
from bay.stacks import worker
from bay.stacks.worker_client import WorkerProcess, started


def test_a_request_that_is_none_is_answered_and_the_next_one_too() -> None:
    with started() as one:
        for _ in range(2):
            with pytest.raises(InvalidInput) as caught:
                one.ask({"id": "1", "bay": "demo"})
            assert caught.value.message.startswith("request: op: ")
        assert one.is_alive


def test_a_worker_that_died_is_an_error_of_each_request() -> None:
    with started() as one:
        one.process.kill()
        for _ in range(2):
            with pytest.raises(BayError, match="the worker of bay demo ended with exit code -9"):
                one.ask({"id": "1", "bay": "demo"})
        assert not one.is_alive


def test_ctrl_c_of_the_terminal_ends_a_worker_at_once_without_a_word() -> None:
    command = [sys.executable, "-m", "bay.stacks.worker"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        with pytest.raises(InvalidInput):  # so it is waiting for requests
            WorkerProcess(process).ask({})
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "")


def test_a_mistake_in_one_request_ends_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Any:
        raise ZeroDivisionError("inside")

    monkeypatch.setitem(worker.OPERATIONS, "status", fail)
    monkeypatch.setitem(worker.OPERATIONS, "health", lambda *_: {"status": "HEALTHY"})
    place = {"cache": "c", "data": "d", "config": "e", "state": "s3://x", "environment": {}}
    requests = [{"id": op, "op": op, "bay": "demo", "place": place} for op in ("status", "health")]
    answers = io.StringIO()
    worker.Worker(io.StringIO("".join(json.dumps(one) + "\n" for one in requests)), answers).run()
    assert [json.loads(line) for line in answers.getvalue().splitlines()] == [
        {
            "id": "status",
            "error": {
                "family": "BayError",
                "message": "ZeroDivisionError: inside",
                "hint": "this is a mistake in bay: report it",
            },
        },
        {"id": "health", "result": {"status": "HEALTHY"}},
    ]
