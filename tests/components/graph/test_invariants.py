"""What holds for the graph of every example."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
import yaml
from cryptography import x509

from bay.components.engines import ENGINES, Source
from bay.components.firewall_rules import ROLES, ports
from bay.components.node import lifetimes
from bay.components.node.certificates import CLOCK_SKEW
from bay.components.node.cloudinit import unpacked
from bay.components.node.credentials import Generation
from bay.components.node.proof import proof, proof_key
from bay.components.spec.merge import build_spec
from tests import quick_yaml
from tests.components.graph.conftest import EXAMPLES, place_for
from tests.components.graph.recorder import MADE_AT, Graph, Recorded

MARK = "bay:id=<id of Identity demo>"
TAGGED = {"Network", "Subnet", "Router", "Port", "FloatingIp", "SecGroup", "LoadBalancer", "Listener", "Pool"}
"""Kinds with tags and a description."""
MARKED_BY_NAME = {"ServerGroup", "SecretV1", "ContainerV1"}
"""Kinds that have a name alone, which ends in the bay's id."""
BY_DEVICE = {"RouterInterface", "Monitor", "Members"}
"""Kinds that can carry no mark: they go with what they belong to."""
NOVA_LIMIT = 65535
"""Longest user data that Nova takes, in base64."""
WORLD = {"0.0.0.0/0", "::/0"}


def cloud_resources(graph: Graph) -> list[Recorded]:
    return [r for r in graph.resources.values() if r.type.startswith("openstack:")]


def servers(graph: Graph, group: str) -> list[Recorded]:
    return [r for r in graph.of("Instance").values() if r.inputs["metadata"]["bay:group"] == group]


def workers(graph: Graph) -> list[Recorded]:
    return [server for group in graph.spec.groups if group != "master" for server in servers(graph, group)]


def ingress(graph: Graph) -> set[tuple[Any, ...]]:
    """(role, protocol, first, last, from): from is a role or a CIDR."""
    role_of = {"<id of SecGroup demo-master>": "master", "<id of SecGroup demo-node>": "node"}
    found = set()
    for rule in graph.of("SecGroupRule").values():
        has = rule.inputs
        if has["direction"] == "ingress":
            source = role_of[has["remoteGroupId"]] if "remoteGroupId" in has else has["remoteIpPrefix"]
            ports = has.get("portRangeMin"), has.get("portRangeMax")
            found.add((role_of[has["securityGroupId"]], has["protocol"], *ports, source))
    return found


def test_nothing_is_open_to_the_world_that_the_user_did_not_ask_for(graph: Graph) -> None:
    asked = {cidr for cidrs in graph.spec.access.model_dump().values() for cidr in cidrs}
    opened = {source for *_, source in ingress(graph) if source not in ("master", "node")}
    assert opened == asked | set(balanced_from(graph)), "every CIDR the user gave, and no other"


def balanced_from(graph: Graph) -> tuple[str, ...]:
    """The bay's subnets where a load balancer, which has no security group, passes packets on from there."""
    if graph.spec.endpoint.kind != "load-balancer":
        return ()
    network = place_for(graph.spec).network
    return network.cidrs if network else (graph.spec.network.cidr,)


def test_the_world_reaches_only_published_ports_where_those_were_opened(example: Callable[[str], Graph]) -> None:
    reached = {(role, first) for role, _, first, _, source in ingress(example("access-opened")) if source in WORLD}
    assert reached == {("node", 80), ("node", 443), ("node", 30000)}


def test_every_port_of_the_engines_table_is_open_to_whom_it_says_and_no_other(graph: Graph) -> None:
    access = graph.spec.access
    sources = {
        Source.MASTERS: ("master",),
        Source.NODES: ("node",),
        Source.BAY: ("master", "node"),
        Source.SUBNETS: balanced_from(graph),
        Source.API: access.api,
        Source.SSH: access.ssh,
        Source.PUBLISHED: access.published,
    }
    assert ingress(graph) == {
        (role, port.protocol, port.first, port.last, source)
        for role in ROLES
        for port in ports(ENGINES[graph.spec.coe], role, graph.spec)
        for source in sources[port.source]
    }


RULES = {
    "access-opened": 32,
    "all-floating": 25,
    "barbican": 24,
    "boot-volume": 24,
    "existing-network": 24,
    "chosen-subnet": 24,
    "load-balancer": 26,
    "node-groups": 24,
    "snippets": 24,
    "swarm": 24,
    "swarm-ha": 24,
    "virtual-ip-ha": 25,
    "volumes": 24,
}
"""Example -> its security-group rules: a default quota has 100 for a project."""


def test_the_number_of_security_group_rules_is_known(example: Callable[[str], Graph]) -> None:
    assert {name: len(example(name).of("SecGroupRule")) for name in EXAMPLES} == RULES


def test_rules_for_ipv6_addresses_are_ipv6_rules(example: Callable[[str], Graph]) -> None:
    families = {
        rule.inputs["remoteIpPrefix"]: rule.inputs["ethertype"]
        for rule in example("access-opened").of("SecGroupRule").values()
        if "remoteIpPrefix" in rule.inputs
    }
    assert families["2001:db8::/32"] == "IPv6"
    assert families["192.0.2.0/24"] == "IPv4"


def test_security_groups_begin_without_neutrons_own_rules(graph: Graph) -> None:
    assert {group.inputs["deleteDefaultRules"] for group in graph.of("SecGroup").values()} == {True}


def test_user_data_is_secret_and_short_enough_for_nova(graph: Graph) -> None:
    for server in graph.of("Instance").values():
        assert len(server.secret("userData")) < NOVA_LIMIT


def test_the_servers_of_a_group_boot_the_same_data_but_for_what_proves_their_names(graph: Graph) -> None:
    for name, group in graph.spec.groups.items():
        booted = [boot_files(server.secret("userData")) for server in servers(graph, name)]
        words = [files.pop("/etc/bay/proof") for files in booted]
        assert len(set(words)) == group.count
        assert all(files == booted[0] for files in booted)


def test_the_masters_know_every_server_by_its_word_and_nobody_else_can_make_one(
    graph: Graph, keys: dict[str, str]
) -> None:
    key = proof_key(cast(Generation, keys))
    for server in graph.of("Instance").values():
        files = boot_files(server.secret("userData"))
        assert files["/etc/bay/proof"] == f"{proof(key, server.name)}\n"
        assert ("/etc/bay/door/proof_keys" in files) is ("-master-" in server.name)
        assert any(key in content for content in files.values()) is ("-master-" in server.name)


def test_every_server_boots_the_data_of_its_own_group(graph: Graph) -> None:
    for group in graph.spec.groups:
        for data in {server.secret("userData") for server in servers(graph, group)}:
            settings = boot_files(data)["/etc/bay/env"].splitlines()
            assert f"BAY_GROUP={group}" in settings
            assert "BAY_ID='<id of Identity demo>'" in settings


def boot_files(user_data: str) -> dict[str, str]:
    return {file["path"]: file["content"] for file in quick_yaml.load(unpacked(user_data))["write_files"]}


@pytest.mark.parametrize(
    "secret", ["ca_key", "client_key", "server_key", "ssh_host_key", "join_master_key", "client_cert"]
)
def test_a_worker_is_given_nothing_that_has_power_over_a_master(
    secret: str, graph: Graph, keys: dict[str, str]
) -> None:
    for server in workers(graph):
        files = boot_files(server.secret("userData"))
        assert middle_line(keys[secret]) not in "".join(files.values())
        assert files["/etc/bay/join_key"] == keys["join_node_key"]


def test_a_certificate_of_the_api_is_another_one_when_a_third_of_the_life_of_the_one_before_is_left(
    run: Callable[..., Graph], monkeypatch: pytest.MonkeyPatch
) -> None:
    def signing_moment() -> datetime:
        (master,) = servers(run(build_spec([{"model": "swarm"}])), "master")
        pem = boot_files(master.secret("userData"))["/etc/docker/server.pem"]
        return x509.load_pem_x509_certificate(pem.encode()).not_valid_before_utc + CLOCK_SKEW

    assert signing_moment() == MADE_AT
    monkeypatch.setattr(lifetimes, "PERIOD", timedelta(days=1))
    before, found, after = datetime.now(UTC), signing_moment(), datetime.now(UTC)
    assert lifetimes.signed_at(MADE_AT, before) <= found <= lifetimes.signed_at(MADE_AT, after)
    assert found > MADE_AT


def test_the_door_is_told_whole_numbers_though_the_state_knows_none(graph: Graph) -> None:
    """As shell scripts compare them."""
    for server in servers(graph, "master"):
        files = boot_files(server.secret("userData"))
        for line in files["/etc/bay/door/authorized_keys"].splitlines():
            assert re.search(r'/join-door (node|master|member) 1" .* generation-1$', line)
        assert re.fullmatch(r"1 [0-9a-f]{64}\n", files["/etc/bay/door/proof_keys"])


def middle_line(text: str) -> str:
    """A line that no other key has: the first of OpenSSH's are all the same."""
    lines = text.splitlines()
    return lines[len(lines) // 2]


def test_no_secret_is_in_the_clear(graph: Graph, keys: dict[str, str]) -> None:
    text = yaml.safe_dump(graph.shown(), width=100000)
    for name, value in keys.items():
        if "PRIVATE KEY" in value:
            assert middle_line(value) not in text, name


def test_client_files_are_a_secret_output(graph: Graph, keys: dict[str, str]) -> None:
    assert graph.outputs["client_files"].value == {
        "ca.pem": keys["ca_cert"],
        "cert.pem": keys["client_cert"],
        "key.pem": keys["client_key"],
    }
    assert graph.shown()["outputs"]["client_files"] == {"secret": "..."}


def test_every_name_starts_with_the_bays(graph: Graph) -> None:
    for resource in graph.resources.values():
        assert resource.name == "demo" or resource.name.startswith("demo-"), resource.name
        physical = resource.inputs.get("name", resource.name)
        if resource.type.startswith("openstack:") and resource.kind not in MARKED_BY_NAME:
            assert physical == resource.name, "logical and physical names are the same"


def test_everything_that_can_carry_a_mark_carries_it(graph: Graph) -> None:
    tags = [MARK, "bay:name=demo", *graph.spec.tags]
    metadata = {"bay:id": "<id of Identity demo>", "bay:name": "demo"}
    for resource in cloud_resources(graph):
        has = resource.inputs
        if resource.kind in TAGGED:
            assert (has["tags"], has["description"]) == (tags, MARK), resource.name
        elif resource.kind == "SecGroupRule":
            assert has["description"] == MARK, resource.name
        elif resource.kind in ("Instance", "Volume"):
            assert has["metadata"].items() >= metadata.items(), resource.name
        elif resource.kind in MARKED_BY_NAME:
            assert has["name"] == f"{resource.name}.<id of Identity demo>"
        else:
            assert resource.kind in BY_DEVICE, f"say how a {resource.kind} carries the mark"


def test_masters_are_on_ports_of_their_own(graph: Graph) -> None:
    for server in servers(graph, "master"):
        assert server.inputs["networks"] == [{"port": f"<id of Port {server.name}>"}]
        assert server.options["delete_before_replace"] is True, "a port carries one server at a time"


def test_nodes_are_shut_down_before_they_are_deleted_and_masters_are_not(graph: Graph) -> None:
    assert all(server.inputs["stopBeforeDestroy"] is True for server in workers(graph))
    assert not any("stopBeforeDestroy" in server.inputs for server in servers(graph, "master"))


def test_what_holds_the_bays_own_data_is_protected_and_workers_are_not(graph: Graph) -> None:
    protected = {r.name for r in graph.resources.values() if r.options.get("protect")}
    assert protected == {"demo", *(server.name for server in servers(graph, "master")), *graph.of("Volume")}
    assert graph.of("Identity")["demo"].options["protect"] is True


def test_no_server_is_rebuilt_or_replaced_by_a_change_of_image_boot_data_or_key(graph: Graph) -> None:
    for server in graph.of("Instance").values():
        assert {"imageId", "userData", "keyPair", "blockDevices"} <= set(server.options["ignore_changes"]), server.name


def test_a_worker_is_one_resource_and_more_where_it_has_a_floating_ip_or_a_subnet_of_several(graph: Graph) -> None:
    more = {"all": ["FloatingIp", "Port"]}.get(graph.spec.floating_ips, [])
    if graph.spec.network.subnet == "one-of-several":
        more = ["Port"]
    kinds = sorted(["Instance", *more])
    for server in workers(graph):
        assert sorted(r.kind for r in cloud_resources(graph) if r.name == server.name) == kinds


def test_the_identity_is_made_before_the_bay_and_its_secrets_stay_secret(graph: Graph) -> None:
    identity = graph.of("Identity")["demo"]
    assert identity.options["secret_outputs"] == ["generations"]
    assert "depends_on" not in identity.options
    first = [kind for kind in (r.kind for r in graph.resources.values()) if kind in ("Identity", "Bay")]
    assert first == ["Identity", "Bay"], "where the identity's guard refuses, the state keeps the bay's spec"


def test_the_bays_inputs_hold_the_whole_spec_and_whose_it_is(graph: Graph) -> None:
    inputs = graph.of("Bay")["demo"].inputs
    assert type(graph.spec).model_validate(inputs["spec"]) == graph.spec
    assert inputs["managed_by"] == "file"
    assert inputs["cloud"]["project_id"] == "11111111111111111111111111111111"


def test_a_bay_on_an_existing_network_makes_no_network_and_no_floating_ip(example: Callable[[str], Graph]) -> None:
    graph = example("existing-network")
    assert graph.of("Network", "Subnet", "Router", "RouterInterface", "FloatingIp").keys() == {"demo"}
    assert graph.of("Network")["demo"].type == "bay:index:Network", "only the component"
    assert {s.inputs["networks"][0]["uuid"] for s in servers(graph, "node")} == {"<id of shared>"}
    assert graph.outputs["api_address"] == "10.80.0.10:2376"


def test_servers_wait_for_the_router_of_the_bays_own_network(graph: Graph) -> None:
    expected = [] if graph.spec.network.existing else ["openstack:networking/routerInterface:RouterInterface::demo"]
    for server in graph.of("Instance").values():
        assert server.options.get("depends_on", []) == expected
