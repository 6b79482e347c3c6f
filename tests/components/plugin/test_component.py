"""The inputs of the component for other languages become fields of a spec."""

from typing import Any

import pytest

from bay.components.plugin.component import fields_of
from bay.components.spec.merge import build_spec


@pytest.mark.parametrize(
    ("args", "fields"),
    [
        ({"model": "swarm"}, {"model": "swarm"}),
        ({"model": "swarm", "nodes": 2, "spec": {"tags": ["a"]}}, {"model": "swarm", "nodes": 2, "tags": ["a"]}),
        ({"model": "swarm", "nodes": 2.0}, {"model": "swarm", "nodes": 2}),
        (
            {"model": "swarm", "nodes": 2, "spec": {"nodes": {"flavor": "big"}}},
            {"model": "swarm", "nodes": {"count": 2, "flavor": "big"}},
        ),
        ({"model": "swarm", "image": None, "spec": None}, {"model": "swarm"}),
        (
            {"model": "swarm", "network": {"cidr": "10.0.0.0/24"}, "spec": {"network": {"dns": ["192.0.2.1"]}}},
            {"model": "swarm", "network": {"cidr": "10.0.0.0/24", "dns": ["192.0.2.1"]}},
        ),
    ],
)
def test_named_inputs_go_over_the_rest_of_the_spec(args: dict[str, Any], fields: dict[str, Any]) -> None:
    found = fields_of(args)
    assert found == fields
    assert build_spec([found]).model == "swarm"
