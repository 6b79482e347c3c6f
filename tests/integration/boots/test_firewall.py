"""What reaches a server: docs/security.md's tables, tried with every port, from outside and from inside of the bay.

A listener in the server's own network notes each packet that gets so far, so that a port counts as open also where
nobody listens on it.
"""

import json
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bay.sandbox.services.sandbox_services.nodes.node import Node
from tests.integration.boots.standing import SERVERS, Standing, network_of, node_of
from tests.integration.boots.story import comes

pytestmark = [
    pytest.mark.boot,
    pytest.mark.sandbox,
    pytest.mark.long,
    pytest.mark.timeout(900, func_only=True),
    pytest.mark.parametrize(
        "standing", ["swarm", "kubernetes-virtual-ip", "kubernetes-flat", "mesos"], indirect=True, scope="session"
    ),
]

SCAN = Path(__file__).with_name("scan.py")
UNTRACKED = """table ip scan {
    chain out {
        type filter hook output priority -300
        notrack
    }
}
"""
"""Rules for who scans; of nftables."""
Open = dict[str, list[int]]
NOTHING: Open = {}
PUBLISHED = [*range(30000, 32768)]
TASKS = [*range(31000, 32001)]
GOSSIP = {"udp": [4789, 7946], "esp": [0]}

API: Mapping[str, int] = {"swarm": 2376, "kubernetes": 6443, "mesos": 5050}
FROM_NODE_TO_MASTER: Mapping[str, Open] = {
    "swarm": {"tcp": [22, 2377, 7946], **GOSSIP},
    "kubernetes": {"tcp": [22, 6443, 10250], "udp": [8472]},
    "mesos": {"tcp": [22, 2181, 5050]},
}
FROM_MASTER_TO_MASTER: Mapping[str, Open] = {
    "swarm": {"tcp": [22, 2377, 7946], **GOSSIP},
    "kubernetes": {"tcp": [22, 2379, 2380, 6443, 10250], "udp": [8472]},
    "mesos": {"tcp": [22, 2181, 2888, 3888, 5050]},
}
VIRTUAL_IP: Mapping[str, Open] = {"kubernetes-virtual-ip": {"vrrp": [0]}}
"""Besides, between the masters of a bay that has one."""
FROM_MASTER_TO_NODE: Mapping[str, Open] = {
    "swarm": {"tcp": [7946], **GOSSIP},
    "kubernetes": {"tcp": [10250], "udp": [8472]},
    "mesos": {"tcp": [5051, *TASKS], "udp": TASKS},
}
FROM_NODE_TO_NODE: Mapping[str, Open] = {
    "swarm": {"tcp": [7946], **GOSSIP},
    "kubernetes": {"tcp": [10250], "udp": [8472]},
    "mesos": {"tcp": TASKS, "udp": TASKS},
}
PUBLISHED_TO_NODES: Mapping[str, Open] = {
    "swarm": {"tcp": [80, 443, *PUBLISHED], "udp": PUBLISHED},
    "kubernetes": {"tcp": PUBLISHED, "udp": PUBLISHED},
    "mesos": {"tcp": TASKS, "udp": TASKS},
}
"""From the addresses in access.published."""
ANSWERS: Mapping[str, Mapping[tuple[str, str], list[int]]] = {
    "swarm": {
        ("node-0", "master-0"): [22, 2377, 7946],
        ("master-1", "master-0"): [22, 2377, 7946],
        ("master-0", "node-1"): [7946],
        ("node-0", "node-1"): [7946],
    },
    "kubernetes": {
        ("node-0", "master-0"): [22, 6443, 10250],
        ("master-1", "master-0"): [22, 2379, 2380, 6443, 10250],
        ("master-0", "node-1"): [10250],
        ("node-0", "node-1"): [10250],
    },
    "mesos": {("node-0", "master-0"): [22, 2181], ("master-1", "master-0"): [22, 2181, 3888]},
}
"""By whom what is needed is answered, where the programs are there: (who asks, who answers) -> TCP ports."""


def heard(target: Node, source: str, sender: list[str], address: str, *ports: int, own: str = "") -> Open:
    """Which packets to an address arrive at a server.

    sender: begin of a command where `source` is. own: the server's address, where the other one is translated to it.
    """
    command = [sys.executable, str(SCAN)]
    with subprocess.Popen(
        [*network_of(target), *command, "hear", source, own or address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as listener:
        assert listener.stdout
        assert listener.stdout.readline()
        start = time.monotonic()
        subprocess.run([*sender, *command, "send", address, *map(str, ports)], check=True, timeout=300)
        time.sleep(1)
        found, _ = listener.communicate()
    arrived: Open = json.loads(found)
    count = sum(map(len, arrived.values()))
    print(f"{len(ports) or 65535} ports at {address}: {count} open, {time.monotonic() - start:.0f} s")
    return arrived


def between(bay: Standing, source: str, target: str) -> Open:
    """What arrives from one of the bay's servers at another, of the ports that programs have for themselves."""
    sender = network_of(bay.node(source))
    return heard(bay.node(target), bay.address(source), sender, bay.address(target), *range(1, 33000))


@pytest.fixture(scope="module")
def stranger(standing: Standing, need_image: Callable[[str], None]) -> Iterator[Node]:
    """A server on the bay's network, in no group of the bay's."""
    need_image("swarm")
    cloud = standing.cloud
    network = cloud.network.find_network(standing.network, ignore_missing=False)
    group = cloud.network.create_security_group(name="stranger")
    port = cloud.network.create_port(network_id=network.id, security_group_ids=[group.id], name="stranger")
    made: Any = cloud.compute.create_server(
        name="stranger",
        flavor_id=cloud.compute.find_flavor("m1.tiny").id,
        image_id=cloud.image.find_image("debian-12-docker").id,
        networks=[{"port": port.id}],
        user_data=b64encode(b"#cloud-config\n").decode(),
    )
    try:
        cloud.compute.wait_for_server(made, interval=0.2, wait=120)
        node = node_of(standing.user, made.id)
        see = [*network_of(node), "ip", "-o", "-4", "address", "show", "eth0"]
        comes(
            True, lambda: port.fixed_ips[0]["ip_address"] in subprocess.run(see, capture_output=True, text=True).stdout
        )
        # Its own table of connections shall not be full before all ports are tried.
        subprocess.run([*network_of(node), "nft", "-f", "-"], input=UNTRACKED, text=True, check=True)
        yield node
    finally:
        cloud.compute.delete_server(made)
        cloud.compute.wait_for_delete(made, interval=0.2, wait=90)
        cloud.network.delete_port(port)
        cloud.network.delete_security_group(group)


@pytest.mark.parametrize("target", ["master-0", "node-0"])
def test_a_stranger_on_the_same_network_reaches_nothing(standing: Standing, stranger: Node, target: str) -> None:
    own = standing.cloud.compute.find_server("stranger").addresses[standing.network][0]["addr"]
    assert heard(standing.node(target), own, network_of(stranger), standing.address(target)) == NOTHING


def test_a_stranger_is_answered_by_nobody_who_listens(standing: Standing, stranger: Node) -> None:
    tried = 0
    for server in SERVERS:
        listening = "ss -lntH | awk '{print $4}' | grep -v '^127[.]' | sed 's/.*://' | sort -un"
        for port in standing.inside(server, listening).split():
            tried += 1
            assert not connects(network_of(stranger), standing.address(server), int(port)), (server, port)
    print(f"{standing.kind}: {tried} listeners tried on {len(SERVERS)} servers")
    assert tried >= len(SERVERS)


def test_from_outside_only_the_api_of_a_master_is_open(standing: Standing) -> None:
    address = standing.user.run("show", standing.name, "-f", "json").json["api_address"].rpartition(":")[0]
    fixed = next((ip.fixed_ip_address for ip in standing.cloud.network.ips(floating_ip_address=address)), address)
    holder = next(s for s in SERVERS if f" {fixed}/" in standing.inside(s, "ip -o -4 address show eth0"))
    assert from_outside(standing, holder, address, fixed) == {"tcp": [API[standing.engine]]}


def test_from_outside_what_nodes_publish_is_open(standing: Standing) -> None:
    fixed = standing.address("node-0")
    if standing.network == "provider":  # this machine reaches it as it is
        assert from_outside(standing, "node-0", fixed, fixed) == PUBLISHED_TO_NODES[standing.engine]
        return
    network = standing.cloud.network
    port = next(iter(network.ports(device_id=standing.server("node-0").id)))
    public = network.find_network("public", ignore_missing=False)
    floating = network.create_ip(floating_network_id=public.id, port_id=port.id)
    try:
        comes(True, lambda: reaches(floating.floating_ip_address), 30)
        open_ports = from_outside(standing, "node-0", floating.floating_ip_address, fixed)
        assert open_ports == PUBLISHED_TO_NODES[standing.engine]
    finally:
        network.delete_ip(floating)


def from_outside(bay: Standing, target: str, address: str, own: str) -> Open:
    """What arrives at a server from this machine, whose address is in access.api and access.published."""
    return heard(bay.node(target), source_to(address), [], address, own=own)


def source_to(address: str) -> str:
    """The address with which this machine speaks to another."""
    asked = ["ip", "-j", "route", "get", address]
    return str(json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)[0]["prefsrc"])


def reaches(address: str) -> bool:
    """Whether the router knows the address by now: somebody answers at layer 2."""
    with suppress(OSError), socket.create_connection((address, 30000), timeout=1):
        pass
    shown = subprocess.run(["ip", "neigh", "show", address], capture_output=True, text=True, check=True).stdout
    return "lladdr" in shown


def test_from_inside_just_what_is_needed_is_open(standing: Standing) -> None:
    engine = standing.engine
    assert between(standing, "node-0", "master-0") == FROM_NODE_TO_MASTER[engine]
    of_masters = {**FROM_MASTER_TO_MASTER[engine], **VIRTUAL_IP.get(standing.kind, {})}
    assert between(standing, "master-1", "master-0") == of_masters
    assert between(standing, "master-0", "node-0") == FROM_MASTER_TO_NODE[engine]
    assert between(standing, "node-1", "node-0") == FROM_NODE_TO_NODE[engine]


def test_from_inside_what_is_needed_answers(standing: Standing) -> None:
    for (source, target), ports in ANSWERS[standing.engine].items():
        for port in ports:
            there = connects(network_of(standing.node(source)), standing.address(target), port)
            assert there, (source, target, port)


def connects(place: list[str], address: str, port: int) -> bool:
    """Whether somebody answers within a second."""
    words = ["timeout", "1", "bash", "-c", f"</dev/tcp/{address}/{port}"]
    return subprocess.run([*place, *words], capture_output=True, check=False).returncode == 0
