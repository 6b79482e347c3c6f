"""What `bay preview` makes of the engine's events."""

import pytest
from pulumi.automation import EngineEvent

from bay.cli.plan import Change, _collect, made_anew, summary

from .events import begins, ends, urn

NODE = urn("Instance", "demo-node-1", "Bay", "Servers")
RULE = urn("SecGroupRule", "demo-node-tcp-22", "Bay", "Firewall")


def collected(*events: EngineEvent) -> list[Change]:
    found: dict[tuple[str, str], Change] = {}
    for event in events:
        _collect(found, event)
    return list(found.values())


def test_a_change_has_the_short_type_the_name_and_the_fields() -> None:
    found = collected(begins("create", NODE), begins("update", RULE, ["description"]))
    assert found == [
        Change("create", "Instance", "demo-node-1"),
        Change("update", "SecGroupRule", "demo-node-tcp-22", ("description",)),
    ]
    assert found[1].row() == {
        "operation": "update",
        "type": "SecGroupRule",
        "name": "demo-node-tcp-22",
        "fields": ["description"],
    }


@pytest.mark.parametrize(
    "steps",
    [("create-replacement", "replace", "delete-replaced"), ("delete-replaced", "replace", "create-replacement")],
)
def test_a_replacement_is_one_change_that_says_why(steps: tuple[str, ...]) -> None:
    events = [begins(step, NODE, ["flavorId"] if step != "delete-replaced" else None) for step in steps]
    assert collected(*events) == [Change("replace", "Instance", "demo-node-1", ("flavorId",))]


@pytest.mark.parametrize("operation", ["same", "read", "refresh"])
def test_what_stays_is_no_change(operation: str) -> None:
    assert collected(begins(operation, NODE)) == []


def test_components_providers_and_results_are_no_changes() -> None:
    provider, bay = urn("Provider", "default"), urn("Bay", "demo")
    assert collected(begins("create", provider), begins("create", bay), ends("create", NODE)) == []


def test_the_identity_is_a_change_of_its_own() -> None:
    assert collected(begins("create", urn("Identity", "demo"))) == [Change("create", "Identity", "demo")]


def test_servers_that_are_not_whole_are_made_anew() -> None:
    found = [Change("update", "Instance", "demo-node-1", ("metadata",)), Change("create", "Instance", "demo-node-2")]
    assert made_anew(found, {"demo-node-1"}) == [
        Change("replace", "Instance", "demo-node-1"),
        Change("create", "Instance", "demo-node-2"),
    ]


@pytest.mark.parametrize(
    ("operations", "text"),
    [
        ([], "no changes"),
        (["create"], "1 to create"),
        (["delete", "create", "create"], "2 to create, 1 to delete"),
        (["replace", "update"], "1 to update, 1 to replace"),
    ],
)
def test_the_summary_counts(operations: list[str], text: str) -> None:
    assert summary([Change(operation, "Instance", "x") for operation in operations]) == text
