"""Pulumi's events, counted: what was begun and what ended, by component of the bay and operation."""

import pytest

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
        ("Network", "storage", ("Bay", "Volumes"), "volumes"),
    ],
)
def test_a_resource_belongs_to_the_innermost_component(
    kind: str, name: str, components: tuple[str, ...], title: str
) -> None:
    assert component(urn(kind, name, *components)) == title


def node(index: int) -> str:
    return urn("Instance", f"demo-node-{index}", "Bay", "Servers")


def counted() -> tuple[Progress, dict[tuple[str, str], ResourceProgress]]:
    """A listener for Pulumi's events, and what it told last of each component and operation."""
    told: dict[tuple[str, str], ResourceProgress] = {}

    def listen(event: Event) -> None:
        assert isinstance(event, ResourceProgress)
        assert event.bay == "demo"
        told[event.component, event.operation] = event

    return Progress("demo", listen), told


def counts(told: dict[tuple[str, str], ResourceProgress]) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(done, total, failed) of each component and operation."""
    return {key: (event.done, event.total, event.failed) for key, event in told.items()}


def test_a_component_is_counted_while_it_is_created() -> None:
    count, told = counted()
    for index in range(3):
        count(begins("create", node(index)))
    assert counts(told) == {("servers demo-node", "create"): (0, 3, 0)}
    count(ends("create", node(1)))
    assert counts(told) == {("servers demo-node", "create"): (1, 3, 0)}
    count(ends("create", node(0)))
    count(ends("create", node(2)))
    assert counts(told) == {("servers demo-node", "create"): (3, 3, 0)}


def test_a_server_group_is_no_server() -> None:
    count, told = counted()
    for kind, name in (("ServerGroup", "demo-node"), ("Instance", "demo-node-0")):
        count(begins("create", urn(kind, name, "Bay", "Servers")))
    assert counts(told) == {("server groups", "create"): (0, 1, 0), ("servers demo-node", "create"): (0, 1, 0)}


def test_what_failed_is_counted_too() -> None:
    count, told = counted()
    count(begins("create", node(0)))
    count(begins("create", node(1)))
    count(ends("create", node(0)))
    count(fails("create", node(1)))
    assert counts(told) == {("servers demo-node", "create"): (1, 2, 1)}


@pytest.mark.parametrize("step", ["create-replacement", "delete-replaced"])
def test_a_failed_step_of_a_replacement_is_told_with_the_replacement(step: str) -> None:
    count, told = counted()
    count(begins("replace", node(0)))
    count(fails(step, node(0)))
    assert counts(told) == {("servers demo-node", "replace"): (0, 1, 1)}


def test_a_failure_is_told_with_all_that_happens_to_its_component() -> None:
    count, told = counted()
    count(begins("create", node(0)))
    count(begins("delete", node(1)))
    count(fails("delete", node(1)))
    assert {event.failed for event in told.values()} == {1}
    assert len(told) == 2


def test_components_providers_and_what_stays_are_not_counted() -> None:
    count, told = counted()
    for event in (
        begins("create", urn("Bay", "demo")),
        begins("create", urn("Servers", "demo-node", "Bay")),
        begins("create", urn("Provider", "default")),
        begins("same", node(0)),
        fails("create", urn("Bay", "demo")),
    ):
        count(event)
    assert told == {}
