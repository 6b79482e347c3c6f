"""What the events of Pulumi's refresh tell of the cloud; shapes as pulumi 3.259 sent them from the sandbox."""

from typing import Any

import pytest

from bay.stacks.operations.drift_events import Difference, What, of_event
from bay.stacks.redaction import PULUMI_SECRET
from tests.fakes.pulumi_events import begins, compared, differs, gone, state, urn

PASSWORD = {PULUMI_SECRET: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}


def short(found: list[Difference]) -> list[tuple[Any, ...]]:
    return [(d.what, d.type, d.name, d.id, d.field, d.recorded, d.found) for d in found]


def test_what_is_gone_is_missing() -> None:
    found = of_event(gone("SecGroupRule", "demo-x"))
    assert short(found) == [(What.MISSING, "SecGroupRule", "demo-x", "id 1", "", None, None)]
    assert found[0].urn == urn("SecGroupRule", "demo-x")


def test_a_change_has_both_values_of_each_property() -> None:
    old, new = state("Network", {"name": "demo", "tags": ["a"]}), state("Network", {"name": "demo", "tags": []})
    found = of_event(compared("update", "Network", "demo-x", old, new, ["tags"]))
    assert short(found) == [(What.CHANGED, "Network", "demo-x", "id 1", "tags", ["a"], [])]


def test_a_property_that_nobody_asked_for_is_shown_as_the_cloud_gave_it() -> None:
    old, new = state("Instance", {}, {"powerState": "active"}), state("Instance", {}, {"powerState": "paused"})
    found = of_event(compared("update", "Instance", "demo-x", old, new, ["powerState"]))
    assert short(found)[0][-2:] == ("active", "paused")


def test_what_is_found_is_what_the_cloud_gave_and_not_what_was_asked_for() -> None:
    """Pulumi keeps the inputs of some properties as they were."""
    old = state("Instance", {"securityGroups": ["demo-node"]})
    new = state("Instance", {"securityGroups": ["demo-node"]}, {"securityGroups": ["demo-node", "open"]})
    found = of_event(compared("update", "Instance", "demo-x", old, new, ["securityGroups"]))
    assert short(found)[0][-2:] == (["demo-node"], ["demo-node", "open"])


@pytest.mark.parametrize(
    ("kind", "field", "before", "after", "severity"),
    [
        ("Port", "allowedAddressPairs", [], [{"ipAddress": "0.0.0.0/0"}], "high"),
        ("Port", "allowedAddressPairs", [], [{"ipAddress": "10.0.0.0/8"}, {"ipAddress": "::/0"}], "high"),
        ("Port", "allowedAddressPairs", [], [{"ipAddress": "10.0.0.7"}], ""),
        ("Port", "portSecurityEnabled", True, False, "high"),
        ("Network", "portSecurityEnabled", True, False, "high"),
        ("Network", "portSecurityEnabled", False, True, ""),
        ("Network", "name", "a", "b", ""),
    ],
)
def test_a_change_that_opens_a_port_is_of_high_severity(
    kind: str, field: str, before: Any, after: Any, severity: str
) -> None:
    old, new = state(kind, {field: before}), state(kind, {field: after})
    [found] = of_event(compared("update", kind, "demo-x", old, new, [field]))
    assert found.severity == severity


def test_secrets_and_pulumis_remarks_are_not_shown() -> None:
    old = state("Instance", {"userData": PASSWORD, "networks": [{"__defaults": [], "port": "1"}]})
    new = state("Instance", {"userData": PASSWORD, "networks": [{"port": "2"}]})
    found = of_event(compared("update", "Instance", "demo-x", old, new, ["userData", "networks"]))
    assert [(d.recorded, d.found) for d in found] == [("[secret]", "[secret]"), ([{"port": "1"}], [{"port": "2"}])]


@pytest.mark.parametrize(
    ("kind", "asked", "there", "expected"),
    [
        ("Port", {"securityGroupIds": ["b", "a"]}, {"allSecurityGroupIds": ["a", "b"]}, []),
        ("Port", {"securityGroupIds": ["a"]}, {"allSecurityGroupIds": ["a", "open"]}, [("securityGroupIds", ["a"])]),
        ("Port", {"noSecurityGroups": True}, {"allSecurityGroupIds": ["of the balancer"]}, []),
        ("Instance", {"metadata": {"bay:id": "1"}}, {"allMetadata": {"bay:id": "1", "mine": "2"}}, []),
        ("Instance", {"metadata": {"bay:id": "1"}}, {"allMetadata": {}}, [("metadata", {"bay:id": "1"})]),
    ],
)
def test_what_the_plugin_does_not_compare_is_compared(
    kind: str, asked: dict[str, Any], there: dict[str, Any], expected: list[tuple[str, Any]]
) -> None:
    found = of_event(compared("same", kind, "demo-x", state(kind, asked), state(kind, asked, there)))
    assert [(d.field, d.recorded) for d in found] == expected


@pytest.mark.parametrize("kind", ["Identity", "Image", "Bay", "Provider"])
def test_what_is_not_in_the_cloud_cannot_differ(kind: str) -> None:
    assert of_event(differs(kind, "demo-x", "a", 1, 2)) == []


def test_only_what_was_read_can_differ() -> None:
    assert of_event(begins("refresh", urn("Network", "demo"))) == []
