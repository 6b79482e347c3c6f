"""Progress of a run: resources begun and ended are counted by component and operation, and each change is told."""

import pytest
from pulumi.automation import EngineEvent

from bay.stacks.automation.progress import Progress, component
from bay.stacks.events import Event, ResourceProgress
from tests.fakes.pulumi_events import begins, ends, fails, urn


@pytest.mark.parametrize(
    ("kind", "name", "components", "title"),
    [
        ("Identity", "demo", (), "identity"),
        ("Image", "demo-image", ("Bay",), "image"),
        ("Network", "demo", ("Bay", "Network"), "network"),
        ("SecGroupRule", "demo-node-tcp-22", ("Bay", "Firewall"), "firewall"),
        ("Port", "demo-master-0", ("Bay", "MasterPorts"), "addresses"),
        ("Instance", "demo-node-12", ("Bay", "Servers"), "servers demo-node"),
        ("ServerGroup", "demo-node", ("Bay", "Servers"), "server groups"),
        ("Instance", "my-demo-master-0", ("Bay", "Servers"), "servers my-demo-master"),
        ("Volume", "demo-master-0-state", ("Bay", "StateVolumes"), "volumes"),
        ("Network", "storage", ("Bay", "Volumes"), "volumes"),
    ],
)
def test_a_resource_belongs_to_the_innermost_component(
    kind: str, name: str, components: tuple[str, ...], title: str
) -> None:
    assert component(urn(kind, name, *components)) == title


def node(index: int) -> str:
    return urn("Instance", f"demo-node-{index}", "Bay", "Servers")


def told(*events: EngineEvent) -> list[ResourceProgress]:
    """What a listener is told of these."""
    found: list[Event] = []
    progress = Progress("demo", found.append)
    for event in events:
        progress(event)
    assert all(isinstance(event, ResourceProgress) and event.bay == "demo" for event in found)
    return found  # type: ignore[return-value]


def counts(*events: EngineEvent) -> list[tuple[str, str, int, int, int]]:
    return [(one.component, one.operation, one.done, one.total, one.failed) for one in told(*events)]


def test_a_component_is_counted_while_it_is_created() -> None:
    begun = [begins("create", node(index)) for index in range(3)]
    found = counts(*begun, ends("create", node(1)), ends("create", node(0)), ends("create", node(2)))
    assert [(done, total) for _, _, done, total, _ in found] == [(0, 1), (0, 2), (0, 3), (1, 3), (2, 3), (3, 3)]
    assert {one[:2] for one in found} == {("servers demo-node", "create")}


def test_some_of_what_is_waited_for_are_named() -> None:
    router = urn("Network", "demo", "Bay", "Network")
    found = told(
        *(begins("create", node(index)) for index in range(4)), ends("create", node(1)), begins("create", router)
    )
    assert [event.waiting for event in found] == [
        ("demo-node-0",),
        ("demo-node-0", "demo-node-1"),
        ("demo-node-0", "demo-node-1", "demo-node-2"),
        ("demo-node-0", "demo-node-1", "demo-node-2"),
        ("demo-node-0", "demo-node-2", "demo-node-3"),
        ("Network demo",),
    ]
    assert told(begins("create", node(0)), fails("create", node(0)))[-1].waiting == ()


def test_what_failed_is_counted_too() -> None:
    begun = [begins("create", node(0)), begins("create", node(1))]
    found = counts(*begun, ends("create", node(0)), fails("create", node(1)))
    assert found[-1] == ("servers demo-node", "create", 1, 2, 1)


@pytest.mark.parametrize("step", ["create-replacement", "delete-replaced"])
def test_a_failed_step_of_a_replacement_is_told_with_the_replacement(step: str) -> None:
    found = counts(begins("replace", node(0)), fails(step, node(0)))
    assert found[-1] == ("servers demo-node", "replace", 0, 1, 1)


def test_a_failure_is_told_with_all_that_happens_to_its_component() -> None:
    found = told(begins("create", node(0)), begins("delete", node(1)), fails("delete", node(1)))
    assert [(one.operation, one.failed) for one in found[-2:]] == [("create", 1), ("delete", 1)]


def test_each_operation_of_a_component_is_counted_by_itself() -> None:
    events = [
        *(begins("delete", node(1)), ends("delete", node(1))),
        *(begins("update", node(2)), ends("update", node(2))),
        begins("delete", urn("Network", "demo", "Bay", "Network")),
    ]
    assert {one[:2]: one[2:4] for one in counts(*events)} == {
        ("servers demo-node", "delete"): (1, 1),
        ("servers demo-node", "update"): (1, 1),
        ("network", "delete"): (0, 1),
    }


def test_a_group_of_servers_is_no_server() -> None:
    group = urn("ServerGroup", "demo-node", "Bay", "Servers")
    found = counts(begins("create", group), ends("create", group), begins("create", node(0)))
    assert found == [
        ("server groups", "create", 0, 1, 0),
        ("server groups", "create", 1, 1, 0),
        ("servers demo-node", "create", 0, 1, 0),
    ]


@pytest.mark.parametrize(
    "event",
    [
        begins("same", node(1)),
        begins("refresh", node(1)),
        ends("create", node(1)),
        begins("create", urn("Bay", "demo")),
        begins("create", urn("Provider", "default")),
        begins("create", urn("Servers", "demo-node", "Bay")),
        fails("create", urn("Bay", "demo")),
        EngineEvent(sequence=0, timestamp=0),
    ],
    ids=[
        "unchanged",
        "read",
        "never begun",
        "a component",
        "a provider",
        "a component inside",
        "a component that failed",
        "no resource",
    ],
)
def test_what_is_no_work_in_the_cloud_is_not_told(event: EngineEvent) -> None:
    assert told(event) == []
