"""A spec as stack configuration, and back."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bay.components.spec import BaySpec, parse
from bay.components.spec.merge import build_spec
from bay.stacks.program.config import allowed, config_of, spec_of
from tests.fakes.messages import told

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-._ :'\"#{}[]äé", min_size=1, max_size=12) | st.sampled_from(
    ["true", "null", "2024", "1e3", "~", "no", "0x10", " a ", "- a", "a: b", "2026-01-01", "!tag"]
)
V4 = st.ip_addresses(v=4, network="10.0.0.0/8").map(str)
CIDRS = st.lists(st.sampled_from(["10.0.0.0/8", "192.0.2.0/24", "::/0", "2001:db8::/32", "0.0.0.0/0"]), max_size=3)
GROUP = {"flavor": NAMES, "removed": st.lists(st.integers(0, 30), max_size=3)}
SPECS = st.fixed_dictionaries(
    {"model": st.sampled_from(["swarm", "swarm-ha"]), "coe": st.just("swarm"), "image": NAMES},
    optional={
        "keypair": st.none() | NAMES,
        "masters": st.fixed_dictionaries({"count": st.sampled_from([1, 3, 5, 7]), **GROUP}),
        "nodes": st.fixed_dictionaries({"count": st.integers(0, 4000), **GROUP}),
        "network": st.fixed_dictionaries(
            {}, optional={"existing": NAMES, "external": NAMES, "dns": st.lists(V4, max_size=2)}
        ),
        "access": st.fixed_dictionaries({}, optional={"api": CIDRS, "ssh": CIDRS, "published": CIDRS}),
        "floating_ips": st.sampled_from(["auto", "none", "api"]),
    },
).map(parse)


def as_engine_says(config: dict[str, Any]) -> dict[str, str]:
    """The configuration as a program gets it from the engine: text stays text, the rest is JSON."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}


@given(SPECS)
def test_a_spec_comes_back_from_its_configuration(spec: BaySpec) -> None:
    assert spec_of("demo", as_engine_says(config_of(spec))) == spec


@given(SPECS)
def test_a_spec_comes_back_from_the_stack_file_that_export_writes(spec: BaySpec) -> None:
    config = yaml.safe_load(yaml.safe_dump({"config": config_of(spec)}))["config"]
    assert build_spec([{key.removeprefix("bay:"): value for key, value in config.items()}]) == spec


@given(SPECS)
def test_a_spec_comes_back_from_the_state(spec: BaySpec) -> None:
    assert BaySpec.model_validate(json.loads(json.dumps(spec.model_dump(mode="json")))) == spec


def test_the_configuration_reads_like_a_spec_file() -> None:
    config = config_of(build_spec([{"model": "swarm", "nodes": 5}]))
    assert config["bay:model"] == "swarm"
    assert config["bay:nodes"] == {
        **{"count": 5, "min": 0, "flavor": "m1.small"},
        **{"removed": [], "zones": [], "labels": {}, "taints": []},
    }
    assert {"bay:model", "bay:coe", "bay:image", "bay:masters", "bay:network", "bay:access"} < set(config)
    assert "bay:keypair" not in config, "nobody chose one"


def test_a_model_alone_is_enough() -> None:
    assert spec_of("demo", {"bay:model": "swarm", "openstack:cloud": "x"}) == build_spec([{"model": "swarm"}])


def test_one_value_over_the_model_is_enough() -> None:
    spec = spec_of("demo", {"bay:model": "swarm", "bay:nodes": "7", "bay:image": "2024"})
    assert (spec.nodes.count, spec.image) == (7, "2024")


@pytest.mark.parametrize("config", [{}, {"bay:nodes": "3"}, {"other:model": "swarm"}])
def test_a_stack_without_configuration_is_refused(config: dict[str, str]) -> None:
    message, hint, _ = told(lambda: spec_of("demo", config))
    assert message == "stack 'demo' has no configuration bay:model, and a bay is never created from defaults alone"
    assert "pulumi config set bay:model" in hint
    assert "bay export demo" in hint


def test_a_misspelt_key_is_named() -> None:
    message, hint, _ = told(lambda: spec_of("demo", {"bay:model": "swarm", "bay:noodes": "3"}))
    assert (message, hint) == ("noodes: no such field", "nearest: nodes, node_groups, model")


def test_truth_values_that_stand_alone_are_text_as_pulumi_writes_them_into_the_file() -> None:
    assert config_of(build_spec([{"model": "swarm"}]))["bay:protected"] == "false"
    assert config_of(build_spec([{"model": "swarm", "protected": True}]))["bay:protected"] == "true"


@pytest.mark.parametrize(
    ("said", "kinds"), [("batch", {"batch"}), ("[batch, volumes]", {"batch", "volumes"}), ("", set())]
)
def test_what_a_configuration_allows(said: str, kinds: set[str]) -> None:
    assert allowed({"bay:allow": said}) == kinds


@pytest.mark.parametrize("said", ["true", "5", "everything", "[batch, 5]", "{batch: true}"])
def test_what_no_run_could_allow_is_an_error(said: str) -> None:
    message, _, _ = told(lambda: allowed({"bay:allow": said}))
    assert message.endswith("is nothing that can be allowed")
