"""The status of a bay in Magnum's words."""

from datetime import UTC, datetime

import pytest

from bay.stacks.state.snapshot import StateSnapshot
from bay.stacks.state.status import LastRun, Status, status_of
from tests.fakes.states import complete, cut_off, with_nodes

COMPLETE = StateSnapshot.from_deployment("demo", complete())
CUT_OFF = StateSnapshot.from_deployment("demo", cut_off())
NOT_BEGUN = StateSnapshot("demo")
MISSING = StateSnapshot.from_deployment("demo", with_nodes(9))
SURPLUS = StateSnapshot.from_deployment("demo", with_nodes(0))
FIRST, LATER = LastRun("update", "succeeded", 1), LastRun("update", "succeeded", 2)
RESUMED = LastRun.of_history([{"kind": "update", "result": "succeeded"}, {"kind": "update", "result": "failed"}])
FAILED, DESTROY = LastRun("update", "failed", 2), LastRun("destroy", "failed", 3)
PENDING = "interrupted while creating Instance demo-node-0"


@pytest.mark.parametrize(
    ("record", "last", "running", "word", "reason"),
    [
        (COMPLETE, FIRST, False, "CREATE_COMPLETE", ""),
        (COMPLETE, LATER, False, "UPDATE_COMPLETE", ""),
        (COMPLETE, RESUMED, False, "CREATE_COMPLETE", ""),
        (COMPLETE, LATER, True, "UPDATE_IN_PROGRESS", ""),
        (COMPLETE, FAILED, False, "UPDATE_FAILED", "the last run failed"),
        (COMPLETE, DESTROY, False, "DELETE_FAILED", "the deletion did not finish"),
        (COMPLETE, DESTROY, True, "DELETE_IN_PROGRESS", ""),
        (NOT_BEGUN, LastRun(), True, "CREATE_IN_PROGRESS", ""),
        (NOT_BEGUN, LastRun(), False, "CREATE_FAILED", "the last run did not finish"),
        (CUT_OFF, LastRun(), True, "CREATE_IN_PROGRESS", ""),
        (CUT_OFF, LastRun(), False, "CREATE_FAILED", PENDING),
        (CUT_OFF, DESTROY, False, "DELETE_FAILED", PENDING),
        (SURPLUS, FAILED, False, "UPDATE_FAILED", "not yet deleted: demo-node-0"),
    ],
)
def test_a_status_follows_from_state_last_run_and_lock(
    record: StateSnapshot, last: LastRun, running: bool, word: str, reason: str
) -> None:
    assert status_of(record, last, running) == Status(word, reason)


@pytest.mark.parametrize("last", [FAILED, LATER])
def test_what_is_missing_is_said_and_a_long_list_is_cut(last: LastRun) -> None:
    found = status_of(MISSING, last, is_running=False)
    assert found.word == "UPDATE_FAILED"
    assert found.reason.startswith("missing: demo-node-1, demo-node-2, demo-node-3, demo-node-4, demo-node-5, ...")
    assert "demo-node-6" not in found.reason


WRITTEN = datetime(2026, 1, 2, 3, 4, 5, 900000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "through"),
    [
        (LastRun("update", "succeeded", 1, "2026-01-02T03:04:05.000Z"), True),
        (LastRun("update", "succeeded", 1, "2026-01-02T03:04:01.000Z"), False),
        (LastRun("update", "failed", 1, "2026-01-02T03:04:05.000Z"), False),
        (LastRun(), False),
    ],
    ids=["the last run wrote it", "a later run wrote it and never ended", "failed", "no run ever ended"],
)
def test_only_what_a_run_that_went_through_left_needs_no_search(last: LastRun, through: bool) -> None:
    assert last.went_through(WRITTEN) is through
    assert not last.went_through(None)
