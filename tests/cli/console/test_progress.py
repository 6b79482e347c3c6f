"""Progress: one line a component, which counts what was begun and what ended."""

import re

import pytest

from bay.cli.console import live
from bay.cli.console.progress import Progress, component
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
        ("ServerGroup", "demo-node", ("Bay", "Servers"), "servers demo-node"),
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


def lines(shown: Progress) -> list[str]:
    """The lines without their seconds, blanks made one."""
    return [re.sub(r"^ *\d+ s +|(?<= ) +", "", line) for line in shown._text().plain.splitlines()]


def test_a_component_is_counted_while_it_is_made() -> None:
    shown = Progress()
    for index in range(3):
        shown(begins("create", node(index)))
    assert lines(shown) == ["servers demo-node making 0 of 3"]
    shown(ends("create", node(1)))
    assert lines(shown) == ["servers demo-node making 1 of 3"]
    shown(ends("create", node(0)))
    shown(ends("create", node(2)))
    assert lines(shown) == ["servers demo-node made 3"]


def test_what_failed_is_counted_too() -> None:
    shown = Progress()
    shown(begins("create", node(0)))
    shown(begins("create", node(1)))
    shown(ends("create", node(0)))
    shown(fails("create", node(1)))
    assert lines(shown) == ["servers demo-node making 1 of 2, 1 failed"]


def test_each_operation_of_a_component_has_its_words() -> None:
    shown = Progress()
    for operation, index in (("delete", 1), ("update", 2)):
        shown(begins(operation, node(index)))
        shown(ends(operation, node(index)))
    shown(begins("delete", urn("Network", "demo", "Bay", "Network")))
    assert lines(shown) == [
        "network deleting 0 of 1",
        "servers demo-node deleted 1",
        "servers demo-node changed 1",
    ]


def test_components_providers_and_what_stays_are_not_counted() -> None:
    shown = Progress()
    for event in (
        begins("create", urn("Bay", "demo")),
        begins("create", urn("Servers", "demo-node", "Bay")),
        begins("create", urn("Provider", "default")),
        begins("same", node(0)),
    ):
        shown(event)
    assert lines(shown) == []


def test_where_stderr_is_no_terminal_the_end_is_said_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "INTERVAL", 1000.0)
    with Progress() as shown:
        shown.last_line = shown.started
        shown(begins("create", node(0)))
        shown(ends("create", node(0)))
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.rstrip().endswith("servers demo-node        made 1")
