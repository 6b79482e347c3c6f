"""A bay in a program of a user's own: fields as arguments, outputs of other resources, protection, errors."""

import logging
from collections.abc import Callable, Collection
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions
from pulumi_openstack import compute, images, networking

from bay.components import bay as module
from bay.components.bay import Bay
from bay.components.errors import BayError, InvalidInput, nearest
from bay.components.inputs import locate
from bay.components.openstack.resolved import ResolvedSpec
from bay.components.program_errors import ProgramError
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from tests.components.graph.conftest import place_for
from tests.components.graph.recorder import Graph, Recorded, record

CIDR = "10.16.0.0/16"


def find(spec: BaySpec, later: Collection[str] = ()) -> ResolvedSpec:
    """A cloud that has every name but those with `missing` in them."""
    for name in (spec.image, spec.keypair or "", spec.network.existing or ""):
        if "missing" in name:
            raise BayError(f"there is no {name!r}", nearest(name, ["there"]))
    whole = place_for(spec)
    return ResolvedSpec(
        whole.login,
        {name: found for name, found in whole.images.items() if name not in later},
        {name: found for name, found in whole.flavors.items() if name not in later},
        None if {spec.network.existing, spec.network.subnet} & set(later) else whole.network,
        None if spec.network.external in later else whole.external,
        whole.volume_zones,
    )


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "locate", lambda spec, outputs: locate(spec, outputs, find))
    monkeypatch.setattr(logging.getLogger("asyncio"), "level", logging.CRITICAL)  # as Pulumi has it for programs


def graph_of(declare: Callable[[], Any], preview: bool = False) -> Graph:
    graph = Graph(build_spec([{"model": "swarm"}]))
    record(graph, declare, preview)
    return graph


def protected(graph: Graph) -> set[str]:
    return {name for name, found in graph.resources.items() if found.options.get("protect")}


def unprotected(found: Recorded) -> dict[str, Any]:
    return {"inputs": found.inputs, "parent": found.parent, "options": {**found.options, "protect": None}}


def test_fields_make_the_bay_that_their_spec_makes(run: Callable[..., Graph]) -> None:
    own = graph_of(lambda: Bay("demo", model="swarm", nodes=1, access={"api": ["192.0.2.0/24"]}))
    same = run(build_spec([{"model": "swarm", "nodes": 1, "access": {"api": ["192.0.2.0/24"]}}]))
    assert own.resources.keys() == same.resources.keys()
    for name, found in own.resources.items():
        assert unprotected(found) == unprotected(same.resources[name]), name
    assert len(own.of("Instance")) == 2


def on_a_network_of_ones_own() -> None:
    net = networking.Network("campus")
    subnet = networking.Subnet("campus", network_id=net.id, cidr=CIDR)
    image = images.Image("node", name="debian-13", container_format="bare", disk_format="raw")
    key = compute.Keypair("ours", name="ours")
    flavor = compute.Flavor("wide", name="wide", ram=8192, vcpus=4, disk=20)
    Bay(
        "demo",
        model="kubernetes",
        nodes={"count": 2, "flavor": flavor.name},
        network={"existing": net.id, "subnet": subnet.id},
        image=image.name,
        keypair=key.name,
        options={"cloud_provider": True},
    )


def test_outputs_of_other_resources_stand_where_names_belong() -> None:
    graph = graph_of(on_a_network_of_ones_own)
    spec = graph.of("Bay")["demo"].inputs["spec"]
    assert spec["network"]["existing"] == "<id of Network campus>"
    assert (spec["image"], spec["keypair"], spec["nodes"]["flavor"]) == ("debian-13", "ours", "wide")
    node, master = graph.of("Instance")["demo-node-1"], graph.of("Instance")["demo-master-0"]
    assert {node.inputs["keyPair"], master.inputs["keyPair"]} == {"ours"}
    assert node.inputs["flavorId"] == "<id of wide>"
    assert graph.of("Image")["demo-image"].inputs == {"name": "debian-13", "image_id": "<id of debian-13>"}
    ports = {name: port.inputs for name, port in graph.of("Port").items()}
    assert ports.keys() == {"demo-master-0", "demo-node-0", "demo-node-1"}, "each in the subnet that was named"
    for port in ports.values():
        assert port["networkId"] == "<id of <id of Network campus>>"
        assert port["fixedIps"] == [{"subnetId": "<id of <id of Subnet campus>>"}]
    assert "networking/network:Network::campus" in str(graph.of("Port")["demo-node-0"].waits_for)
    ranges = {r.inputs["remoteIpPrefix"] for r in graph.of("SecGroupRule").values() if "remoteIpPrefix" in r.inputs}
    assert ranges == {CIDR}
    assert "output-of" not in str([(r.inputs, r.options) for r in graph.resources.values()])


def test_a_preview_plans_it_before_they_are_there() -> None:
    there, before = graph_of(on_a_network_of_ones_own), graph_of(on_a_network_of_ones_own, preview=True)
    assert before.resources.keys() == there.resources.keys()
    assert "networkId" not in before.of("Port")["demo-node-0"].inputs
    assert "output-of" not in str([r.inputs for r in before.resources.values()])


def test_an_external_network_may_be_an_output() -> None:
    def declare() -> None:
        net = networking.Network("outside", name="outside", external=True)
        Bay("demo", model="swarm", nodes=0, network={"external": net.name})

    graph = graph_of(declare)
    assert graph.of("Router")["demo"].inputs["externalNetworkId"] == "<id of public>"
    assert graph.of("FloatingIp")["demo-master-0"].inputs["pool"] == "public"


def test_a_change_of_one_output_changes_no_name_of_a_resource() -> None:
    def declare(name: str) -> None:
        Bay("demo", model="swarm", nodes=0, keypair=compute.Keypair("ours", name=name).name)

    first, second = graph_of(lambda: declare("ours")), graph_of(lambda: declare("theirs"))
    assert first.resources.keys() == second.resources.keys()


@pytest.mark.parametrize(
    ("fields", "opts", "expected"),
    [
        ({}, None, set()),
        ({"protected": True}, None, {"Identity::demo", "Instance::demo-master-0", "Volume::demo-master-0-state"}),
        ({}, True, {"Identity::demo", "Instance::demo-master-0", "Volume::demo-master-0-state"}),
        ({"protected": True}, False, {"Identity::demo", "Instance::demo-master-0", "Volume::demo-master-0-state"}),
        ({}, False, set()),
    ],
)
def test_protection_is_pulumis_option_and_spares_nodes(
    fields: dict[str, Any], opts: bool | None, expected: set[str]
) -> None:
    masters = {"state_volume": 5}
    options = ResourceOptions(protect=opts) if opts is not None else None
    graph = graph_of(lambda: Bay("demo", model="swarm", nodes=1, masters=masters, opts=options, **fields))
    assert {name.rsplit(":", 3)[-3] + "::" + name.rsplit("::")[-1] for name in protected(graph)} == expected


def test_a_protected_parent_protects_what_cannot_be_had_again_too() -> None:
    def declare() -> None:
        house = pulumi.ComponentResource("my:house:House", "house", {}, ResourceOptions(protect=True))
        Bay("demo", model="swarm", nodes=1, opts=ResourceOptions(parent=house))

    names = {name.rsplit("::", 1)[-1] for name in protected(graph_of(declare))}
    assert names == {"house", "demo", "demo-master-0"}


def output_of(value: Any) -> "pulumi.Output[Any]":
    return pulumi.Output.from_input(value)


MISTAKES = {
    "no model": (lambda: Bay("demo", nodes=1), "bay 'demo': no model is named; Bay('demo', model=MODEL)"),
    "no such field": (lambda: Bay("demo", model="swarm", acess={}), "acess: no such field; nearest: access"),
    "no such model": (lambda: Bay("demo", model="swam"), "swarm"),
    "a name": (lambda: Bay("Demo!", model="swarm"), "Demo!"),
    "a count": (lambda: Bay("demo", model="swarm", nodes=output_of(1)), "nodes: cannot be an output"),
    "a count of a group": (
        lambda: Bay("demo", model="swarm", node_groups={"gpu": {"count": output_of(1)}}),
        "node_groups.gpu.count: cannot be an output",
    ),
    "a range": (
        lambda: Bay("demo", model="swarm", access={"api": [output_of("192.0.2.0/24")]}),
        "access.api.0: cannot be an output",
    ),
    "an engine": (lambda: Bay("demo", model=output_of("swarm")), "model: cannot be an output"),
    "no subnet": (
        lambda: Bay("demo", model="swarm", network={"existing": output_of("net")}),
        "network.subnet: is missing beside an output",
    ),
    "a missing image": (lambda: Bay("demo", model="swarm", image="missing"), "there is no 'missing'; there is: there"),
}
LATE_MISTAKES = {
    "missing": (lambda: Bay("demo", model="swarm", image=output_of("missing")), "there is no 'missing'"),
    "nothing": (lambda: Bay("demo", model="swarm", keypair=output_of("")), "keypair: the output is ''"),
    "a number": (lambda: Bay("demo", model="swarm", image=output_of(5)), "image: the output is 5"),
}


@pytest.mark.parametrize("declare", MISTAKES, ids=str)
def test_a_mistake_is_one_line_under_pulumi_up(declare: str) -> None:
    program, text = MISTAKES[declare]
    with pytest.raises(pulumi.RunError) as caught:
        graph_of(program)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, BayError)


@pytest.mark.parametrize("declare", LATE_MISTAKES, ids=str)
def test_so_is_one_that_shows_only_when_the_output_is_there(declare: str) -> None:
    program, text = LATE_MISTAKES[declare]
    with pytest.raises(ProgramError) as caught:
        graph_of(program)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_errors_of_bays_own_commands_keep_their_family() -> None:
    with pytest.raises(InvalidInput) as caught:
        build_spec([{"model": "swarm", "acess": {}}])
    assert not isinstance(caught.value, pulumi.RunError)
