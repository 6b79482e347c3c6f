"""Labels and taints of nodes that run: what a server registered with, and the calls that change it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bay.components.engines import Facts
from bay.components.engines.kubernetes.node_labels import KubernetesNodeLabels
from bay.components.engines.node_labels import Labelling
from bay.components.node.user_data import user_data
from tests.components.engines.kubernetes.facts import KUBERNETES, kubernetes_facts

LABELS = KubernetesNodeLabels()
GPU = {"count": 1, "labels": {"kind": "gpu", "empty": ""}, "taints": ["gpu=yes:NoSchedule", "x:NoExecute"]}


@pytest.mark.parametrize(
    ("group", "options"),
    [
        ("gpu", {}),
        ("node", {}),
        ("master", {}),
        ("gpu", {"kubelet_args": {"v": "2", "max-pods": "50"}, "cloud_provider": True}),
        ("gpu", {"kubelet_args": {"node-labels": "own=1,other=2"}}),
    ],
)
def test_what_a_new_server_registers_with_is_read_from_its_own_boot_data(
    group: str, options: dict[str, Any], facts: Facts
) -> None:
    given = kubernetes_facts(facts, node_groups={"gpu": GPU}, options=options)
    found = LABELS.at_boot(user_data(KUBERNETES, replace(given, group=group)))
    assert found == LABELS.wanted("demo", given.spec, group)
    assert found is not None
    assert bool(found.taints) is (group == "gpu")
    if "node-labels" in options.get("kubelet_args", {}):
        assert found.labels == {"own": "1", "other": "2"}, "what the options say goes before the group's own"


@pytest.mark.parametrize("group", ["gpu", "master"])
def test_a_group_with_the_labels_of_a_server_gives_just_these(group: str, facts: Facts) -> None:
    given = kubernetes_facts(facts, node_groups={"gpu": GPU}, masters={"labels": {"a": "b"}})
    found = LABELS.at_boot(user_data(KUBERNETES, replace(given, group=group)))
    assert found is not None
    bare = given.spec.groups[group].model_copy(update={"labels": {}, **({"taints": ()} if group == "gpu" else {})})
    plain = given.spec.with_group(group, bare)
    again = plain.with_group(group, bare.model_copy(update=LABELS.as_fields(found, group)))
    assert again == given.spec


@pytest.mark.parametrize(
    "text",
    ["", "#cloud-config", "BAY_TAINTS=''", "BAY_KUBELET_ARGS='a\nBAY_TAINTS=''", "BAY_KUBELET_ARGS=\nBAY_TAINTS="],
)
def test_user_data_that_does_not_say_it_is_no_labelling(text: str) -> None:
    assert LABELS.at_boot(text) is None


def node(
    labels: dict[str, str] | None = None,
    taints: list[dict[str, str]] | None = None,
    notes: dict[str, str] | None = None,
) -> dict[str, Any]:
    metadata = {"name": "demo-gpu-0", "resourceVersion": "7", "labels": labels or {}}
    return {
        "metadata": metadata | ({"annotations": notes} if notes else {}),
        "spec": {"taints": taints} if taints is not None else {},
    }


def taint(key: str, effect: str, value: str = "", **more: str) -> dict[str, str]:
    return {"key": key, "effect": effect, **({"value": value} if value else {}), **more}


def patch(found: dict[str, Any], wanted: Labelling, before: Labelling | None = None) -> Any:
    """The body of the only call; None where there is none."""
    server = "demo-gpu-0"
    patches = LABELS.patches({"items": [found]}, {server: wanted}, {server: before} if before else {})
    assert [(one.server, one.path) for one in patches] in ([], [(server, f"/api/v1/nodes/{server}")])
    return patches[0].body if patches else None


@pytest.mark.parametrize(
    ("has", "wanted", "before", "changed"),
    [
        ({"a": "1"}, {"a": "1"}, {}, None),
        ({"a": "1", "user": "x"}, {"a": "1"}, {}, None),
        ({"a": "1"}, {"a": "2"}, {"a": "1"}, {"a": "2"}),
        ({"a": "1"}, {"a": "1", "b": ""}, {"a": "1"}, {"b": ""}),
        ({"a": "1", "b": "2"}, {"a": "1"}, {"a": "1", "b": "2"}, {"b": None}),
        ({"a": "1"}, {"a": "1"}, {"a": "1", "b": "2"}, None),
        ({}, {"a": "1"}, {}, {"a": "1"}),
    ],
)
def test_labels_of_bay_come_and_go_and_others_stay(
    has: dict[str, str], wanted: dict[str, str], before: dict[str, str], changed: dict[str, str | None] | None
) -> None:
    body = patch(node(has), Labelling(wanted), Labelling(before))
    assert (body and body["metadata"]["labels"]) == changed
    if body:
        assert body["metadata"]["resourceVersion"] == "7", "nobody else's change is lost"
        assert "spec" not in body


def test_what_bay_set_on_a_node_that_ran_goes_too() -> None:
    """It was in no boot data, and the spec does not name it any more: the node's annotation does."""
    first = patch(node({"a": "1"}), Labelling({"a": "1", "new": "x"}, ("t:NoSchedule",)), Labelling({"a": "1"}))
    notes = first["metadata"]["annotations"]
    assert notes == {"bay.labels": "a,new", "bay.taints": "t:NoSchedule"}
    then = node({"a": "1", "new": "x", "user": "y"}, [taint("t", "NoSchedule"), taint("u", "NoSchedule")], notes)
    body = patch(then, Labelling({"a": "1"}), Labelling({"a": "1"}))
    assert body["metadata"]["labels"] == {"new": None}
    assert body["spec"]["taints"] == [taint("u", "NoSchedule")]
    assert body["metadata"]["annotations"] == {"bay.labels": "a", "bay.taints": ""}


CORDONED = taint("node.kubernetes.io/unschedulable", "NoSchedule")
SINCE = taint("a", "NoExecute", "1", timeAdded="2026-01-02T03:04:05Z")


@pytest.mark.parametrize(
    ("has", "wanted", "before", "left"),
    [
        (None, (), (), None),
        ([CORDONED], (), (), None),
        ([CORDONED], ("a=1:NoExecute",), (), [CORDONED, taint("a", "NoExecute", "1")]),
        ([SINCE, CORDONED], ("a=1:NoExecute",), (), None),
        ([SINCE], ("a=1:NoExecute", "b:NoSchedule"), ("a=1:NoExecute",), [SINCE, taint("b", "NoSchedule")]),
        ([SINCE], ("a=2:NoExecute",), ("a=1:NoExecute",), [taint("a", "NoExecute", "2")]),
        ([SINCE, CORDONED], (), ("a=1:NoExecute",), [CORDONED]),
        ([SINCE], (), (), None),
        ([SINCE], ("a=1:NoSchedule",), ("a=1:NoExecute",), [taint("a", "NoSchedule", "1")]),
        ([taint("b", "NoSchedule")], ("b:NoSchedule",), (), None),
    ],
)
def test_taints_of_bay_come_and_go_and_others_stay(
    has: list[dict[str, str]] | None,
    wanted: tuple[str, ...],
    before: tuple[str, ...],
    left: list[dict[str, str]] | None,
) -> None:
    body = patch(node(taints=has), Labelling({}, wanted), Labelling({}, before))
    assert (body and body["spec"]["taints"]) == left


def test_only_nodes_that_are_meant_are_changed() -> None:
    other = node({"a": "1"})
    other["metadata"]["name"] = "demo-node-0"
    answer = {"items": [other, node()]}
    assert [one.server for one in LABELS.patches(answer, {"demo-gpu-0": Labelling({"a": "1"})}, {})] == ["demo-gpu-0"]
    assert LABELS.names(answer) == ["demo-node-0", "demo-gpu-0"]
    json.dumps([dict(one.body) for one in LABELS.patches(answer, {"demo-gpu-0": Labelling({"a": "1"})}, {})])
