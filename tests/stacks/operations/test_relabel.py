"""Labels and taints of nodes that run: changed by the engine's API, and what counts as outdated afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bay.components.errors import BayError
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec, changed_spec
from bay.stacks.approval import deny_disruptions
from bay.stacks.cluster import api as client
from bay.stacks.operations import apply
from bay.stacks.operations import rebuild as operation
from bay.stacks.operations.outdated import Comparison
from bay.stacks.operations.outdated_labels import tell_labels
from bay.stacks.operations.rebuild_plan import RebuildPlan, Selection, plan_rebuild
from bay.stacks.operations.relabel import relabel
from tests.fakes.nodes_api import LabelledStack, NodesApi, labelled_bay, nodes_api, user_data

GPU = {"count": 2, "labels": {"kind": "gpu"}, "taints": ["gpu=yes:NoSchedule"]}
BEFORE = build_spec(
    [{"model": "kubernetes", "nodes": 1, "node_groups": {"gpu": GPU}, "access": {"api": ["127.0.0.0/8"]}}]
)
AFTER = changed_spec(
    BEFORE,
    [
        {
            "node_groups": {
                "gpu": {"labels": {"kind": None, "disk": "ssd"}, "taints": ["gpu=no:NoSchedule", "new:NoExecute"]}
            }
        }
    ],
)
NAMES = ("demo-gpu-0", "demo-gpu-1")
tls_of = client._context
WANTED = {"bay.name": "demo", "bay.group": "gpu", "disk": "ssd"}


def labels(group: str, **more: str) -> dict[str, str]:
    return {"bay.name": "demo", "bay.group": group, **more}


BOOTS = {name: user_data(labels("gpu", kind="gpu"), "gpu=yes:NoSchedule") for name in NAMES} | {
    "demo-node-0": user_data(labels("node")),
    "demo-master-0": user_data(labels("master")),
}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[NodesApi]:
    """With the nodes of a bay as they have registered."""
    with nodes_api(tmp_path) as api:
        for name in NAMES:
            api.add(name, {**labels("gpu", kind="gpu"), "mine": "x"}, "gpu=yes:NoSchedule", "u=1:NoSchedule")
        api.add("demo-node-0", labels("node"))
        api.add("demo-master-0", labels("master"))
        yield api


def bay_of(api: NodesApi, spec: BaySpec = AFTER, boots: dict[str, str] = BOOTS) -> LabelledStack:
    return labelled_bay(spec, ["127.0.0.1:1", api.address], boots)


# What is changed


@pytest.mark.parametrize("conflicts", [0, 1, 4])
def test_nodes_get_what_the_spec_says_and_keep_what_users_gave_them(api: NodesApi, conflicts: int) -> None:
    api.conflicts = conflicts
    bay = bay_of(api)
    relabel(bay, AFTER, NAMES)
    for name in NAMES:
        assert api.labels(name) == {**WANTED, "mine": "x"}
        assert set(api.taints(name)) == {"u=1:NoSchedule", "gpu=no:NoSchedule", "new=:NoExecute"}
    assert sorted(api.patched) == list(NAMES)
    assert bay.notices == ["demo-gpu-0, demo-gpu-1: labels and taints are as the spec says, while they run"]
    relabel(bay, AFTER, NAMES)
    assert sorted(api.patched) == list(NAMES), "what is as it is to be is left alone"


def test_all_nodes_are_read_once_and_one_that_was_changed_meanwhile_alone(
    api: NodesApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts: list[Any] = []
    monkeypatch.setattr(client, "_context", lambda files: contexts.append(tls_of(files)) or contexts[-1])
    api.conflicts = 3
    relabel(labelled_bay(AFTER, [api.address], BOOTS), AFTER, NAMES)
    assert sorted(api.patched) == list(NAMES)
    assert (api.lists, len(api.reads), set(api.reads) <= set(NAMES)) == (1, 3, True)
    assert len(contexts) == 1, "keys go through a folder once"


def test_a_node_that_goes_while_it_is_changed_has_nothing_to_change(api: NodesApi) -> None:
    api.conflicts, api.goes = 1, True
    bay = bay_of(api)
    relabel(bay, AFTER, ["demo-gpu-0"])
    assert (api.reads, api.patched) == (["demo-gpu-0"], [])
    assert bay.notices == ["demo-gpu-0: labels and taints are as the spec says, while they run"]


def test_what_came_while_it_ran_goes_while_it_runs(api: NodesApi) -> None:
    relabel(bay_of(api), AFTER, NAMES)
    relabel(bay_of(api, BEFORE), BEFORE, NAMES)
    assert api.labels("demo-gpu-0") == {**labels("gpu", kind="gpu"), "mine": "x"}
    assert set(api.taints("demo-gpu-0")) == {"u=1:NoSchedule", "gpu=yes:NoSchedule"}


def test_servers_that_are_no_nodes_or_are_gone_are_left_out(api: NodesApi) -> None:
    del api.nodes["demo-gpu-1"]
    bay = bay_of(api)
    relabel(bay, AFTER, (*NAMES, "demo-gpu-7"))
    assert api.patched == ["demo-gpu-0"]
    assert bay.notices == ["demo-gpu-0: labels and taints are as the spec says, while they run"]


@pytest.mark.parametrize("status", [403, 500])
def test_what_the_api_refuses_is_told_with_what_does_it(api: NodesApi, status: int) -> None:
    api.refuses = status
    bay = bay_of(api)
    relabel(bay, AFTER, NAMES)
    reason = f"{api.address}: HTTP {status}"
    assert bay.notices == [
        f"demo-gpu-0, demo-gpu-1: labels and taints stay as they were: {reason}; 'bay rebuild demo' does it"
    ]


def test_a_node_that_others_never_stop_changing_is_told(api: NodesApi) -> None:
    api.conflicts = 99
    bay = bay_of(api)
    relabel(bay, AFTER, ["demo-gpu-0"])
    assert bay.notices[0].startswith(f"demo-gpu-0: labels and taints stay as they were: {api.address}: HTTP 409")


def test_where_nobody_answers_nothing_is_changed(api: NodesApi) -> None:
    bay = labelled_bay(AFTER, ["127.0.0.1:1"], BOOTS)
    relabel(bay, AFTER, NAMES)
    (notice,) = bay.notices
    assert "stay as they were: the API does not answer from here: 127.0.0.1:1: Connection refused" in notice
    assert api.patched == []


# An update


def update(api: NodesApi, spec: BaySpec, before: BaySpec = BEFORE, addresses: list[str] | None = None) -> LabelledStack:
    bay = labelled_bay(before, [api.address] if addresses is None else addresses, BOOTS)
    apply.update(bay, lambda _before: spec, deny_disruptions)
    return bay


def test_an_update_of_labels_reaches_nodes_that_run(api: NodesApi) -> None:
    bay = update(api, AFTER)
    assert bay.deeds == ["up"]
    assert sorted(api.patched) == list(NAMES)
    assert api.labels("demo-gpu-0") == {**WANTED, "mine": "x"}
    assert bay.notices == ["demo-gpu-0, demo-gpu-1: labels and taints are as the spec says, while they run"]


def test_an_update_of_other_fields_asks_no_engine(api: NodesApi) -> None:
    bay = update(api, changed_spec(BEFORE, [{"node_groups": {"gpu": {"flavor": "m1.large"}}}]))
    assert api.patched == []
    assert [text.partition(":")[0] for text in bay.notices] == ["demo-gpu-0, demo-gpu-1"]


def test_an_update_that_cannot_reach_them_says_what_does(api: NodesApi) -> None:
    bay = update(api, AFTER, addresses=["127.0.0.1:1"])
    assert api.patched == []
    assert bay.notices == [
        "demo-gpu-0, demo-gpu-1: created with another node_groups.gpu.labels.disk, node_groups.gpu.labels.kind, "
        "node_groups.gpu.taints; 'bay rebuild demo --group gpu' replaces them, drained, batch by batch"
    ]


# What is outdated


class Compared:
    """A comparison that finds boot data to differ as the labels of a group do. other: servers that differ anyhow."""

    def __init__(self, *other: str, had: dict[str, BaySpec] | None = None) -> None:
        self.other, self.had = other, had or dict.fromkeys(NAMES, BEFORE)
        self.specs: list[BaySpec] = []

    def __call__(self, spec: BaySpec) -> Comparison:
        self.specs.append(spec)
        gpu = spec.groups["gpu"]
        differ = [name for name, had in self.had.items() if had.groups["gpu"] != gpu or name in self.other]
        return Comparison(dict.fromkeys(differ, ("boot-data",)))


Told = Callable[..., Comparison]


def labels_comparison(bay: LabelledStack, compare: Compared, spec: BaySpec = AFTER) -> Comparison:
    return tell_labels(bay, spec, compare(spec), compare)


def test_a_server_that_differs_in_labels_alone_is_outdated_until_its_node_has_them(api: NodesApi) -> None:
    bay, compare = bay_of(api), Compared()
    found = labels_comparison(bay, compare)
    assert found.reasons == dict.fromkeys(NAMES, ("labels",))
    assert found.relabelled == set(NAMES)
    assert compare.specs == [AFTER, BEFORE], "with what they were created with"
    relabel(bay, AFTER, ["demo-gpu-0"])
    assert labels_comparison(bay, Compared()).reasons == {"demo-gpu-1": ("labels",)}
    relabel(bay, AFTER, NAMES)
    assert labels_comparison(bay, Compared()) == Comparison()


def test_a_node_that_registers_again_has_its_old_labels_and_is_outdated_again(api: NodesApi) -> None:
    bay = bay_of(api)
    relabel(bay, AFTER, NAMES)
    api.add("demo-gpu-0", labels("gpu", kind="gpu"), "gpu=yes:NoSchedule")
    assert labels_comparison(bay, Compared()).reasons == {"demo-gpu-0": ("labels",)}
    relabel(bay, AFTER, NAMES)
    assert labels_comparison(bay, Compared()).reasons == {}


def test_where_more_differs_than_labels_it_is_boot_data_whatever_the_node_has(api: NodesApi) -> None:
    bay = bay_of(api)
    relabel(bay, AFTER, NAMES)
    found = labels_comparison(bay, Compared("demo-gpu-0"))
    assert found.reasons == {"demo-gpu-0": ("boot-data",)}


def test_other_reasons_stay(api: NodesApi) -> None:
    bay, compare = bay_of(api), Compared()
    found = Comparison({"demo-gpu-0": ("image", "boot-data"), "demo-gpu-1": ("boot-data", "zone")})
    told_now = tell_labels(bay, AFTER, found, compare)
    assert told_now.reasons == {"demo-gpu-0": ("image", "labels"), "demo-gpu-1": ("zone", "labels")}
    relabel(bay, AFTER, NAMES)
    assert tell_labels(bay, AFTER, found, compare).reasons == {"demo-gpu-0": ("image",), "demo-gpu-1": ("zone",)}


def test_servers_of_a_group_may_have_been_created_with_different_labels(api: NodesApi) -> None:
    first = changed_spec(BEFORE, [{"node_groups": {"gpu": {"labels": {"kind": "old"}}}}])
    boots = {**BOOTS, "demo-gpu-0": user_data(labels("gpu", kind="old"), "gpu=yes:NoSchedule")}
    compare = Compared(had={"demo-gpu-0": first, "demo-gpu-1": BEFORE})
    found = labels_comparison(bay_of(api, boots=boots), compare)
    assert found.reasons == dict.fromkeys(NAMES, ("labels",))
    assert len(compare.specs) == 3


@pytest.mark.parametrize("addresses", [[], ["127.0.0.1:1"]])
def test_where_the_nodes_cannot_be_asked_a_rebuild_is_what_helps(addresses: list[str], api: NodesApi) -> None:
    relabel(bay_of(api), AFTER, NAMES)
    found = labels_comparison(labelled_bay(AFTER, addresses, BOOTS), Compared())
    assert found.reasons == dict.fromkeys(NAMES, ("labels",))
    assert found.relabelled == frozenset()


def test_a_server_that_is_no_node_is_outdated(api: NodesApi) -> None:
    bay = bay_of(api)
    relabel(bay, AFTER, NAMES)
    del api.nodes["demo-gpu-1"]
    found = labels_comparison(bay, Compared())
    assert (found.reasons, found.relabelled) == ({"demo-gpu-1": ("labels",)}, frozenset())


@pytest.mark.parametrize("boots", [{}, dict.fromkeys(NAMES, "#cloud-config"), dict.fromkeys(NAMES, "")])
def test_user_data_that_says_nothing_of_labels_stays_boot_data(boots: dict[str, str], api: NodesApi) -> None:
    compare = Compared()
    assert labels_comparison(bay_of(api, boots=boots), compare).reasons == dict.fromkeys(NAMES, ("boot-data",))
    assert compare.specs == [AFTER], "and nothing is compared again"


def test_labels_that_no_spec_may_have_any_more_stay_boot_data(api: NodesApi) -> None:
    boots = dict.fromkeys(NAMES, user_data(labels("gpu", **{"kubernetes.io/x": "1"})))
    assert labels_comparison(bay_of(api, boots=boots), Compared()).reasons == dict.fromkeys(NAMES, ("boot-data",))


def test_a_comparison_that_fails_tells_so(api: NodesApi) -> None:
    def fail(_spec: BaySpec) -> Comparison:
        raise BayError("no")

    found = Comparison({"demo-gpu-0": ("boot-data",)})
    assert tell_labels(bay_of(api), AFTER, found, fail) == found


def test_engines_that_change_no_labels_are_not_asked(tmp_path: Path) -> None:
    swarm = build_spec([{"model": "swarm", "node_groups": {"gpu": {"count": 2, "labels": {"a": "b"}}}}])
    bay = labelled_bay(swarm, ["127.0.0.1:1"], {})
    found = Comparison({"demo-gpu-0": ("boot-data",)})
    assert tell_labels(bay, swarm, found, Compared()) == found
    relabel(bay, swarm, NAMES)
    assert "Docker Swarm sets labels only when a server is created" in bay.notices[0]


# A rebuild


def planned(reasons: dict[str, tuple[str, ...]], relabelled: frozenset[str], **selection: Any) -> RebuildPlan:
    bay = labelled_bay(AFTER, [], BOOTS)
    return plan_rebuild(bay.state, AFTER, Comparison(reasons, (), relabelled), Selection(**selection))


def test_a_rebuild_replaces_no_server_for_labels_that_its_node_can_get() -> None:
    reasons = {"demo-gpu-0": ("labels",), "demo-gpu-1": ("image", "labels"), "demo-node-0": ("labels",)}
    plan = planned(reasons, frozenset({"demo-gpu-0", "demo-gpu-1"}))
    assert [(row["batch"], row["action"], row["name"]) for row in plan.rows] == [
        (0, "relabel", "demo-gpu-0"),
        (1, "replace", "demo-gpu-1"),
        (2, "replace", "demo-node-0"),
    ]
    assert not plan.is_empty
    assert plan.summary == "3 servers are outdated"
    assert planned({"demo-gpu-0": ("labels",)}, frozenset({"demo-gpu-0"})).disruption == ""


def test_only_nodes_that_are_selected_are_relabelled() -> None:
    reasons = dict.fromkeys(NAMES, ("labels",))
    plan = planned(reasons, frozenset(NAMES), nodes=["demo-gpu-1"])
    assert [action.name for action in plan.relabelled] == ["demo-gpu-1"]
    assert planned(reasons, frozenset(NAMES), group="node").is_empty


def test_a_rebuild_for_labels_alone_changes_nodes_and_nothing_else(
    api: NodesApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Comparison(dict.fromkeys(NAMES, ("labels",)), (), frozenset(NAMES))
    monkeypatch.setattr(operation, "compare_as_new", lambda *_: found)
    bay = bay_of(api)
    plan = operation.rebuild(bay, operation.RebuildRequest(), deny_disruptions)
    assert [action.action for action in plan.relabelled] == ["relabel", "relabel"]
    assert (sorted(api.patched), bay.deeds) == (list(NAMES), [])
