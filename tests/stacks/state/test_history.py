"""Pulumi's own history of a stack, as what changed a bay and when."""

from bay.stacks.state.history import Run, runs_of

UPDATE = {
    "kind": "update",
    "startTime": "2026-11-30T10:00:00.000Z",
    "message": "more nodes",
    "environment": {"git.head": "0123456789abcdef", "exec.kind": "auto.inline"},
    "config": {"openstack:password": {"value": "AAAA", "secret": True}},
    "result": "succeeded",
    "endTime": "2026-11-30T10:01:12.000Z",
    "resourceChanges": {"create": 3, "same": 40, "delete": 1, "replace": 1, "update": 2},
}


def test_a_run_is_when_it_was_how_it_ended_and_how_much_it_changed() -> None:
    assert runs_of([UPDATE]) == [
        Run("2026-11-30T10:00:00Z", "update", "succeeded", 72, 3, 2, 1, 1, "0123456789ab", "more nodes")
    ]


def test_nothing_of_the_configuration_is_in_it() -> None:
    (run,) = runs_of([UPDATE])
    assert "AAAA" not in str(run.row())
    assert list(run.row())[:4] == ["started", "operation", "result", "seconds"]


def test_runs_of_any_kind_and_such_that_did_not_end_are_in_it() -> None:
    found = runs_of(
        [{"kind": "destroy", "startTime": "2026-11-30T10:00:00.000Z", "result": "in-progress"}, {"kind": "x"}, {}]
    )
    assert [(run.operation, run.seconds, run.created) for run in found] == [
        ("delete", None, 0),
        ("x", None, 0),
        ("", None, 0),
    ]
