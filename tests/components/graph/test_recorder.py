"""The recorder refuses what the engine or the provider would refuse: else the graphs would prove nothing."""

from collections.abc import Callable

import pulumi
import pytest
from pulumi_openstack import compute, networking

from tests.components.graph.recorder import Graph

Record = Callable[[Callable[[], None]], Graph]


def test_two_resources_of_one_type_and_name_are_refused(record: Record) -> None:
    def program() -> None:
        networking.Network("demo")
        networking.Network("demo")

    with pytest.raises(AssertionError, match="two resources are called openstack:networking/network:Network::demo"):
        record(program)


def test_a_misspelt_key_inside_a_property_is_refused(record: Record) -> None:
    def program() -> None:
        compute.Instance("demo", networks=[{"prot": "1"}])  # type: ignore[list-item]

    with pytest.raises(AssertionError, match=r"Instance\.networks has no property 'prot'"):
        record(program)


def test_an_error_inside_an_apply_comes_out(record: Record) -> None:
    def program() -> None:
        def broken(_id: str) -> str:
            raise ValueError("inside")

        networking.Subnet("demo", network_id=networking.Network("demo").id.apply(broken))

    with pytest.raises(ValueError, match="inside"):
        record(program)


def test_secrets_are_known_as_such(record: Record) -> None:
    def program() -> None:
        networking.Network("demo", description=pulumi.Output.secret("hidden"))
        pulumi.export("shown", pulumi.Output.secret("hidden too"))

    graph = record(program)
    assert "hidden" not in str(graph.shown())
    assert graph.of("Network")["demo"].secret("description") == "hidden"
