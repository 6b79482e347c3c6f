"""What a plan makes of Pulumi's events."""

import pytest
from pulumi.automation import EngineEvent

from bay.stacks.plan.preview_events import PreviewSteps, component_of, natural
from bay.stacks.plan.types import Change, Diff, Group
from tests.fakes.previews import seen
from tests.fakes.pulumi_events import begins, ends, urn

NODE = urn("Instance", "demo-node-1", "Bay", "Servers")
RULE = urn("SecGroupRule", "demo-node-tcp-22", "Bay", "Firewall")


def changes(*events: EngineEvent) -> list[tuple[str, str, str, str]]:
    steps = PreviewSteps()
    for event in events:
        steps(event)
    return [(c.operation, c.group, c.type, c.name) for c in steps.changes()]


def test_a_change_has_the_short_type_the_name_and_what_a_person_calls_its_part() -> None:
    assert changes(begins("create", NODE), begins("update", RULE, ["description"])) == [
        ("create", "nodes", "Instance", "demo-node-1"),
        ("update", "firewall", "SecGroupRule", "demo-node-tcp-22"),
    ]


@pytest.mark.parametrize(
    "steps",
    [("create-replacement", "replace", "delete-replaced"), ("delete-replaced", "replace", "create-replacement")],
)
def test_a_replacement_is_one_change(steps: tuple[str, ...]) -> None:
    assert changes(*(begins(step, NODE) for step in steps)) == [("replace", "nodes", "Instance", "demo-node-1")]


@pytest.mark.parametrize("operation", ["same", "read", "refresh"])
def test_what_stays_is_no_change(operation: str) -> None:
    assert changes(begins(operation, NODE)) == []


def test_components_providers_results_and_what_is_only_in_the_state_are_no_changes() -> None:
    quiet = [urn("Provider", "default"), urn("Bay", "demo"), urn("Image", "demo-image", "Bay"), urn("Guard", "demo")]
    assert changes(*(begins("create", one) for one in quiet), ends("create", NODE)) == []


@pytest.mark.parametrize(
    ("one", "group"),
    [
        (urn("Identity", "demo"), "identity"),
        (urn("Network", "demo", "Bay", "Network"), "network"),
        (urn("Port", "demo-api", "Bay", "Endpoint"), "endpoint"),
        (urn("Port", "demo-master-0", "Bay", "MasterPorts"), "network"),
        (urn("FloatingIp", "demo-master-0", "Bay", "MasterPorts"), "endpoint"),
        (urn("Volume", "demo-master-0-state", "Bay", "StateVolumes"), "volumes"),
        (urn("ServerGroup", "demo-node", "Bay", "Servers"), "nodes"),
        (urn("Volume", "mine", "Bay"), "other"),
    ],
)
def test_each_thing_is_in_the_group_of_its_component(one: str, group: str) -> None:
    assert changes(begins("create", one))[0][1] == group


def test_the_worst_of_a_group_comes_first_and_nodes_are_counted_by_number() -> None:
    nodes = [begins("create", urn("Instance", f"demo-node-{i}", "Bay", "Servers")) for i in (10, 9)]
    gone = begins("delete", urn("Instance", "demo-node-11", "Bay", "Servers"))
    assert [name for *_, name in changes(*nodes, gone)] == ["demo-node-11", "demo-node-9", "demo-node-10"]
    assert natural("demo-node-9") < natural("demo-node-10")


def test_the_component_is_the_innermost() -> None:
    assert component_of(NODE) == "Servers"
    assert component_of(urn("Identity", "demo")) == ""


def test_another_flavor_is_a_resize_with_both_values_though_pulumi_says_update() -> None:
    found = seen("changed").changes()
    assert [(c.operation, c.name) for c in found if c.type == "Instance"] == [
        ("delete", "demo-node-2"),
        ("resize", "demo-node-0"),
        ("resize", "demo-node-1"),
    ]
    small, medium = "1d6c8220-16bb-40c4-a71f-c9849cf2db88", "2bfdc9f0-037d-4c4a-b55f-b658e2ce01e4"
    assert found[1].diffs == (Diff("flavorId", small, medium),)


def test_another_image_of_a_server_is_a_rebuild_though_pulumi_says_update() -> None:
    steps = PreviewSteps()
    steps(EngineEvent(0, 0, resource_pre_event=_update({"imageId": "old"}, {"imageId": "new"})))
    assert steps.changes() == (
        Change("rebuild", Group.NODES, "Instance", "demo-node-1", (Diff("imageId", "old", "new"),), NODE),
    )


def _update(old: dict[str, str], new: dict[str, str]) -> object:
    event = begins("update", NODE, list(new)).resource_pre_event
    assert event is not None
    event.metadata.old, event.metadata.new = _state(old), _state(new)
    return event


def _state(inputs: dict[str, str]) -> object:
    from pulumi.automation.events import StepEventStateMetadata

    return StepEventStateMetadata("", "", "", "", "", inputs=inputs)


def test_the_images_of_servers_and_what_new_ones_would_get_are_read_from_the_same_events() -> None:
    steps = seen("changed")
    assert set(steps.images) == {"demo-master-0", "demo-node-0", "demo-node-1", "demo-node-2"}
    assert steps.resolved["demo-image"] not in steps.images.values()


def test_a_rule_for_everybody_is_told_in_words() -> None:
    assert seen("changed").opened == {"demo-master-tcp-2376-from-0.0.0.0-0": "tcp 2376 of the masters from 0.0.0.0/0"}


def test_a_property_inside_a_list_has_its_old_and_new_value() -> None:
    port = next(c for c in seen("moved").changes() if c.type == "Port")
    assert port.diffs == (Diff("fixedIps[0].subnetId", "16ca1c56-7a13-44d4-854e-4c35a6a1026a", "(known afterwards)"),)


def test_servers_that_are_not_whole_are_made_anew() -> None:
    steps = PreviewSteps()
    steps(begins("update", NODE, ["metadata"]))
    assert steps.changes({"demo-node-1"}) == (Change("replace", Group.NODES, "Instance", "demo-node-1", (), NODE),)
