"""`bay repair`: what is refused before anybody is asked, and that each round is back before the next goes."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from bay.cli.options import MINUTES
from bay.components.errors import BayError
from bay.components.spec.merge import build_spec
from bay.stacks.operations import repair as repairs
from bay.stacks.operations.drift import Drift
from bay.stacks.operations.drift_events import Difference, What
from bay.stacks.operations.repair import RepairRequest
from bay.stacks.operations.repair_plan import Batch, RepairAction, RepairPlan
from bay.stacks.state.snapshot import RecordedServer, StateSnapshot
from tests.fakes.messages import told

SPEC = build_spec([{"model": "swarm-ha"}])


def bay(masters: int = 3, nodes: int = 2) -> StateSnapshot:
    names = [("master", i) for i in range(masters)] + [("node", i) for i in range(nodes)]
    servers = (RecordedServer(f"demo-{g}-{i}", g, g, "", f"id {g} {i}", urn=f"urn {g} {i}") for g, i in names)
    return StateSnapshot("demo", spec=SPEC, servers=tuple(servers))


def replaced(*names: str) -> Batch:
    return Batch(
        names[0].split("-")[1], tuple(RepairAction("replace", "Instance", name, f"urn {name}", "") for name in names)
    )


class Mended:
    """What a repair of a bay without a cloud did, in its order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, wish: RepairRequest, broken: Sequence[str] = ()) -> None:
        self.done: list[str] = []
        record = bay()
        statuses = {node.id: "ERROR" if node.name in broken else "ACTIVE" for node in record.servers}
        stack: Any = SimpleNamespace(name="demo", record=lambda: record, unprotect=lambda *_: None)
        found = Drift(record, (), (), statuses, 0.0)
        monkeypatch.setattr(repairs, "server_statuses", lambda *_: statuses)
        monkeypatch.setattr(repairs, "of_bay", lambda *_: SimpleNamespace(nodes={}))
        monkeypatch.setattr(repairs, "watched", lambda _stack, _up: self.done.append("up"))
        monkeypatch.setattr(repairs, "make_ports", lambda *_: None)
        monkeypatch.setattr(repairs, "wait_for_engine", self._wait)
        monkeypatch.setattr(repairs.quota, "refuse_unless_it_fits", lambda *_: None)
        run: Any = SimpleNamespace(keywords={"place": None})
        self.repair = repairs._Repair(stack, SimpleNamespace(), found, run, wish, lambda _text: None)  # type: ignore[arg-type]

    def _wait(self, _bay: str, _cloud: Any, ids: Sequence[str], minutes: float) -> None:
        self.done.append(f"wait {minutes:g} for {', '.join(ids)}")


MASTERS = RepairPlan(batches=(replaced("demo-master-0"), replaced("demo-master-1")))
NODES = RepairPlan(batches=(replaced("demo-node-0"), replaced("demo-node-1")))


@pytest.mark.parametrize(("plan", "group"), [(MASTERS, "master"), (NODES, "node")])
def test_each_round_is_waited_for(monkeypatch: pytest.MonkeyPatch, plan: RepairPlan, group: str) -> None:
    mended = Mended(monkeypatch, RepairRequest(minutes=7))
    mended.repair.mend(plan)
    assert mended.done == ["up", f"wait 7 for id {group} 0", "up", f"wait 7 for id {group} 1"]


@pytest.mark.parametrize(("plan", "group"), [(MASTERS, "master"), (NODES, "node")])
def test_without_a_wait_only_the_last_round_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, plan: RepairPlan, group: str
) -> None:
    mended = Mended(monkeypatch, RepairRequest(wait=False))
    mended.repair.mend(plan)
    assert mended.done == ["up", f"wait {MINUTES:g} for id {group} 0", "up"]


def test_servers_that_an_earlier_run_left_unmade_are_back_before_the_first_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finish = RepairAction("finish", "Instance", "demo-node-1", "urn", "create")
    mended = Mended(monkeypatch, RepairRequest(wait=False))
    mended.repair.mend(RepairPlan(supporting_resources=(finish,), batches=(replaced("demo-node-0"),)))
    assert mended.done == ["up", f"wait {MINUTES:g} for id node 1", "up"]
    alone = Mended(monkeypatch, RepairRequest(wait=False))
    alone.repair.mend(RepairPlan(supporting_resources=(finish,)))
    assert alone.done == ["up"]


def test_a_lost_quorum_is_told_before_anything_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    mended = Mended(monkeypatch, RepairRequest(), broken=["demo-master-2"])
    assert "which is no majority" in told(lambda: mended.repair.refuse(MASTERS))[0]
    Mended(monkeypatch, RepairRequest(lose_data=True), broken=["demo-master-2"]).repair.refuse(MASTERS)
    assert mended.done == []


def test_where_nothing_is_to_be_made_no_quota_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def over(*_: Any) -> None:
        raise BayError("over quota")

    mended = Mended(monkeypatch, RepairRequest())
    monkeypatch.setattr(repairs.quota, "refuse_unless_it_fits", over)
    mended.repair.refuse(RepairPlan())
    with pytest.raises(BayError, match="over quota"):
        mended.repair.refuse(NODES)


class Opened:
    """A session whose bay has a broken master and no majority beside it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[str] = []
        record = bay()
        gone = Difference(What.CHANGED, "Instance", "demo-master-0", field="status", found="ERROR")
        statuses = {"id master 2": "ACTIVE"}
        stack: Any = SimpleNamespace(name="demo", record=lambda: record)
        from contextlib import nullcontext

        self.session: Any = SimpleNamespace(
            cloud=lambda: None,
            existing=lambda _name: nullcontext(stack),
            settings=SimpleNamespace(lock_file=lambda _name: "lock"),
        )
        drift = Drift(record, (gone,), (), statuses, 0.0)
        plan = RepairPlan(batches=(replaced("demo-master-0"),))
        monkeypatch.setattr(repairs.drifts, "of_stack", lambda *_: drift)
        monkeypatch.setattr(repairs.drifts, "found", lambda *_: drift)
        monkeypatch.setattr(repairs, "_planned", lambda *_: plan)
        monkeypatch.setattr(repairs, "_program", lambda *_: SimpleNamespace(keywords={"place": None}))
        monkeypatch.setattr(repairs, "server_statuses", lambda *_: statuses)
        monkeypatch.setattr(repairs, "of_bay", lambda *_: SimpleNamespace(nodes={}))
        monkeypatch.setattr(repairs.quota, "refuse_unless_it_fits", lambda *_: None)
        monkeypatch.setattr(repairs.lock, "held", lambda *_: nullcontext())
        monkeypatch.setattr(repairs, "recorded", lambda *_: record)
        monkeypatch.setattr(repairs, "check_cloud", lambda *_: None)
        monkeypatch.setattr(repairs, "settled", lambda *_: record)
        monkeypatch.setattr(repairs, "opened_for_change", lambda *_: nullcontext(stack))

    def agree(self, _drift: Drift, _plan: RepairPlan) -> bool:
        self.seen.append("asked")
        return True


def test_a_dry_run_shows_its_plan_and_then_what_a_repair_would_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Opened(monkeypatch)
    shown = told(lambda: repairs.dry_run(opened.session, "demo", RepairRequest(), opened.agree))
    assert "no majority" in shown[0]
    assert opened.seen == ["asked"], "here that is what shows the plan"


def test_nobody_is_asked_for_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Opened(monkeypatch)
    wrong, _, _ = told(
        lambda: repairs.repair(opened.session, "demo", RepairRequest(), opened.agree, lambda _text: None)
    )
    assert "no majority" in wrong
    assert opened.seen == []
