"""Which servers a rebuild replaces, in which batches: pure."""

from collections.abc import Mapping
from typing import Any

import pytest

from bay.components.errors import BayError, InvalidInput
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.stacks.operations.outdated import Comparison
from bay.stacks.operations.rebuild_plan import RebuildPlan, Selection, batch_size, plan_rebuild
from bay.stacks.plan.types import Change, Group
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.states import bay_of

HA = build_spec([{"model": "swarm-ha", "nodes": 5, "node_groups": {"gpu": {"count": 2}}}])
SMALL = build_spec([{"model": "swarm", "nodes": 2}])
ON_VOLUME = build_spec([{"model": "swarm", "nodes": 1, "masters": {"state_volume": 5}}])


def outdated(spec: BaySpec, *reasons: str) -> dict[str, tuple[str, ...]]:
    return {name: reasons or ("image",) for name in spec.server_names("demo")}


def plan(
    spec: BaySpec, reasons: Mapping[str, tuple[str, ...]] | None = None, *unfinished: Change, **selection: Any
) -> RebuildPlan:
    found = Comparison(outdated(spec) if reasons is None else reasons, unfinished)
    return plan_rebuild(StateSnapshot.from_deployment("demo", bay_of(spec)), spec, found, Selection(**selection))


def batches(planned: RebuildPlan) -> list[list[str]]:
    return [[name.removeprefix("demo-") for name in batch.names] for batch in planned.batches]


def test_masters_go_one_by_one_and_first_then_each_group_in_batches() -> None:
    assert batches(plan(HA)) == [
        ["master-0"],
        ["master-1"],
        ["master-2"],
        ["gpu-0"],
        ["gpu-1"],
        ["node-0", "node-1"],
        ["node-2", "node-3"],
        ["node-4"],
    ]


@pytest.mark.parametrize(
    ("text", "servers", "size"),
    [
        *(("", 5, 2), ("", 1, 1), ("", 10, 4)),
        *(("1", 5, 1), ("3", 5, 3), ("9", 5, 9)),
        *(("25%", 10, 2), ("25%", 3, 1), ("100%", 7, 7), ("1%", 5000, 50)),
    ],
)
def test_a_batch_is_as_large_as_is_said(text: str, servers: int, size: int) -> None:
    assert batch_size("node", text, servers) == size
    assert batch_size("master", text, servers) == 1


@pytest.mark.parametrize("text", ["0", "0%", "101%", "-1", "x", "1.5", "%", "10 %", "5%%", "99999"])
def test_a_batch_of_nothing_or_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=f"{text!r} is no number of servers") as refused:
        plan(SMALL, {}, max_unavailable=text)
    assert refused.value.hint.startswith("a number from 1, or a share from 1% to 100%")


def test_only_what_is_selected_is_rebuilt() -> None:
    assert batches(plan(HA, group="gpu", max_unavailable="100%")) == [["gpu-0", "gpu-1"]]
    assert batches(plan(HA, nodes=["demo-node-3", "demo-master-1"])) == [["master-1"], ["node-3"]]
    assert batches(plan(HA, {"demo-node-1": ("key",)})) == [["node-1"]]


def test_a_group_or_server_that_the_bay_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidInput, match="bay demo has no group 'gpus'") as refused:
        plan(HA, group="gpus")
    assert "gpu" in refused.value.hint
    with pytest.raises(InvalidInput, match="bay demo has no node 'demo-node-9'"):
        plan(HA, nodes=["demo-node-9"])


def test_the_only_master_stays_unless_its_data_is_on_a_volume_or_may_be_lost() -> None:
    left = plan(SMALL)
    assert batches(left) == [["node-0"], ["node-1"]]
    (skipped,) = left.skipped
    assert skipped.row(None) == {
        "batch": None,
        "action": "leave",
        "type": "Instance",
        "name": "demo-master-0",
        "reason": "image; the only master, with its control-plane data on its own disk; --lose-data replaces it",
    }
    assert left.summary == "3 servers are outdated"
    assert batches(plan(SMALL, lose_data=True))[0] == ["master-0"]
    assert batches(plan(ON_VOLUME)) == [["master-0"], ["node-0"]]


def test_a_volume_that_the_only_master_was_created_without_holds_nothing_of_it() -> None:
    assert batches(plan(ON_VOLUME, {"demo-master-0": ("volumes",)})) == []
    assert batches(plan(ON_VOLUME, {"demo-master-0": ("image", "volumes")})) == []


def test_the_only_master_is_resized_where_it_is() -> None:
    resized = plan(SMALL, outdated(SMALL, "flavor"))
    assert [[action.action for action in batch.actions] for batch in resized.batches] == [
        ["resize"],
        ["replace"],
        ["replace"],
    ]
    assert resized.disruption == ("resize demo-master-0 and replace demo-node-0, demo-node-1 of bay demo in 3 batches")
    assert not resized.skipped
    assert [a.action for b in plan(ON_VOLUME, outdated(ON_VOLUME, "flavor")).batches for a in b.actions] == [
        "replace",
        "replace",
    ], "its data is on a volume, so a new disk loses nothing"
    assert batches(plan(SMALL, {"demo-master-0": ("image", "flavor")})) == []


def test_what_an_earlier_run_left_undone_comes_before_the_first_batch() -> None:
    created = Change("create", Group.NODES, "Instance", "demo-node-1", (), "urn 1")
    planned = plan(SMALL, {"demo-node-0": ("image",)}, created)
    assert [(row["batch"], row["action"], row["name"], row["reason"]) for row in planned.rows] == [
        (0, "finish", "demo-node-1", "create"),
        (1, "replace", "demo-node-0", "image"),
    ]


def test_a_change_that_would_still_take_servers_away_is_finished_first() -> None:
    with pytest.raises(BayError, match="its last change is unfinished: it would still take away demo-node-1"):
        plan(SMALL, {}, Change("delete", Group.NODES, "Instance", "demo-node-1", (), "urn 1"))


def test_where_nothing_is_outdated_there_is_nothing_to_do() -> None:
    planned = plan(HA, {})
    assert planned.is_empty
    assert (planned.disruption, planned.summary, planned.risks) == ("", "no server is outdated", ())
    assert not plan_rebuild(
        StateSnapshot.from_deployment("demo", bay_of(SMALL)), SMALL, Comparison(), Selection(), ["image: a -> b"]
    ).is_empty, "the spec is still to be written"
