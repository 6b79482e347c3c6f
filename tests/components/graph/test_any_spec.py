"""Whatever a user combines: a graph that holds what every graph must, or an error that names the field."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from bay.components.errors import InvalidInput
from bay.components.spec import parse
from tests.components.graph.conftest import run
from tests.components.graph.counted import check_needs
from tests.components.graph.specs_at_random import INVALID, VALID

SHARED = "10.16.0.0/16"
"""The existing network's subnet in `conftest.place_for`."""
FEW = settings(
    max_examples=70, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
"""The same each time; a graph takes a tenth of a second, and others are drawn by the test below."""
MANY = settings(FEW, max_examples=200)
RANDOM = settings(FEW, max_examples=500, derandomize=False)


@FEW
@given(values=VALID)
def test_every_valid_spec_builds_a_graph(values: dict[str, Any]) -> None:
    check_graph(values)


@pytest.mark.fuzz
@RANDOM
@given(values=VALID)
def test_every_valid_spec_builds_a_graph_whatever_is_drawn(values: dict[str, Any]) -> None:
    check_graph(values)


def check_graph(values: dict[str, Any]) -> None:
    spec = parse(values)
    graph = run(spec)
    servers = graph.of("Instance")
    assert len(servers) == sum(group.count for group in spec.groups.values())
    check_needs(graph)
    asked = {cidr for cidrs in spec.access.model_dump().values() for cidr in cidrs}
    inside = {SHARED if spec.network.existing else spec.network.cidr}
    opened = {
        rule.inputs["remoteIpPrefix"]
        for rule in graph.of("SecGroupRule").values()
        if rule.inputs["direction"] == "ingress" and "remoteIpPrefix" in rule.inputs
    }
    assert opened <= asked | inside
    assert all(
        "remoteIpPrefix" in rule.inputs or "remoteGroupId" in rule.inputs
        for rule in graph.of("SecGroupRule").values()
        if rule.inputs["direction"] == "ingress"
    )


@MANY
@given(drawn=INVALID)
def test_every_mistake_is_named(drawn: tuple[str, dict[str, Any]]) -> None:
    field, values = drawn
    with pytest.raises(InvalidInput) as caught:
        parse(values)
    said = f"{caught.value.message} {caught.value.hint}"
    assert field.split(".")[0] in said
    assert field.split(".")[-1] in said or field in ("nodes.min", "nodes.max", "network.cidr"), said
