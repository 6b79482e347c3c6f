"""Groups of a live bay: edits of its spec, what is refused, and what a list of them says."""

from collections.abc import Mapping
from typing import Any

import pytest

from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec, changed_spec
from bay.stacks.approval import Approvable, Approval, allow, deny_disruptions
from bay.stacks.errors import AlreadyExists, PlanRefused
from bay.stacks.operations import apply, groups
from bay.stacks.operations.group_rows import group_rows
from bay.stacks.operations.groups import GroupEdit, with_changed_group, with_new_group, without_group
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.messages import told
from tests.fakes.openstack import boot, ordinary_cloud
from tests.fakes.pulumi_events import begins, urn
from tests.fakes.stack import FakeStack
from tests.fakes.states import FINISHED, bay_of

PLAIN = build_spec([{"model": "kubernetes", "nodes": {"count": 2, "flavor": "m1.large"}}])
GPU: dict[str, Any] = {
    "count": 3,
    "labels": {"a": "1", "b": "2"},
    "taints": ["gpu=yes:NoSchedule", "gpu=yes:NoExecute", "old:NoSchedule"],
    "zones": ["nova"],
    "image": "debian-12-kubernetes",
    "engine_volume": 20,
}
SPEC = changed_spec(PLAIN, [{"node_groups": {"gpu": GPU}}])


def state(spec: BaySpec = SPEC, **left: Any) -> StateSnapshot:
    """Of a bay of this spec; built: names of servers that there are."""
    return StateSnapshot.from_deployment("demo", bay_of(spec, **left))


def created(group: str = "gpu", spec: BaySpec | None = PLAIN, **fields: Any) -> BaySpec:
    return with_new_group("demo", group, fields, state)(spec)


def changed(fields: Mapping[str, Any] | None = None, *taints: str, group: str = "gpu", gone: Any = ()) -> BaySpec:
    return with_changed_group("demo", group, GroupEdit(fields or {}, taints, gone))(SPEC)


# Create


def test_a_new_group_has_one_server_of_the_flavor_of_the_nodes() -> None:
    spec = created()
    assert (spec.groups["gpu"].count, spec.groups["gpu"].flavor, spec.groups["gpu"].image) == (1, "m1.large", None)
    assert {name: one for name, one in spec.groups.items() if name != "gpu"} == PLAIN.groups


def test_a_new_group_has_what_is_said_of_it() -> None:
    spec = created(**GPU)
    assert spec == changed_spec(SPEC, [{"node_groups": {"gpu": {"flavor": "m1.large"}}}])
    assert created(min=4).groups["gpu"].count == 4, "the fewest that it may have"
    assert created(count=0).groups["gpu"].count == 0


FORM = "use at most 15 lower-case letters and digits, starting with a letter, for example gpu"


@pytest.mark.parametrize(
    ("group", "fields", "message", "hint", "code"),
    [
        ("node", {}, "bay demo has a group 'node' already", "'bay group set demo node' changes it", 1),
        ("master", {}, "bay demo has a group 'master' already", "'bay group set demo master' changes it", 1),
        ("GPU", {}, "'GPU' is no name of a group", FORM, 2),
        ("gpu-1", {}, "'gpu-1' is no name of a group", FORM, 2),
        ("1gpu", {}, "'1gpu' is no name of a group", FORM, 2),
        ("", {}, "'' is no name of a group", FORM, 2),
        ("g" * 16, {}, f"'{'g' * 16}' is no name of a group", FORM, 2),
        ("gpu", {"count": -1}, "node_groups.gpu.count: must be greater than or equal to 0, got -1", "see 'bay", 2),
        ("gpu", {"count": 1, "min": 2}, "node_groups.gpu: count is 1, less than min, 2", "see 'bay model fields'", 2),
        ("gpu", {"count": 9, "max": 3}, "node_groups.gpu: count is 9, more than max, 3", "see 'bay model fields'", 2),
        ("gpu", {"colour": "red"}, "node_groups.gpu.colour: no such field", "nearest: ", 2),
        ("gpu", {"taints": ["x"]}, "node_groups.gpu.taints.0: 'x' has the wrong form", "Taints of the nodes", 2),
        ("gpu", {"labels": {"a b": ""}}, "node_groups.gpu.labels.a b: 'a b' has the wrong form", "Labels that", 2),
        ("gpu", {"labels": {"kubernetes.io/x": ""}}, "node_groups.gpu.labels: kubernetes.io/x is of Kube", "see", 2),
        ("gpu", {"flavor": ""}, "node_groups.gpu.flavor: must not be empty", "see 'bay model fields'", 2),
        ("gpu", {"min": "two"}, "node_groups.gpu.min: must be a valid integer", "see 'bay model fields'", 2),
    ],
)
def test_an_impossible_group_is_refused(group: str, fields: dict[str, Any], message: str, hint: str, code: int) -> None:
    shown, way_out, ended = told(lambda: created(group, **fields))
    assert shown.startswith(message)
    assert way_out.startswith(hint)
    assert ended == code


def test_a_group_that_is_there_is_not_created_again() -> None:
    said = ("bay demo has a group 'gpu' already", "'bay group set demo gpu' changes it", 1)
    assert told(lambda: created(spec=SPEC)) == said


def test_engines_without_taints_say_so() -> None:
    swarm = build_spec([{"model": "swarm"}])
    shown, _, code = told(lambda: created(spec=swarm, taints=["a:NoSchedule"]))
    assert (shown, code) == ("gpu.taints: Docker Swarm has no taints; use labels and placement constraints", 2)


def test_a_bay_that_was_never_begun_has_no_groups() -> None:
    said = ("bay demo has no spec yet; its creation never started", "'bay create demo' creates it", 1)
    assert told(lambda: created(spec=None)) == said
    assert told(lambda: with_changed_group("demo", "gpu", GroupEdit({"count": 1}))(None)) == said
    assert told(lambda: without_group("demo", "gpu", state)(None)) == said


def test_a_creation_that_was_interrupted_is_resumed_by_the_same_words() -> None:
    begun = state(built=SPEC.server_names("demo") - {"demo-gpu-2"})
    fields = {"flavor": "m1.small", **GPU}
    assert with_new_group("demo", "gpu", fields, lambda: begun)(SPEC) == SPEC
    with pytest.raises(AlreadyExists):
        with_new_group("demo", "gpu", {**fields, "count": 4}, lambda: begun)(SPEC)
    with pytest.raises(AlreadyExists):
        with_new_group("demo", "gpu", fields, state)(SPEC)
    other = state(built=SPEC.server_names("demo") - {"demo-node-1"})
    with pytest.raises(AlreadyExists):
        with_new_group("demo", "gpu", fields, lambda: other)(SPEC)


# Set


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"count": 5}, {"count": 5}),
        ({"labels": {"a": "9", "c": ""}}, {"labels": {"a": "9", "b": "2", "c": ""}}),
        ({"labels": {"a": None}}, {"labels": {"b": "2"}}),
        ({"labels": None}, {"labels": {}}),
        ({"image": None, "engine_volume": None, "zones": None}, {"image": None, "engine_volume": None, "zones": ()}),
        ({"zones": ["a", "b"]}, {"zones": ("a", "b")}),
        ({"flavor": "m1.small", "min": 1, "max": 4}, {"flavor": "m1.small", "min": 1, "max": 4}),
    ],
)
def test_a_group_gets_the_fields_that_are_named_and_keeps_the_others(
    fields: dict[str, Any], found: dict[str, Any]
) -> None:
    spec = changed(fields)
    before, after = SPEC.groups["gpu"].model_dump(), spec.groups["gpu"].model_dump()
    assert after == {**before, **found}
    assert changed_spec(spec, [{"node_groups": {"gpu": None}}]) == PLAIN


@pytest.mark.parametrize("group", ["master", "node"])
def test_groups_of_every_bay_are_changed_alike(group: str) -> None:
    spec = changed({"flavor": "m1.tiny"}, group=group)
    assert spec.groups == {**SPEC.groups, group: SPEC.groups[group].model_copy(update={"flavor": "m1.tiny"})}


@pytest.mark.parametrize(
    ("added", "removed", "left"),
    [
        (["new:NoExecute"], [], [*GPU["taints"], "new:NoExecute"]),
        (["gpu=no:NoSchedule"], [], ["gpu=yes:NoExecute", "old:NoSchedule", "gpu=no:NoSchedule"]),
        ([], ["gpu"], ["old:NoSchedule"]),
        ([], ["gpu:NoExecute"], ["gpu=yes:NoSchedule", "old:NoSchedule"]),
        ([], ["gpu=yes:NoExecute", "old"], ["gpu=yes:NoSchedule"]),
        (["old=x:NoSchedule"], ["old"], ["gpu=yes:NoSchedule", "gpu=yes:NoExecute", "old=x:NoSchedule"]),
    ],
)
def test_taints_come_and_go_by_key_and_effect(added: list[str], removed: list[str], left: list[str]) -> None:
    assert list(changed({}, *added, gone=removed).node_groups["gpu"].taints) == left


@pytest.mark.parametrize(
    ("group", "edit", "message", "hint"),
    [
        ("gpus", GroupEdit({"count": 1}), "bay demo has no group 'gpus'", "nearest: gpu"),
        ("gpu", GroupEdit(), "bay demo: nothing is to be changed in group gpu", "bay group set demo gpu --count N"),
        ("gpu", GroupEdit({"labels": {"c": None}}), "bay demo: group gpu has no label 'c'", "there is: a, b"),
        ("gpu", GroupEdit(remove_taints=["x"]), "bay demo: group gpu has no taint 'x'", "there is: gpu=yes:NoE"),
        ("gpu", GroupEdit(remove_taints=["old:NoExecute"]), "bay demo: group gpu has no taint 'old:NoExecute'", "near"),
        ("gpu", GroupEdit(add_taints=["x:Never"]), "node_groups.gpu.taints.3: 'x:Never' has the wrong form", "Taints"),
        ("master", GroupEdit(add_taints=["x:NoExecute"]), "bay demo: masters have the taints of their engine", "tai"),
        ("master", GroupEdit({"min": 1}), "masters.min: no such field", "there is: "),
        ("master", GroupEdit({"count": 2}), "masters: count is 2, but must be odd", "see 'bay model fields'"),
        ("gpu", GroupEdit({"max": 2}), "node_groups.gpu: count is 3, more than max, 2", "see 'bay model fields'"),
        ("node", GroupEdit({"max": 1}), "nodes: count is 2, more than max, 1", "see 'bay model fields'"),
    ],
)
def test_an_impossible_change_is_refused(group: str, edit: GroupEdit, message: str, hint: str) -> None:
    shown, way_out, code = told(lambda: with_changed_group("demo", group, edit)(SPEC))
    assert shown.startswith(message)
    assert way_out.startswith(hint)
    assert code == 2


# Delete


def test_a_group_goes_with_all_that_was_said_of_it() -> None:
    assert without_group("demo", "gpu", state)(SPEC) == PLAIN


ONLY = changed_spec(SPEC, [{"nodes": 0}])


@pytest.mark.parametrize(
    ("spec", "group", "message", "hint", "code"),
    [
        (SPEC, "gpus", "bay demo has no group 'gpus'", "nearest: gpu", 2),
        (SPEC, "master", "bay demo cannot be without masters", "'bay delete demo' deletes the bay", 2),
        (SPEC, "node", "bay demo: group node is one that every bay has", "'bay scale demo 0' leaves no server", 2),
        (
            ONLY,
            "gpu",
            "bay demo: group gpu has its last nodes, and what runs on them could go nowhere",
            "'bay scale demo N' adds nodes to group node first; 'bay delete demo' deletes the bay",
            1,
        ),
    ],
)
def test_what_a_bay_needs_is_not_deleted(spec: BaySpec, group: str, message: str, hint: str, code: int) -> None:
    shown, way_out, ended = told(lambda: without_group("demo", group, state)(spec))
    assert (shown, ended) == (message, code)
    assert way_out.startswith(hint)


def test_an_empty_group_goes_though_there_is_no_other_with_nodes() -> None:
    empty = changed_spec(ONLY, [{"node_groups": {"gpu": {"count": 0}}}])
    assert "gpu" not in without_group("demo", "gpu", state)(empty).groups


def test_a_deletion_that_was_interrupted_goes_on_while_anything_is_left() -> None:
    servers = state(PLAIN, built=PLAIN.server_names("demo") | {"demo-gpu-1"})
    urn = "urn:pulumi:demo::bay::bay:index:Bay$bay:index:Servers::demo-gpu"
    component = StateSnapshot.from_deployment("demo", {"resources": [{"urn": urn, "type": "bay:index:Servers"}]})
    for left in (servers, component):
        assert without_group("demo", "gpu", lambda left=left: left)(PLAIN) == PLAIN  # type: ignore[misc]
    assert told(lambda: without_group("demo", "gpu", lambda: state(PLAIN))(PLAIN))[0] == "bay demo has no group 'gpu'"


def deleting(*names: str) -> list[Any]:
    return [begins("delete", urn("Instance", f"demo-{name}", "Bay", "Servers")) for name in names]


def stack(*going: str) -> FakeStack:
    deployment, cloud = bay_of(SPEC), ordinary_cloud()
    boot(cloud, StateSnapshot.from_deployment("demo", deployment))
    return FakeStack(deployment, cloud, last=FINISHED, steps=deleting(*going))


GROUP_GPU = ("gpu-0", "gpu-1", "gpu-2")


def test_the_end_of_a_group_is_a_risk_of_its_own_which_names_its_servers() -> None:
    bay, seen = stack(*GROUP_GPU), list[Approvable]()

    def approve(plan: Approvable) -> Approval:
        seen.append(plan)
        return Approval()

    apply.update(bay, without_group("demo", "gpu", state), groups.approve_removal(approve, "gpu"))
    (plan,) = seen
    assert [(risk.kind, risk.refused, risk.allowed_by) for risk in plan.risks] == [("delete", True, "delete")]
    assert plan.risks[0].message.startswith("group gpu goes with its 3 servers: demo-gpu-0, demo-gpu-1, demo-gpu-2; ")
    assert bay.deeds == ["up"]


def test_nobody_deletes_a_group_without_a_word() -> None:
    bay = stack(*GROUP_GPU)
    with pytest.raises(PlanRefused, match="group gpu goes with its 3 servers"):
        apply.update(bay, without_group("demo", "gpu", state), groups.approve_removal(deny_disruptions, "gpu"))
    assert bay.deeds == []


def test_what_else_would_go_is_refused_as_ever() -> None:
    bay = stack(*GROUP_GPU, "node-0", "node-1")
    with pytest.raises(PlanRefused, match="2 of 2 servers of group node at once"):
        apply.update(bay, without_group("demo", "gpu", state), groups.approve_removal(allow("delete"), "gpu"))
    assert bay.deeds == []


# List


def test_a_group_is_listed_with_what_its_servers_are_made_of() -> None:
    found = state(built=SPEC.server_names("demo") - {"demo-gpu-2"})
    master, node, gpu = group_rows(found, {"demo-gpu-0": ("image",), "demo-node-0": ("flavor", "image")})
    assert (master["name"], master["role"], master["min"], master["taints"]) == ("master", "master", None, [])
    assert (node["name"], node["count"], node["flavor"], node["outdated"]) == ("node", 2, "m1.large", 1)
    assert gpu == {
        "name": "gpu",
        "role": "node",
        "count": 3,
        "servers": 2,
        "min": 0,
        "max": None,
        "flavor": "m1.small",
        "image": "debian-12-kubernetes",
        "zones": ["nova"],
        "labels": {"a": "1", "b": "2"},
        "taints": GPU["taints"],
        "boot_volume": None,
        "engine_volume": "20",
        "outdated": 1,
    }


def test_without_a_comparison_it_is_not_known_what_is_outdated() -> None:
    assert [row["outdated"] for row in group_rows(state())] == [None, None, None]
