"""The benchmark's floor makes what a bay is made of, and nothing else: a ratio of unlike things says nothing."""

from collections import Counter
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from tests import quick_yaml
from tests.components.graph.conftest import example_graph
from tests.paths import ROOT

GOLDEN = ROOT / "tests" / "golden"
NODES = 2
"""Of the example of which the golden graph is."""

CALLS = {
    "Network": "network.create_network",
    "Subnet": "network.create_subnet",
    "Router": "network.create_router",
    "RouterInterface": "network.add_interface_to_router",
    "SecGroup": "network.create_security_group",
    "SecGroupRule": "network.create_security_group_rule",
    "Port": "network.create_port",
    "FloatingIp": "network.create_ip",
    "ServerGroup": "compute.create_server_group",
    "Instance": "compute.create_server",
}
"""Type of a resource of the plugin, and the call of openstacksdk that makes one."""

Graph = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def floor() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "bench"))
        import floor

        yield floor


@pytest.fixture(scope="module")
def cloud(floor: ModuleType) -> MagicMock:
    """A pretended cloud in which the floor has been made; it knows the calls."""
    connection = MagicMock()
    connection.network.networks.return_value = [SimpleNamespace(id="public")]
    connection.network.create_security_group.side_effect = lambda name, **_: SimpleNamespace(
        id=name, security_group_rules=[{"id": "egress-ipv4"}, {"id": "egress-ipv6"}]
    )
    connection.compute.get.return_value.json.return_value = {"servers": []}
    connection.compute.servers.return_value = [SimpleNamespace(name="server", status="ACTIVE")] * (NODES + 1)
    floor.Floor(connection, "demo", NODES).make()
    return connection


@pytest.fixture(scope="module")
def graph() -> Graph:
    resources: Graph = quick_yaml.load((GOLDEN / "graph" / "swarm.yaml").read_text())
    return {name: resource for name, resource in resources.items() if name.startswith("openstack:")}


def test_as_many_calls_as_the_bay_has_resources_of_each_type(cloud: MagicMock, graph: Graph) -> None:
    resources = Counter(name.split("::")[0].rsplit(":", 1)[1] for name in graph)
    made = Counter(name for name, _, _ in cloud.mock_calls)
    assert {kind: made[call] for kind, call in CALLS.items()} == resources


def test_whatever_the_bay_tags_is_tagged(cloud: MagicMock, graph: Graph) -> None:
    assert cloud.network.set_tags.call_count == sum("tags" in resource["inputs"] for resource in graph.values())


def test_default_rules_are_deleted(cloud: MagicMock, graph: Graph) -> None:
    emptied = [r for r in graph.values() if r["inputs"].get("deleteDefaultRules")]
    assert cloud.network.delete_security_group_rule.call_count == 2 * len(emptied)


def test_the_rules_are_the_bays(cloud: MagicMock, graph: Graph) -> None:
    def row(*fields: Any) -> tuple[str, ...]:
        return tuple("" if field is None else str(field) for field in fields)

    wanted = sorted(
        row(
            rule["direction"],
            rule["ethertype"],
            rule.get("protocol"),
            rule.get("portRangeMin"),
            rule.get("portRangeMax"),
            rule["securityGroupId"].removeprefix("<id of SecGroup ").removesuffix(">"),
            (rule.get("remoteGroupId") or "").removeprefix("<id of SecGroup ").removesuffix(">"),
        )
        for rule in (r["inputs"] for name, r in graph.items() if ":SecGroupRule::" in name)
    )
    fields = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max", "security_group_id")
    calls = (call.kwargs for call in cloud.network.create_security_group_rule.mock_calls)
    assert sorted(row(*map(rule.get, fields), rule.get("remote_group_id")) for rule in calls) == wanted


@pytest.mark.parametrize("role", ["master", "node"])
def test_user_data_is_as_long_as_that_of_a_bay(floor: ModuleType, role: str) -> None:
    server = example_graph("swarm").of("Instance")[f"demo-{role}-0"]
    assert floor.USER_DATA[role] == pytest.approx(len(server.secret("userData")), rel=0.1)
