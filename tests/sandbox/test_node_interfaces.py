"""The network interfaces of a node, in namespaces of this test's own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bay.sandbox.services.sandbox_services.nodes import namespaces
from bay.sandbox.services.sandbox_services.nodes.commands import run
from bay.sandbox.services.sandbox_services.nodes.names import BRIDGE, Names, tap
from bay.sandbox.services.sandbox_services.nodes.node import Interface, Node

pytestmark = pytest.mark.boot

PORT = Interface("0a1b2c3d-port", "network-of-it", "fa:16:3e:00:00:01", 1450)


@pytest.fixture
def names() -> Iterator[Names]:
    """Of a network with a bridge; all namespaces of these names are gone afterwards."""
    if os.geteuid():
        pytest.skip("network namespaces need root")
    names = Names(f"bay{os.getpid():05d}"[:8])
    network = names.network(PORT.network)
    try:
        namespaces.ensure(network)
        run("ip", "-n", network, "link", "add", BRIDGE, "type", "bridge")
        yield names
    finally:
        for name in namespaces.listed(names.prefix):
            namespaces.delete(name)


def test_a_port_of_a_server_that_is_not_quite_gone_serves_the_next_one(names: Names, tmp_path: Path) -> None:
    """The kernel takes the namespace of a deleted server apart later; until then the outer end is there."""
    former, network = names.server("former"), names.network(PORT.network)
    namespaces.ensure(former)
    end = ("type", "veth", "peer", "name", tap(PORT.port), "netns", network)
    run("ip", "link", "add", "name", "eth0", "address", PORT.mac, "netns", former, *end)
    node = Node(tmp_path, names, "next")
    for _ in (1, 2):
        node.plug(PORT)
        assert namespaces.links(node.namespace) == {"lo", "eth0"}
        assert PORT.mac in namespaces.macs(node.namespace)
    assert namespaces.links(former) == {"lo"}
