"""A worker process as a Python program uses it; the process is one that writes what the test says."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from bay.components.errors import BayError, InvalidInput
from bay.stacks import worker_client
from bay.stacks.errors import Interrupted, NotFound, PlanRefused, QuotaExceeded
from bay.stacks.events import BatchStarted, Event, Notice, PhaseStarted, ResourceProgress, ServerProgress
from bay.stacks.worker_client import NotInTime, WorkerError, WorkerProcess

ECHO = """
import json, sys
for line in sys.stdin:
    for answer in json.loads(line).get("say", [json.loads(line)]):
        print(json.dumps({"id": "1", **answer}), flush=True)
"""


@contextmanager
def process(program: str = ECHO) -> Iterator[WorkerProcess]:
    """One that writes the answers which its request holds, and every other line as it is."""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as one:
        try:
            yield WorkerProcess(one)
        finally:
            one.kill()
            assert one.stdin is not None
            with suppress(BrokenPipeError):
                one.stdin.close()


def ask(*answers: dict[str, Any], **options: Any) -> Any:
    with process() as one:
        return one.ask({"bay": "demo", "say": list(answers)}, **options)


def test_the_result_of_a_request_is_what_it_answers() -> None:
    assert ask({"result": {"deleted": "demo"}}) == {"deleted": "demo"}


EVENTS: list[Event] = [
    Notice("demo", "kept", "kept: volume pvc-1"),
    PhaseStarted("demo", "apply"),
    ResourceProgress("demo", "servers demo-node", "create", 1, 2),
    ServerProgress("demo", "node", {"ready": 1}),
    BatchStarted("demo", 1, 2, ("demo-node-0", "demo-node-1")),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_as_it_was_told(event: Event) -> None:
    heard: list[Event] = []
    line = json.loads(json.dumps({"event": type(event).__name__, **vars(event)}))
    ask(line, {"result": None}, listen=heard.append)
    assert heard == [event]


@pytest.mark.parametrize("kind", [NotFound, PlanRefused, QuotaExceeded, InvalidInput, BayError])
def test_an_error_comes_back_in_its_family(kind: type[BayError]) -> None:
    with pytest.raises(kind) as failed:
        ask({"error": {"family": kind.__name__, "message": "what", "hint": "how"}})
    assert (type(failed.value), failed.value.message, failed.value.hint) == (kind, "what", "how")


def test_an_interrupted_operation_comes_back_as_one() -> None:
    words = {"message": Interrupted().message, "hint": Interrupted().hint}
    with pytest.raises(Interrupted):
        ask({"error": {"family": "Interrupted", **words}})


@pytest.mark.parametrize("family", ["NotReady", "ServerFault", "Unheard", "Any", "dict"])
def test_an_error_that_holds_more_than_words_keeps_the_name_of_its_family(family: str) -> None:
    with pytest.raises(WorkerError) as failed:
        ask({"error": {"family": family, "message": "what", "hint": "how"}})
    assert (failed.value.family, failed.value.message, failed.value.hint) == (family, "what", "how")


PLAN = {"disruption": "delete 3 servers of bay demo", "risks": []}


def test_a_plan_is_approved_by_who_is_asked() -> None:
    seen: list[Any] = []

    def approve(plan: Any) -> Any:
        seen.append(plan)
        return {"approved": True, "say": [{"result": "done"}]}

    assert ask({"approve": PLAN}, approve=approve) == "done"
    assert seen == [PLAN]


def test_without_anybody_to_ask_a_plan_is_not_approved() -> None:
    refusing = """
import json, sys
for line in sys.stdin:
    values = json.loads(line)
    answer = {"result": values["approved"]} if "approved" in values else {"approve": {}}
    print(json.dumps({"id": "1", **answer}), flush=True)
"""
    with process(refusing) as one:
        assert one.ask({"bay": "demo"}) is False


@pytest.mark.parametrize(("at_once", "word"), [(False, "request"), (True, "force")])
def test_a_request_is_cancelled_by_a_line(at_once: bool, word: str) -> None:
    with process() as one:
        one.cancel(at_once=at_once)
        assert one.process.stdout is not None
        assert json.loads(one.process.stdout.readline()) == {"id": "1", "cancel": word}


def test_a_worker_that_dies_is_an_error_of_each_request() -> None:
    with process("import sys; sys.stdin.readline(); sys.exit(7)") as one:
        for _ in range(2):
            with pytest.raises(BayError) as failed:
                one.ask({"bay": "demo"})
            assert failed.value.message == "the worker of bay demo ended with exit code 7"
        assert not one.is_alive


OBEYING = """
import json, sys
for line in sys.stdin:
    if json.loads(line).get("cancel") == "force":
        error = {"family": "Interrupted", "message": "interrupted", "hint": ""}
        print(json.dumps({"id": "1", "error": error}), flush=True)
"""


@pytest.mark.parametrize(("program", "alive"), [(OBEYING, True), ("import time; time.sleep(600)", False)])
def test_a_request_that_takes_too_long_is_ended_and_so_is_a_worker_that_does_not_listen(
    program: str, alive: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_client, "GRACE", 3.0 if alive else 0.2)
    with process(program) as one:
        with pytest.raises(NotInTime, match=r"no answer within 0\.2 seconds"), one.limited(0.2):
            one.ask({"bay": "demo"})
        assert one.is_alive == alive


def test_a_request_that_is_answered_in_time_keeps_its_answer_and_its_error() -> None:
    with process() as one:
        with one.limited(60):
            assert one.ask({"bay": "demo", "say": [{"result": 1}]}) == 1
        error = {"family": "NotFound", "message": "there is no bay", "hint": ""}
        with pytest.raises(NotFound), one.limited(60):
            one.ask({"bay": "demo", "say": [{"error": error}]})
        assert one.is_alive


def test_a_worker_that_died_before_it_was_asked_is_one_too() -> None:
    with worker_client.started() as one:
        one.process.kill()
        for _ in range(2):
            with pytest.raises(BayError, match="the worker of bay demo ended with exit code -9"):
                one.ask({"id": "1", "bay": "demo"})
        assert not one.is_alive


def test_ctrl_c_of_the_terminal_ends_a_worker_at_once_without_a_word() -> None:
    command = [sys.executable, "-m", "bay.stacks.worker"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as started:
        with pytest.raises(InvalidInput):  # so it is waiting for requests
            WorkerProcess(started).ask({})
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=60)
    assert (started.returncode, out, err) == (130, "", "")


def test_a_worker_ends_with_the_block_and_answers_until_then(tmp_path: Any) -> None:
    """The real one, with a request that is none and with one of a state without bays."""
    place = {"cache": tmp_path, "data": tmp_path, "config": tmp_path, "state": f"file://{tmp_path}/state"}
    request = {"id": "1", "op": "status", "bay": "../demo", "place": {**place, "environment": {"PATH": "/bin"}}}
    with worker_client.started() as one:
        with pytest.raises(InvalidInput, match=r"^request\.op: Field required"):
            one.ask({"id": "1"})
        with pytest.raises(BayError, match="cannot be part of a host name"):
            one.ask(request)
        assert one.is_alive
    assert one.process.returncode == 0
