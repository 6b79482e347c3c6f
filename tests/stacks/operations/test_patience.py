"""A change that a busy cloud stops in the middle goes on with what is left of it."""

import pytest

from bay.components.spec.merge import build_spec
from bay.stacks.approval import deny_disruptions
from bay.stacks.errors import CloudBusy
from bay.stacks.operations.patience import PAUSES, up_patiently
from bay.stacks.operations.rebuild import RebuildRequest, rebuild
from bay.stacks.operations.rebuild_plan import Selection
from bay.stacks.operations.repair import RepairRequest, repair
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import boot, ordinary_cloud
from tests.fakes.pulumi_events import outdated
from tests.fakes.stack import FakeContext, FakeStack
from tests.fakes.states import FINISHED, bay_of

SPEC = build_spec([{"model": "swarm", "nodes": 5}])
BUSY = CloudBusy("bay demo: demo-node-0: busy (HTTP 503)", "again")


def bay_that_is_turned_away_after(*names: str) -> FakeStack:
    """A bay of five nodes; its first change replaces these, and is turned away then."""
    deployment, cloud = bay_of(SPEC), ordinary_cloud()
    boot(cloud, StateSnapshot.from_deployment("demo", deployment))
    steps = [outdated(f"demo-node-{number}", "imageId") for number in range(5)]
    bay = FakeStack(deployment, context=FakeContext(cloud), steps=steps, last=FINISHED)

    def replace_some() -> None:
        assert bay.deployment is not None
        for resource in bay.deployment["resources"]:
            if resource.get("inputs", {}).get("name") in names:
                resource["id"] = f"the new {resource['inputs']['name']}"
        raise BUSY

    bay.on("up", replace_some, None)
    return bay


def ups(bay: FakeStack) -> list[str]:
    return [line for line in bay.journal if line.startswith("up")]


@pytest.mark.parametrize(
    ("replaced", "left"),
    [((), "up replacing demo-node-0, demo-node-1"), (("demo-node-1",), "up replacing demo-node-0")],
    ids=["nothing was replaced yet", "one was"],
)
def test_a_server_that_was_replaced_already_is_not_replaced_again(replaced: tuple[str, ...], left: str) -> None:
    bay = bay_that_is_turned_away_after(*replaced)
    nodes = ("demo-node-0", "demo-node-1")
    rebuild(bay, RebuildRequest(Selection(nodes=nodes), wait=False), deny_disruptions)
    assert ups(bay)[:2] == ["up replacing demo-node-0, demo-node-1", left]
    assert f"{BUSY.message}; going on in {PAUSES[0]:.0f} s" in bay.notices


def test_a_repair_goes_on_too() -> None:
    bay = bay_that_is_turned_away_after("demo-node-3")
    bay.steps = []
    repair(bay, RepairRequest(["demo-node-3", "demo-node-4"], wait=False), deny_disruptions)
    assert ups(bay) == ["up replacing demo-node-3, demo-node-4", "up replacing demo-node-4"]


def test_a_replacement_whose_server_is_gone_is_left_to_the_change_itself() -> None:
    """Pulumi deletes first: what was turned away after that is missing in the state, and is created as any other."""
    bay = bay_that_is_turned_away_after()
    asked: list[list[str]] = []
    urn = next(one["urn"] for one in bay.state.resources if one.get("inputs", {}).get("name") == "demo-node-2")

    def up(urns: object) -> None:
        asked.append(list(urns))  # type: ignore[call-overload]
        if len(asked) == 1:
            assert bay.deployment is not None
            bay.deployment["resources"] = [one for one in bay.deployment["resources"] if one["urn"] != urn]
            bay._state = None
            raise BUSY

    up_patiently(bay, up, [urn])
    assert asked == [[urn], []]
