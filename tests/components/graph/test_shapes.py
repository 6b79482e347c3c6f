"""What each option adds to the graph: endpoints, disks, groups, floating IPs, and a site's own files."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from bay.components.spec.merge import build_spec
from tests.components.graph.conftest import EXAMPLES
from tests.components.graph.recorder import GENERATION, Graph, Secret
from tests.components.graph.test_invariants import boot_files, ingress, servers, workers

Example = Callable[[str], Graph]
ENDPOINT = "10.80.0.5"
MASTERS = ["10.80.0.10", "10.80.0.11", "10.80.0.12"]


def disks(graph: Graph, server: str) -> list[tuple[Any, ...]]:
    """(from, size in GiB, kept when the server goes) of each disk, the boot disk first."""
    devices = graph.of("Instance")[server].inputs["blockDevices"]
    assert [device["bootIndex"] for device in devices] == [0] + [-1] * (len(devices) - 1)
    return [
        (d.get("uuid", d["sourceType"]), d.get("volumeSize", d["destinationType"]), not d["deleteOnTermination"])
        for d in devices
    ]


def addresses_allowed(graph: Graph) -> dict[str, Any]:
    """Port -> the addresses beside its own that it may answer for."""
    pairs = {port.name: port.inputs.get("allowedAddressPairs") for port in graph.of("Port").values()}
    return {name: [pair["ipAddress"] for pair in found] for name, found in pairs.items() if found}


def test_masters_and_nobody_else_may_answer_for_the_virtual_ip(example: Example) -> None:
    for name in EXAMPLES:
        graph = example(name)
        virtual = graph.spec.endpoint.kind == "virtual-ip"
        masters = [server.name for server in servers(graph, "master")]
        assert addresses_allowed(graph) == ({master: [ENDPOINT] for master in masters} if virtual else {}), name


def test_masters_speak_vrrp_among_themselves_only_where_they_share_an_address(example: Example) -> None:
    for name in EXAMPLES:
        spoken = {rule for rule in ingress(example(name)) if rule[1] == "vrrp"}
        shared = example(name).spec.endpoint.kind == "virtual-ip"
        assert spoken == ({("master", "vrrp", None, None, "master")} if shared else set()), name


def test_clients_of_a_virtual_ip_come_by_its_floating_ip(example: Example) -> None:
    graph = example("virtual-ip-ha")
    assert list(graph.of("FloatingIp")) == ["demo-api"]
    assert graph.of("FloatingIp")["demo-api"].inputs["portId"] == "<id of Port demo-api>"
    assert graph.outputs["api_addresses"] == ["203.0.113.5:2376"]


def test_a_chosen_subnet_of_several_holds_for_every_server(example: Example) -> None:
    """Nova would ask for a port of any subnet."""
    graph = example("chosen-subnet")
    fixed = {name: port.inputs["fixedIps"] for name, port in graph.of("Port").items()}
    assert fixed == {name: [{"subnetId": "<id of one-of-several>"}] for name in graph.of("Instance")}
    for name, server in graph.of("Instance").items():
        assert [network["port"] for network in server.inputs["networks"]] == [f"<id of Port {name}>"]


def test_a_node_that_nova_attached_stays_so_and_a_master_never_was(example: Example) -> None:
    """A server cannot change its port: it would be another server."""
    kept = {name: server.options["ignore_changes"] for name, server in example("chosen-subnet").of("Instance").items()}
    assert [name for name, changes in kept.items() if "networks" in changes] == ["demo-node-0", "demo-node-1"]


def test_state_volumes_are_in_the_zone_of_their_master_where_cinder_has_it(run: Callable[..., Graph]) -> None:
    volume = {"zones": ["north", "AZ 2"], "count": 3, "state_volume": 5}
    graph = run(build_spec([{"model": "swarm", "masters": volume}]))
    zones = {name: volume.inputs.get("availabilityZone") for name, volume in graph.of("Volume").items()}
    assert zones == {"demo-master-0-state": None, "demo-master-1-state": "AZ 2", "demo-master-2-state": None}
    assert all("availabilityZone" in one.options["ignore_changes"] for one in graph.of("Volume").values())


def test_addresses_are_of_ipv4_whatever_neutron_lists_first(example: Example) -> None:
    for name in EXAMPLES:
        graph = example(name)
        assert not [address for address in graph.outputs["api_addresses"] if address.count(":") != 1], name
        for server in graph.of("Instance").values():
            assert "2001:db8" not in "".join(boot_files(server.secret("userData")).values()), (name, server.name)


def test_ports_are_on_the_subnet_that_was_named(example: Example) -> None:
    fixed = {name: port.inputs["fixedIps"] for name, port in example("virtual-ip-ha").of("Port").items()}
    names = ["demo-api", "demo-master-0", "demo-master-1", "demo-master-2"]
    assert fixed == {name: [{"subnetId": "<id of routed-servers>"}] for name in names}


def test_a_load_balancer_passes_the_api_on_to_every_master(example: Example) -> None:
    graph = example("load-balancer")
    balancer, listener = graph.of("LoadBalancer")["demo-api"], graph.of("Listener")["demo-api"]
    assert (balancer.inputs["vipPortId"], balancer.inputs["loadbalancerProvider"]) == (
        "<id of Port demo-api>",
        "amphora",
    )
    assert (listener.inputs["protocol"], listener.inputs["protocolPort"]) == ("TCP", 2376)
    members = graph.of("Members")["demo-api"].inputs["members"]
    assert [(member["address"], member["protocolPort"]) for member in members] == [(ip, 2376) for ip in MASTERS]
    assert graph.outputs["api_addresses"] == ["physics.example.org:2376"], "the name that the user makes"


def test_a_load_balancer_lets_in_the_bays_own_subnet_and_whom_the_user_named(example: Example) -> None:
    cidrs = {
        name: example(name).of("Listener")["demo-api"].inputs["allowedCidrs"]
        for name in ("load-balancer", "all-floating")
    }
    assert cidrs == {"load-balancer": ["10.80.0.0/20", "192.0.2.0/24"], "all-floating": ["10.80.0.0/20"]}


def test_a_load_balancer_goes_before_its_port_and_changes_one_part_at_a_time(example: Example) -> None:
    graph = example("load-balancer")
    chain = ["Port", "LoadBalancer", "Listener", "Pool", "Monitor", "Members"]
    for before, after in pairwise(chain):
        waits = {name.rsplit(":", 3)[1] for name in graph.of(after)["demo-api"].waits_for}
        assert before in waits, f"{after} waits for {waits}"


def test_no_endpoint_has_a_security_group_of_the_projects(example: Example) -> None:
    for name in ("virtual-ip-ha", "load-balancer"):
        assert example(name).of("Port")["demo-api"].inputs["noSecurityGroups"] is True


def test_volumes_of_servers_go_with_them_and_those_of_the_state_stay(example: Example) -> None:
    graph = example("volumes")
    image = "<id of debian-12-docker>"
    assert disks(graph, "demo-master-1") == [
        (image, "local", False),
        ("blank", 50, False),
        ("<id of Volume demo-master-1-state>", "volume", True),
    ]
    assert disks(graph, "demo-node-2") == [(image, "local", False), ("blank", 100, False)]
    assert graph.of("Instance")["demo-node-2"].inputs["blockDevices"][1]["volumeType"] == "bulk"
    states = {name: (v.inputs["size"], v.inputs["volumeType"]) for name, v in graph.of("Volume").items()}
    assert states == {f"demo-master-{index}-state": (10, "fast") for index in range(3)}


def test_servers_that_boot_from_a_volume_have_no_image_of_their_own(example: Example) -> None:
    graph = example("boot-volume")
    image = "<id of debian-12-docker>"
    assert disks(graph, "demo-master-0") == [
        (image, 20, False),
        ("<id of Volume demo-master-0-state>", "volume", True),
    ]
    assert disks(graph, "demo-node-1") == [(image, 40, False)]
    assert all("imageId" not in server.inputs for server in graph.of("Instance").values())


def test_servers_go_before_the_volumes_that_outlive_them(example: Example) -> None:
    for name in ("volumes", "boot-volume"):
        for server in servers(example(name), "master"):
            assert f"openstack:blockstorage/volume:Volume::{server.name}-state" in server.waits_for


def test_groups_have_flavor_image_and_zones_of_their_own(example: Example) -> None:
    found = {
        server.name: (server.inputs["flavorId"], server.inputs["imageId"], server.inputs["availabilityZone"])
        for server in workers(example("node-groups"))
    }
    small, docker = "<id of m1.small>", "<id of debian-12-docker>"
    assert found == {
        "demo-node-0": (small, docker, "north"),
        "demo-node-1": (small, docker, "south"),
        "demo-gpu-0": ("<id of g1.large>", "<id of debian-12-gpu>", "north"),
        "demo-gpu-1": ("<id of g1.large>", "<id of debian-12-gpu>", "north"),
    }
    images = example("node-groups").of("Image")
    assert sorted(images) == ["demo-gpu-image", "demo-image"], "each resolved once"


@pytest.mark.parametrize(("name", "policy"), [("swarm", "soft-anti-affinity"), ("all-floating", "anti-affinity")])
def test_servers_of_a_group_are_kept_apart(name: str, policy: str, example: Example) -> None:
    graph = example(name)
    assert {group: spread.inputs["policies"] for group, spread in graph.of("ServerGroup").items()} == {
        "demo-master": policy,
        "demo-node": policy,
    }
    hints = {server.inputs["schedulerHints"][0]["group"] for server in servers(graph, "node")}
    assert hints == {"<id of ServerGroup demo-node>"}


def test_servers_are_not_kept_apart_where_nobody_wants_it(example: Example) -> None:
    graph = example("node-groups")
    assert graph.of("ServerGroup") == {}
    assert all("schedulerHints" not in server.inputs for server in graph.of("Instance").values())


def test_every_server_and_the_endpoint_have_a_floating_ip_where_all_shall(example: Example) -> None:
    found = {name: ip.inputs["portId"] for name, ip in example("all-floating").of("FloatingIp").items()}
    named = ["demo-api", "demo-master-0", "demo-node-0", "demo-node-1"]
    assert found == {name: f"<id of Port {name}>" for name in named}


def test_tags_of_the_users_are_on_servers_too(example: Example) -> None:
    assert {tuple(s.inputs["tags"]) for s in example("all-floating").of("Instance").values()} == {
        ("team=physics", "budget-7")
    }
    assert all("tags" not in server.inputs for server in example("swarm").of("Instance").values())


def test_a_snippet_reaches_the_servers_of_its_roles_alone(example: Example) -> None:
    graph = example("snippets")
    path = "/etc/site/monitoring.conf"
    assert {boot_files(s.secret("userData"))[path] for s in servers(graph, "node")} == {"target: 192.0.2.9\n"}
    assert [path in boot_files(s.secret("userData")) for s in servers(graph, "master")] == [False]


def test_barbican_has_what_a_client_needs_and_no_key_of_the_authority(example: Example) -> None:
    graph = example("barbican")
    (container,) = graph.of("ContainerV1").values()
    secrets = graph.of("SecretV1")
    assert {ref["name"]: ref["secretRef"] for ref in container.inputs["secretRefs"]} == {
        "certificate": "<secretRef of SecretV1 demo-client>",
        "private_key": "<secretRef of SecretV1 demo-client-key>",
        "intermediates": "<secretRef of SecretV1 demo-ca>",
    }
    assert {name: secret.inputs["payload"] for name, secret in secrets.items()} == {
        "demo-ca": Secret(GENERATION["ca_cert"]),
        "demo-client": Secret(GENERATION["client_cert"]),
        "demo-client-key": Secret(GENERATION["client_key"]),
    }
    assert not any(example(name).of("SecretV1", "ContainerV1") for name in EXAMPLES if name != "barbican")
