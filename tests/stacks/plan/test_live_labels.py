"""Which fields of a change reach nodes while they run, and what is noted of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bay.components.spec.merge import build_spec, changed_spec
from bay.stacks.plan.live_labels import LiveLabels, find_live, relabelled_servers
from bay.stacks.plan.spec_diff import changed_fields
from tests.fakes.nodes_api import NodesApi, labelled_bay, nodes_api

OPEN: dict[str, Any] = {"access": {"api": ["127.0.0.0/8"]}}
GROUPS = {"gpu": {"count": 1, "labels": {"a": "1"}, "taints": ["t:NoExecute"]}, "empty": {"count": 0}}
SPEC = build_spec([{"model": "kubernetes", "nodes": 1, "node_groups": GROUPS, **OPEN}])
SERVERS = {"master": ["demo-master-0"], "node": ["demo-node-0"], "gpu": ["demo-gpu-0"]}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[NodesApi]:
    with nodes_api(tmp_path) as api:
        yield api


def live(address: str, **said: Any) -> LiveLabels:
    fields = changed_fields(SPEC, changed_spec(SPEC, [said]))
    return find_live(labelled_bay(SPEC, [address], {}), fields, SERVERS)


def gpu(**fields: Any) -> dict[str, Any]:
    return {"node_groups": {"gpu": fields}}


def test_labels_and_taints_are_changed_at_once_and_the_rest_is_not(api: NodesApi) -> None:
    said = {**gpu(labels={"a": "2"}, flavor="m1.large"), "masters": {"labels": {"example.org/m": "y"}}}
    found = live(api.address, **said)
    paths = 'masters.labels["example.org/m"], node_groups.gpu.labels.a'
    assert {field.path for field in found.fields if field.later} == {"node_groups.gpu.flavor"}
    assert found.notes == (f"demo-gpu-0, demo-master-0: {paths} change while they run, by the engine's API",)
    assert relabelled_servers(found.fields, SERVERS) == ["demo-gpu-0", "demo-master-0"]


@pytest.mark.parametrize(
    ("taints", "evicts"),
    [(["t:NoExecute", "u:NoExecute"], True), (["t:NoExecute", "u:NoSchedule"], False), ([], False)],
)
def test_what_evicts_at_once_is_said(taints: list[str], evicts: bool, api: NodesApi) -> None:
    notes = live(api.address, **gpu(taints=taints)).notes
    assert any("evicts at once" in note for note in notes) is evicts


@pytest.mark.parametrize("said", [gpu(flavor="m1.large"), {"node_groups": {"empty": {"labels": {"x": "y"}}}}])
def test_nobody_is_asked_without_need(said: dict[str, Any]) -> None:
    fields = changed_fields(SPEC, changed_spec(SPEC, [said]))
    assert find_live(labelled_bay(SPEC, ["no address"], {}), fields, SERVERS) == LiveLabels(fields)


def test_where_nobody_answers_labels_hold_for_servers_created_later() -> None:
    found = live("127.0.0.1:1", **gpu(labels={"a": "2"}))
    assert all(field.later for field in found.fields)
    stay = "labels and taints of servers that run stay as they are"
    wrong = "the API does not answer from here: 127.0.0.1:1: Connection refused"
    assert found.notes == (f"{stay}: {wrong}",)
    assert relabelled_servers(found.fields, SERVERS) == []


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"model": "kubernetes"}, "the API is closed to clients: access.api is empty"),
        ({"model": "swarm", **OPEN}, "Docker Swarm sets labels only when a server is created"),
        ({"model": "mesos", **OPEN}, "Apache Mesos sets labels only when a server is created"),
    ],
)
def test_bays_whose_nodes_cannot_be_changed_say_why(values: dict[str, Any], reason: str) -> None:
    before = build_spec([{"nodes": 1, **values}])
    fields = changed_fields(before, changed_spec(before, [{"nodes": {"labels": {"x": "y"}}}]))
    found = find_live(labelled_bay(before, ["127.0.0.1:1"], {}), fields, {"node": ["demo-node-0"]})
    assert found == LiveLabels(fields, (f"labels and taints of servers that run stay as they are: {reason}",))
