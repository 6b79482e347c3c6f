"""Draws a plan and keeps it in a file, so that it can be carried out later and nothing else."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bay.components.errors import BayError
from bay.stacks.context import Session
from bay.stacks.plan import fingerprint
from bay.stacks.plan.approval import DECIDED_HERE
from bay.stacks.plan.planner import Specify, drawn, wanted
from bay.stacks.plan.policy import way_out
from bay.stacks.plan.saved import SavedPlan, engine_plan, this_version
from bay.stacks.plan.types import Plan
from bay.stacks.state.snapshot import StateSnapshot


def draw_and_save(session: Session, name: str, specify: Specify, path: Path, *, refresh: bool = False) -> Plan:
    """The plan of a bay, which is in the file then; BayError where it could not be carried out from there."""
    if refresh:
        raise BayError("--save goes without --refresh: a plan is carried out on the state", "'bay repair' first", 2)
    started = time.monotonic()
    what = wanted(session, name, specify)
    _refuse_unfinished(what.record)
    rests_on = fingerprint.take(what.record, what.place, what.cloud)
    with tempfile.TemporaryDirectory(prefix="bay-plan-") as folder:
        engine = Path(folder) / "engine.json"
        plan = drawn(session, what, save=engine, started=started)
        _refuse_refused(plan)
        SavedPlan(
            made_by=this_version(),
            made_at=datetime.now(UTC),
            bay=what.name,
            managed_by=what.owner,
            spec=what.spec,
            basis=rests_on,
            engine=engine_plan(engine),
        ).write(path)
    return plan


def _refuse_unfinished(record: StateSnapshot | None) -> None:
    if record and (record.pending or record.failed_servers or not record.completed):
        raise BayError(
            f"bay {record.name} is not finished: a run of it was cut off or failed, and a change first ends that",
            f"finish it, then save a plan: bay {'update' if record.completed else 'create'} {record.name}",
        )


def _refuse_refused(plan: Plan) -> None:
    for danger in plan.dangers:
        if danger.refused and danger.allowed_by not in DECIDED_HERE:
            raise BayError(
                f"the plan is not saved, since it would be refused: {danger.message}",
                way_out(danger),
            )
