"""The state after a refresh: what was asked for stays asked for, what is there is told."""

from bay.stacks.operations.drift_events import Difference, What
from bay.stacks.operations.refresh_targets import refresh_targets, with_declared_inputs
from bay.stacks.state.snapshot import INSTANCE_TYPE, PORT_TYPE
from tests.fakes.stack import FakeStack

SUBNET = "openstack:networking/subnet:Subnet"


def resource(urn: str, kind: str, inputs: dict[str, object], outputs: dict[str, object]) -> dict[str, object]:
    return {"urn": urn, "type": kind, "inputs": inputs, "outputs": outputs}


def test_a_default_that_a_refresh_wrote_over_is_asked_for_again() -> None:
    before = [resource("subnet", SUBNET, {"enableDhcp": True}, {"enableDhcp": True})]
    after = [resource("subnet", SUBNET, {"enableDhcp": False}, {"enableDhcp": False})]
    assert with_declared_inputs(before, after, ["subnet"], []) == [
        resource("subnet", SUBNET, {"enableDhcp": True}, {"enableDhcp": False})
    ]


def test_a_server_is_always_meant_to_run() -> None:
    stopped = resource("server", INSTANCE_TYPE, {"powerState": "shutoff"}, {"powerState": "shutoff"})
    (told,) = with_declared_inputs([stopped], [stopped], ["server"], [])
    assert told["inputs"] == {"powerState": "active"}, "though somebody's refresh recorded that it is stopped"
    assert told["outputs"] == {"powerState": "shutoff"}


def test_what_no_refresh_reads_is_written_where_the_plugin_looks() -> None:
    port = resource("port", PORT_TYPE, {"securityGroupIds": ["a"]}, {"securityGroupIds": ["a"]})
    found = Difference(What.CHANGED, "Port", "x", field="securityGroupIds", found=["open"], urn="port")
    assert with_declared_inputs([port], [port], ["port"], [found]) == [
        resource("port", PORT_TYPE, {"securityGroupIds": ["a"]}, {"securityGroupIds": ["open"]})
    ]


def test_everything_else_is_as_the_refresh_left_it() -> None:
    before = [resource("a", SUBNET, {"x": 1}, {}), resource("b", SUBNET, {"x": 1}, {})]
    after = [resource("b", SUBNET, {"x": 2}, {})]
    assert with_declared_inputs(before, after, ["a"], []) == after


def test_only_what_was_changed_costs_an_edit_of_the_state() -> None:
    subnet = {"urn": "urn::subnet", "type": SUBNET, "inputs": {"enableDhcp": True}, "outputs": {}}
    bay = FakeStack({"resources": [{**subnet, "inputs": {"enableDhcp": False}}]})
    refresh_targets(bay, [subnet], ["urn::subnet"], [Difference(What.MISSING, "Subnet", "demo")])
    assert bay.deeds == ["refresh subnet"]
    refresh_targets(bay, [subnet], ["urn::subnet"], [Difference(What.CHANGED, "Subnet", "demo", field="enableDhcp")])
    assert bay.deeds[1:] == ["refresh subnet", "edit"]
    assert bay.deployment == {"resources": [subnet]}
