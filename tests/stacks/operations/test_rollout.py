"""Servers are changed batch by batch: each is back before the next goes, and where one does not come back, it ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from bay.components.errors import BayError
from bay.components.spec.merge import build_spec
from bay.stacks.cluster import readiness
from bay.stacks.cluster.health import HEALTHY, UNHEALTHY, Health
from bay.stacks.errors import NotReady
from bay.stacks.operations import rollout
from bay.stacks.operations.batches import Batch
from bay.stacks.operations.rollout import Rollout
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import FakeCloud, boot
from tests.fakes.stack import Clock, FakeContext, FakeStack
from tests.fakes.states import bay_of

HA = build_spec([{"model": "swarm-ha", "nodes": 3}])
FAILED = "bay: stage=failed node=x reason=image-lacks-dockerd\n"


@dataclass(frozen=True)
class Action:
    """A server that gets another in its place, or not."""

    name: str
    urn: str = ""
    loses_disk: bool = True


def batch(*names: str, loses_disk: bool = True) -> Batch[Action]:
    group = names[0].split("-")[1]
    return Batch(group, tuple(Action(name, "", loses_disk) for name in names))


Change = Callable[[str], object]
MASTERS = [batch(f"demo-master-{i}") for i in range(3)]
NODES = [batch(f"demo-node-{i}") for i in range(3)]


@pytest.fixture
def bay() -> FakeStack:
    """Three masters and three nodes, all of which are well."""
    deployment, cloud = bay_of(HA), FakeCloud()
    boot(cloud, StateSnapshot.from_deployment("demo", deployment))
    return FakeStack(deployment, context=FakeContext(cloud, cancel=Clock()))


def run(bay: FakeStack, batches: Sequence[Batch[Action]], change: Change = lambda _name: None, **options: Any) -> None:
    """Note each change, beside what the cloud is asked."""

    def note(one: Batch[Action], later: Sequence[Batch[Action]]) -> None:
        bay.journal.append(f"change {', '.join(one.names)}, then {len(later)}")
        change(one.names[0])

    Rollout(bay, **options).run(batches, note)


def done(bay: FakeStack, *kinds: str) -> list[str]:
    """What happened, in its order: changes, and looks at a server's console."""
    lines = [line.replace("get_server_console_output ", "wait for ") for line in bay.journal]
    return list(dict.fromkeys(line for line in lines if line.startswith(kinds or ("change", "wait"))))


@pytest.mark.parametrize(("batches", "group"), [(MASTERS, "master"), (NODES, "node")])
def test_each_batch_is_back_before_the_next_goes(bay: FakeStack, batches: Sequence[Batch[Action]], group: str) -> None:
    run(bay, batches)
    assert done(bay) == [
        f"change demo-{group}-0, then 2",
        f"wait for id {group} 0",
        f"change demo-{group}-1, then 1",
        f"wait for id {group} 1",
        f"change demo-{group}-2, then 0",
        f"wait for id {group} 2",
    ]
    assert bay.fake.batches == [(f"demo-{group}-{i}",) for i in range(3)]


def test_only_the_last_batch_need_not_be_waited_for(bay: FakeStack) -> None:
    run(bay, NODES, wait_for_last=False)
    assert done(bay)[-2:] == ["wait for id node 1", "change demo-node-2, then 0"]


def test_a_server_is_back_when_the_engine_says_so(bay: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that was resized has said long ago that it is ready."""
    answers = iter([UNHEALTHY, UNHEALTHY, HEALTHY, None])

    def ask(_bay: object) -> Health:
        bay.journal.append("wait for the engine")
        said = next(answers)
        return Health("", "", {"demo-node-0": said} if said else {})

    monkeypatch.setattr(rollout, "health_of", ask)
    run(bay, NODES[:2], until_healthy=True)
    asked = [line for line in bay.journal if line.startswith(("change", "wait for"))]
    assert asked == [
        "change demo-node-0, then 1",
        *["wait for the engine"] * 3,
        "change demo-node-1, then 0",
        "wait for the engine",
    ], "where the engine cannot be asked, nobody waits for it"


def test_one_that_the_engine_never_calls_healthy_ends_it(bay: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = bay.context.cancel = Clock(60)
    monkeypatch.setattr(rollout, "time", clock)
    monkeypatch.setattr(rollout, "health_of", lambda _bay: Health("", "", {"demo-node-0": UNHEALTHY}))
    with pytest.raises(NotReady, match="server demo-node-0 is not healthy after 7 minutes, as the engine says"):
        run(bay, NODES, until_healthy=True, timeout=timedelta(minutes=7))
    assert done(bay, "change") == ["change demo-node-0, then 2"]


def set_status(bay: FakeStack, name: str, status: str) -> None:
    (server,) = [one for one in bay.fake.openstack.things["server"] if one.name == name]
    server.status = status


def test_it_stops_at_the_first_batch_that_does_not_come_back(bay: FakeStack) -> None:
    """The rest of the bay serves on."""

    def change(name: str) -> None:
        if name == "demo-node-1":
            bay.fake.openstack.consoles["id node 1"] = [FAILED]
            set_status(bay, name, "ERROR")

    with pytest.raises(NotReady) as stopped:
        run(bay, NODES, change)
    assert stopped.value.message == "server demo-node-1 is ERROR"
    assert done(bay, "change") == ["change demo-node-0, then 2", "change demo-node-1, then 1"]


def test_a_change_that_fails_ends_it_too(bay: FakeStack) -> None:
    def change(name: str) -> None:
        raise BayError(f"{name} is tired")

    with pytest.raises(BayError, match="demo-node-0 is tired"):
        run(bay, NODES, change)
    assert done(bay) == ["change demo-node-0, then 2"]


def test_each_batch_is_waited_for_as_long_as_was_said(bay: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = bay.context.cancel = Clock(60)
    monkeypatch.setattr(readiness, "time", clock)
    bay.fake.openstack.consoles["id node 0"] = [""]
    with pytest.raises(NotReady, match="server demo-node-0 is not ready after 7 minutes; it says booting"):
        run(bay, NODES, timeout=timedelta(minutes=7))
    assert clock.seconds == 8 * 60, "looked at once more after that"


def test_quorum_is_looked_at_before_each_batch_but_the_first(bay: FakeStack) -> None:
    """The first was looked at before anybody was asked; meanwhile another master may have gone."""

    def change(_name: str) -> None:
        set_status(bay, "demo-master-2", "ERROR")

    with pytest.raises(BayError) as stopped:
        run(bay, MASTERS[:2], change)
    assert stopped.value.message == (
        "bay demo: without demo-master-1 only 1 of 3 masters would be healthy; quorum needs 2"
    )
    assert done(bay, "change") == ["change demo-master-0, then 1"]


def test_what_the_first_batch_takes_is_not_looked_at_again(bay: FakeStack) -> None:
    set_status(bay, "demo-master-2", "ERROR")
    run(bay, MASTERS[:1])
    assert done(bay, "change") == ["change demo-master-0, then 0"]


@pytest.fixture
def broken(bay: FakeStack) -> FakeStack:
    """One master of three is away, so no other may go."""
    set_status(bay, "demo-master-2", "ERROR")
    return bay


def refused(rollout: Rollout, one: Batch[Action]) -> bool:
    try:
        rollout.require_quorum(one)
    except BayError:
        return True
    return False


def test_without_quorum_no_other_master_goes(broken: FakeStack) -> None:
    assert refused(Rollout(broken), MASTERS[0])
    assert not refused(Rollout(broken), MASTERS[2]), "it is the one that is away"


@pytest.mark.parametrize(
    ("options", "one"),
    [
        ({"lose_data": True}, MASTERS[0]),
        ({"keeps_data": lambda masters: list(masters) == ["demo-master-0"]}, MASTERS[0]),
        ({}, batch("demo-master-0", loses_disk=False)),
        ({}, NODES[0]),
    ],
    ids=["data may be lost", "their data is on volumes", "it keeps its disk", "no masters"],
)
def test_quorum_stops_nobody_whom_it_does_not_concern(
    broken: FakeStack, options: dict[str, Any], one: Batch[Action]
) -> None:
    assert not refused(Rollout(broken, **options), one)
    assert broken.journal == []


def test_servers_that_are_no_more_are_waited_for_by_nobody(bay: FakeStack) -> None:
    Rollout(bay).wait([], is_last=False)
    assert bay.journal == []
