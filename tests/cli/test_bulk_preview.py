"""The plans of many bays by workers: how each ended, and the exit code of all; one that fails hides no other."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bay.cli import bulk_preview
from bay.cli.bulk_preview import Outcome, failed, outcomes, worst
from bay.components.errors import BayError
from bay.stacks import worker_client
from bay.stacks.approval import Risk
from bay.stacks.plan.document import document
from bay.stacks.plan.types import Change, Compared, Group, Plan, QuotaUsage
from tests.fakes.plans import COMPARED

WORKER = """\
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if request["bay"] == "deadly":
        sys.exit(7)
    print(json.dumps({"id": request["id"], "event": "Notice", "bay": "x", "code": "x", "text": "beside the answer"}))
    print(json.dumps({"id": request["id"], **request["answer"]}), flush=True)
"""
"""A worker that answers what its request says; one bay is the death of it."""


def plan(*changes: Change, risks: tuple[Risk, ...] = (), used: int = 0) -> Plan:
    quota = (QuotaUsage("instances", 1, used, 10),)
    return Plan("physics", True, COMPARED, changes=changes, risks=risks, quota=quota)


def change(operation: str) -> Change:
    return Change(operation, Group.NODES, "Instance", f"physics-node-{operation}")  # type: ignore[arg-type]


def test_a_row_counts_by_what_happens_and_says_whether_it_fits() -> None:
    each = [change(word) for word in ("create", "update", "resize", "replace", "rebuild", "delete")]
    batch = Risk("batch", "many go", refused=True, allowed_by="batch")
    assert Outcome("physics", 2, plan(*each, risks=(batch, batch))).row() == {
        "bay": "physics",
        "result": "changes",
        "added": 1,
        "changed": 2,
        "replaced": 2,
        "removed": 1,
        "risks": ["batch"],
        "fits": True,
        "compared_with": "state of 2026-01-02 03:04:05 UTC",
        "seconds": 1.25,
    }
    assert Outcome("physics", 3, plan(change("create"), used=10)).row()["fits"] is False


@pytest.mark.parametrize(
    ("compared", "exists", "words"),
    [
        (Compared(True, COMPARED.changed_at, 1.0), True, "the cloud as it is now"),
        (Compared(False, None, 1.0), True, "state of an unknown time"),
        (Compared(False, None, 1.0), False, "nothing: a new bay"),
    ],
)
def test_a_row_says_with_what_the_bay_was_compared(compared: Compared, exists: bool, words: str) -> None:
    assert Outcome("physics", 0, Plan("physics", exists, compared)).row()["compared_with"] == words


def test_a_row_of_a_bay_that_failed_says_why() -> None:
    assert failed("physics", BayError("no image", "see")).row() == {"bay": "physics", "result": "error: no image"}
    assert failed("physics", BayError("no image", "see")).code == 1


@pytest.mark.parametrize(
    ("codes", "code"), [((), 0), ((0, 0), 0), ((0, 2), 2), ((2, 3, 0), 3), ((3, 1, 2), 1), ((1, 0), 1)]
)
def test_the_exit_code_is_the_worst_of_all(codes: tuple[int, ...], code: int) -> None:
    assert worst(Outcome("physics", one) for one in codes) == code


@pytest.fixture
def _workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that answer as they are told, two of them."""
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexec {sys.executable} {script}\n")
    python.chmod(0o755)
    monkeypatch.setattr(worker_client.sys, "executable", str(python))
    monkeypatch.setattr(bulk_preview, "WORKERS", 2)


def request(bay: str, answer: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"id": bay, "bay": bay, "answer": answer or {}}


def planned(bay: str, what: Plan) -> dict[str, Any]:
    return request(bay, {"result": document(replace(what, bay=bay))})


@pytest.mark.usefixtures("_workers")
def test_each_bay_ends_by_what_its_plan_says() -> None:
    error = {"family": "NotFound", "message": "there is no image 'x'", "hint": "nearest: y"}
    found = outcomes(
        [
            planned("quiet", plan()),
            planned("changed", plan(change("create"))),
            request("broken", {"error": error}),
            planned("large", plan(change("create"), used=10)),
        ]
    )
    assert [(one.bay, one.code, one.error) for one in found] == [
        ("quiet", 0, ""),
        ("changed", 2, ""),
        ("broken", 1, "there is no image 'x'"),
        ("large", 3, ""),
    ]
    assert found[1].plan == replace(plan(change("create")), bay="changed")


@pytest.mark.usefixtures("_workers")
def test_a_worker_that_dies_hides_no_other_bay() -> None:
    """As one for which the machine has no memory left."""
    found = outcomes([request("deadly"), request("deadly"), *(planned(f"bay-{n}", plan()) for n in range(6))])
    assert [(one.bay, one.code) for one in found] == [
        *(("deadly", 1), ("deadly", 1)),
        *((f"bay-{n}", 0) for n in range(6)),
    ]
    assert found[0].error == "the worker of bay deadly ended with exit code 7"


def test_without_bays_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_client.sys, "executable", "/nowhere")
    assert outcomes([]) == []
