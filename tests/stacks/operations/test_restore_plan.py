"""What a restore shows before it is done."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bay.components.spec.merge import build_spec
from bay.stacks.cluster.backup_format import Summary
from bay.stacks.cluster.backup_reader import Backup
from bay.stacks.cluster.backup_writer import new_header
from bay.stacks.operations.batches import Batch
from bay.stacks.operations.drift import Drift
from bay.stacks.operations.repair_plan import RepairAction, RepairPlan
from bay.stacks.operations.restore_plan import RestorePlan, of_masters
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.states import BAY_ID, bay_of
from tests.stacks.cluster.test_backup_format import keys

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MASTERS = tuple(f"demo-master-{i}" for i in range(3))
DRIFT = Drift(StateSnapshot.from_deployment("demo", bay_of(build_spec([{"model": "swarm-ha"}]))), (), (), {}, 0.1)


def backup() -> Backup:
    header = new_header("demo", BAY_ID, "swarm", "demo-master-1", CREATED, keys())
    return Backup(Path("/b"), header, Summary(size=2_000_000, sha256="0" * 64, version="26.1.5"), keys())


def action(name: str, how: str = "recreate") -> RepairAction:
    return RepairAction(how, "Instance", name, f"urn::{name}", "missing")  # type: ignore[arg-type]


def batch(group: str, *names: str) -> Batch[RepairAction]:
    return Batch(group, tuple(action(name) for name in names))


def plan(*gone: str, serving: tuple[str, ...] = (), everywhere: bool = False) -> RestorePlan:
    repair = RepairPlan(DRIFT, batches=(batch("master", *gone),) if gone else ())
    return RestorePlan(backup(), repair, MASTERS, serving, everywhere)


def steps(found: RestorePlan) -> list[tuple[object, ...]]:
    return [(row["batch"], row["action"], row["name"]) for row in found.rows]


def test_the_first_master_loads_and_the_others_join_it() -> None:
    assert steps(plan(*MASTERS)) == [
        *((1, "recreate", name) for name in MASTERS),
        (2, "load", "demo-master-0"),
        (3, "join", "demo-master-1"),
        (3, "join", "demo-master-2"),
    ]
    assert {row["reason"] for row in plan(*MASTERS).rows[3:]} == {
        "backup of 2026-01-02 03:04:05 UTC",
        "with what demo-master-0 has loaded",
    }


def test_where_all_of_them_load_none_joins() -> None:
    assert steps(plan(everywhere=True)) == [(1, "load", name) for name in MASTERS]


def test_the_question_names_what_is_created_and_what_is_loaded() -> None:
    assert plan("demo-master-0", "demo-master-2").disruption == (
        "create demo-master-0, demo-master-2 and load the backup of 2026-01-02 03:04:05 UTC from demo-master-1, "
        "swarm 26.1.5, 1953 KiB into bay demo"
    )
    assert plan().disruption.startswith("load the backup of 2026")


@pytest.mark.parametrize(
    ("serving", "message"),
    [
        (("demo-master-1",), "demo-master-1 serves: what was changed since 2026-01-02 03:04:05 UTC would be lost"),
        (MASTERS[:2], "demo-master-0, demo-master-1 serve: what was changed since 2026-01-02 03:04:05 UTC would be"),
    ],
)
def test_masters_that_serve_are_a_risk_that_has_to_be_allowed(serving: tuple[str, ...], message: str) -> None:
    (risk,) = plan(serving=serving).risks
    assert risk.message.startswith(message)
    assert (risk.kind, risk.names, risk.refused, risk.allowed_by) == ("masters", serving, True, "masters")
    assert plan(*MASTERS).risks == ()


def test_only_what_masters_need_is_repaired() -> None:
    network = RepairAction("recreate", "Network", "demo", "urn::demo", "missing")
    whole = RepairPlan(
        DRIFT,
        supporting_resources=(network, action("demo-master-2", "finish"), action("demo-node-3", "finish")),
        batches=(batch("master", *MASTERS), batch("node", "demo-node-0", "demo-node-1"), batch("gpu", "demo-gpu-0")),
        skipped=(action("demo-node-2", "leave"),),
        unrecorded=3,
    )
    mine, left = of_masters(whole, MASTERS)
    assert [found.names for found in mine.batches] == [list(MASTERS)]
    assert [one.name for one in mine.supporting_resources] == ["demo", "demo-master-2"]
    assert (mine.skipped, mine.unrecorded) == ((), 0)
    assert [one.name for one in left] == ["demo-node-3", "demo-node-0", "demo-node-1", "demo-gpu-0"]
