"""A field that reaches boot data holds for servers made later, and the plan has to say so."""

from dataclasses import replace
from typing import Any

import pytest

from bay.components.engines import ENGINES, Facts
from bay.components.node.user_data import user_data
from bay.components.spec.merge import changed_spec
from bay.stacks.plan.spec_diff import changed_fields

CHANGES: tuple[dict[str, Any], ...] = (
    {"image": "other"},
    {"keypair": "mine"},
    {"nodes": {"labels": {"example.org/x": "y"}}},
    {"nodes": {"engine_volume": 10}},
    {"nodes": {"boot_volume": 10}},
    {"nodes": {"zones": ["a"]}},
    {"nodes": {"count": 4, "min": 1, "max": 9}},
    {"nodes": {"flavor": "m1.large"}},
    {"masters": {"state_volume": 10}},
    {"masters": {"engine_volume": 10}},
    {"endpoint": {"name": "api.example"}},
    {"endpoint": {"kind": "load-balancer"}},
    {"proxy": {"http": "http://proxy:1"}},
    {"registry": {"mirror": "http://mirror:1"}},
    {"registry": {"insecure": ["registry:5000"]}},
    {"snippets": {"mine": {"commands": [["true"]]}}},
    {"network": {"dns": ["192.0.2.1"]}},
    {"access": {"api": ["192.0.2.0/24"], "ssh": ["192.0.2.0/24"], "published": ["192.0.2.0/24"]}},
    {"floating_ips": "none"},
    {"affinity": "none"},
    {"tags": ["mine"]},
    {"protected": True},
)


@pytest.mark.parametrize("said", CHANGES, ids=str)
def test_what_changes_the_boot_data_is_said_to_hold_later(said: dict[str, Any], facts: Facts) -> None:
    after = changed_spec(facts.spec, [said])
    engine = ENGINES[after.coe]
    reaches = any(
        user_data(engine, replace(facts, group=group)) != user_data(engine, replace(facts, group=group, spec=after))
        for group in ("master", "node")
    )
    if reaches:
        assert all(field.later for field in changed_fields(facts.spec, after))
