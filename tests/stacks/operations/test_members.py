"""Masters join and leave one by one: each is healthy, or out of the quorum, before the next."""

from typing import Any

import pytest

from bay.components.errors import BayError
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec, changed_spec
from bay.stacks.approval import allow, deny_disruptions
from bay.stacks.cluster.health import Health
from bay.stacks.errors import NotReady, PlanRefused
from bay.stacks.operations import apply, members, rollout
from bay.stacks.plan import members as outlook
from bay.stacks.plan import planner
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import boot, ordinary_cloud
from tests.fakes.stack import Clock, FakeContext, FakeStack
from tests.fakes.states import bay_of
from tests.fakes.swarm import FakeSwarm

ONE = build_spec([{"model": "swarm", "nodes": 1}])
THREE = build_spec([{"model": "swarm-ha", "nodes": 1}])


def masters(count: int) -> list[str]:
    return [f"demo-master-{index}" for index in range(count)]


@pytest.fixture
def swarm() -> FakeSwarm:
    return FakeSwarm(*masters(3))


def stack(spec: BaySpec, swarm: FakeSwarm, monkeypatch: pytest.MonkeyPatch) -> FakeStack:
    """A bay that runs, whose engine answers."""
    deployment, cloud = bay_of(spec), ordinary_cloud()
    boot(cloud, StateSnapshot.from_deployment("demo", deployment))
    bay = FakeStack(deployment, context=FakeContext(cloud, cancel=Clock()))
    for module in (members, outlook):
        monkeypatch.setattr(module, "open_members_api", lambda _bay: swarm)
    for module in (rollout, planner):
        monkeypatch.setattr(module, "health_of", lambda _bay: Health("", "", {}))
    return bay


def to(count: int, spec: BaySpec) -> Any:
    return lambda _old: changed_spec(spec, [{"masters": count}])


def there(bay: FakeStack, spec: BaySpec, count: int) -> Any:
    """What a run of Pulumi leaves: so many masters, which boot."""

    def build() -> None:
        names = [*masters(count), "demo-node-0"]
        bay.deployment = bay_of(spec, names)
        cloud = bay.fake.openstack
        cloud.things["server"].clear()
        boot(cloud, StateSnapshot.from_deployment("demo", bay.deployment))

    return build


def done(bay: FakeStack, swarm: FakeSwarm | None = None) -> list[str]:
    """Runs of Pulumi, calls of the engine and looks at masters' consoles, in their order."""
    kinds = ("up", "unprotect", "demote", "remove", "get_server_console_output id master")
    return list(dict.fromkeys(line for line in bay.journal if line.startswith(kinds)))


def test_each_master_that_joins_is_waited_for_before_the_next(
    swarm: FakeSwarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    bay = stack(ONE, swarm, monkeypatch)
    spec = changed_spec(ONE, [{"masters": 3}])
    bay.on("up", there(bay, spec, 2), there(bay, spec, 3))
    apply.update(bay, to(3, ONE), deny_disruptions)
    assert done(bay) == ["up without demo-master-2", "get_server_console_output id master 1", "up"]
    assert bay.fake.batches == [("demo-master-1",), ("demo-master-2",)]


def test_a_growth_that_was_interrupted_goes_on_where_it_was(swarm: FakeSwarm, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = changed_spec(ONE, [{"masters": 5}])
    bay = stack(spec, swarm, monkeypatch)
    there(bay, spec, 3)()
    bay.on("up", there(bay, spec, 4), there(bay, spec, 5))
    apply.update(bay, to(5, ONE), deny_disruptions)
    assert bay.fake.batches == [("demo-master-3",), ("demo-master-4",)]
    assert done(bay) == ["up without demo-master-4", "get_server_console_output id master 3", "up"]


def test_each_master_that_leaves_is_out_of_the_quorum_before_its_server_goes(
    swarm: FakeSwarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    bay = stack(THREE, swarm, monkeypatch)
    swarm.calls = bay.journal
    spec = changed_spec(THREE, [{"masters": 1}])
    bay.on("up", there(bay, spec, 2), there(bay, spec, 1))
    apply.update(bay, to(1, THREE), allow("masters"))
    assert done(bay) == [
        "demote demo-master-2",
        "remove demo-master-2",
        "up without demo-master-1",
        "demote demo-master-1",
        "remove demo-master-1",
        "up",
    ]
    assert swarm.roles == {"demo-master-0": "manager"}


def test_a_shrinking_that_was_interrupted_goes_on_with_one_that_is_out_already(
    swarm: FakeSwarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    bay = stack(THREE, swarm, monkeypatch)
    swarm.calls = bay.journal
    swarm.roles.pop("demo-master-2")
    swarm.counted.remove("demo-master-2")
    monkeypatch.setattr(planner, "health_of", lambda _bay: Health("", "", {"demo-master-2": "UNHEALTHY"}))
    spec = changed_spec(THREE, [{"masters": 1}])
    bay.on("up", there(bay, spec, 2), there(bay, spec, 1))
    apply.update(bay, to(1, THREE), allow("masters"))
    assert done(bay) == ["up without demo-master-1", "demote demo-master-1", "remove demo-master-1", "up"]


@pytest.mark.parametrize(("spec", "count"), [(ONE, 3), (THREE, 5), (THREE, 1)])
def test_an_ill_master_refuses_it_before_anything(
    spec: BaySpec, count: int, swarm: FakeSwarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    bay = stack(spec, swarm, monkeypatch)
    monkeypatch.setattr(planner, "health_of", lambda _bay: Health("", "", {"demo-master-0": "UNHEALTHY"}))
    with pytest.raises(PlanRefused) as refused:
        apply.update(bay, to(count, spec), allow("masters"))
    assert refused.value.message.startswith("bay demo: demo-master-0 unhealthy: all masters have to be well")
    assert "bay repair" in (refused.value.hint or "")
    assert (done(bay), swarm.calls) == ([], [])


def test_masters_leave_by_the_api_alone_and_not_without_a_word(
    swarm: FakeSwarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    bay = stack(THREE, swarm, monkeypatch)
    with pytest.raises(PlanRefused) as refused:
        apply.update(bay, to(1, THREE), deny_disruptions)
    assert "demo-master-2, demo-master-1 deleted, out of the quorum first" in refused.value.message
    assert "--allow masters" in (refused.value.hint or "")
    monkeypatch.setattr(outlook, "open_members_api", lambda _bay: "the API is closed to clients")
    with pytest.raises(PlanRefused, match="can leave Docker Swarm by its API alone: the API is closed to clients"):
        apply.update(bay, to(1, THREE), allow("masters"))
    assert (done(bay), swarm.calls) == ([], [])


def test_one_that_does_not_leave_ends_it_with_its_server_there(
    swarm: FakeSwarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    bay = stack(THREE, swarm, monkeypatch)
    clock = bay.context.cancel = Clock(60)
    monkeypatch.setattr(members, "time", clock)
    monkeypatch.setattr(swarm, "counted", _Sticky(swarm.counted))
    with pytest.raises(NotReady, match="demo-master-2 has not left after 10 minutes: Raft still counts it"):
        apply.update(bay, to(1, THREE), allow("masters"))
    assert done(bay) == []


class _Sticky(set[str]):
    """Raft that agrees to nothing."""

    def __isub__(self, other: Any) -> "_Sticky":
        return self


def test_a_run_without_the_api_says_so_and_what_is_there_serves(
    swarm: FakeSwarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    bay = stack(THREE, swarm, monkeypatch)
    monkeypatch.setattr(members, "open_members_api", lambda _bay: "the API does not answer from here")
    with pytest.raises(BayError, match="masters leave by the engine's API: the API does not answer from here"):
        apply.update(bay, to(1, THREE), allow("masters"))
    assert done(bay) == []
