"""Bays of several masters whose servers boot; each stands while the tests of all files that ask for it look at it."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from openstack.connection import Connection
from openstack.exceptions import SDKException

from bay.sandbox.services.sandbox_services.nodes import namespaces
from bay.sandbox.services.sandbox_services.nodes.names import Names
from bay.sandbox.services.sandbox_services.nodes.node import Node
from bay.stacks.cluster.console_log import Stage, latest
from tests.integration.bays.harness import Bay
from tests.integration.boots.booted_bay import OPEN, health, tools

MASTERS, NODES = ("master-0", "master-1", "master-2"), ("node-0", "node-1")
SERVERS = (*MASTERS, *NODES)
SMALL = ("--nodes", "2", "--set", "masters.flavor=m1.small", "--set", "nodes.flavor=m1.small")
FLAT = ("--set", "network.existing=provider")
VIRTUAL = ("--set", "endpoint.kind=virtual-ip")
KINDS: Mapping[str, Sequence[str]] = {
    "swarm": ("swarm-ha",),
    "kubernetes-virtual-ip": ("kubernetes-ha", *VIRTUAL),
    "kubernetes-flat": ("kubernetes-ha", *FLAT),
    "mesos": ("mesos-ha", "--no-wait"),
}
"""Model and what else is said of it. The image of Mesos brings no Mesos here, so nobody waits for its engine."""

LONG = 900.0
"""Seconds that a command of `bay` may take on a busy machine."""


@dataclass
class Standing:
    """One of KINDS: three masters, two nodes. Its servers are called by what follows the bay's name."""

    kind: str
    user: Bay
    cloud: Connection

    @property
    def name(self) -> str:
        """Of the bay."""
        return self.kind.replace("kubernetes", "k8s")

    @property
    def engine(self) -> str:
        """As the spec's `coe` says."""
        return self.kind.partition("-")[0]

    @property
    def network(self) -> str:
        """Name of the network that its servers are on."""
        return "provider" if KINDS[self.kind][-2:] == FLAT else self.name

    def make(self) -> None:
        """As a user does."""
        model, *words = KINDS[self.kind]
        self.run("create", self.name, "--model", model, *SMALL, *self.opened(), *words)

    def opened(self) -> Sequence[str]:
        """For this machine; on a flat network for its own address alone, since all servers there have one of OPEN."""
        if self.network != "provider":
            return OPEN
        network = self.cloud.network.find_network(self.network, ignore_missing=False)
        (subnet,) = self.cloud.network.subnets(network_id=network.id)
        this = f"[{subnet.gateway_ip}/32]"
        return ("--set", f"access.api={this}", "--set", f"access.published={this}")

    def run(self, *words: str) -> None:
        """A command of `bay` that has to go through; prints how long it took."""
        start = time.monotonic()
        result = self.user.start(*words).wait(LONG)
        print(f"bay {words[0]} {words[1]}: {time.monotonic() - start:.0f} s")
        assert result.code == 0, result

    def type(self, script: str, fails: str | None = None) -> str:
        """What a script prints that has the bay's client files; where it fails, `fails`, or the test does."""
        text = f'eval "$(bay config {self.name} 2>/dev/null)"\n{script}'
        done = self.user.execute(["bash", "-euo", "pipefail", "-c", text], PATH=tools(self.user))
        if done.code and fails is not None:
            return fails
        assert done.code == 0, (script, done)
        return done.out.strip()

    def health(self) -> dict[str, str]:
        """Server -> health, as `bay show` says; under "" the bay's own."""
        found = health(self.user, self.name)
        return {server.removeprefix(self.name).removeprefix("-"): word for server, word in found.items()}

    def status(self) -> dict[str, str]:
        """Server -> Nova's status, as `bay node list` says."""
        rows = self.user.run("node", "list", self.name, "-f", "json").json
        return {row["name"].removeprefix(f"{self.name}-"): row["status"] for row in rows}

    def server(self, server: str) -> Any:
        """What Nova knows of it."""
        return self.cloud.compute.find_server(f"{self.name}-{server}", ignore_missing=False)

    def address(self, server: str) -> str:
        """Its fixed one."""
        found = [one for many in self.server(server).addresses.values() for one in many]
        return next(str(one["addr"]) for one in found if one["OS-EXT-IPS:type"] == "fixed")

    def node(self, server: str) -> Node:
        """What the server is on this machine."""
        return node_of(self.user, self.server(server).id)

    def inside(self, server: str, script: str, user: str = "root") -> str:
        """What a script prints on a server, whether it succeeds or not."""
        first = self.node(server).container.first_process()
        words = ["nsenter", f"--target={first}", "--all", "runuser", "-u", user, "--", "bash", "-c", script]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=180).stdout.strip()

    def stage(self, server: str) -> Stage:
        """How far it is, by its console log."""
        with suppress(SDKException):  # it has none before it starts
            answer = self.cloud.compute.get_server_console_output(self.server(server).id)
            return latest((answer or {}).get("output") or "")
        return Stage()


def node_of(user: Bay, server: str) -> Node:
    """A server, by its id, on this machine."""
    state = user.sandbox.state.absolute()
    return Node(state / "nodes", Names.of(state), server)


def network_of(node: Node) -> list[str]:
    """Begin of a command of this machine that shall run on a server's network."""
    return ["nsenter", f"--net={namespaces.path(node.namespace)}"]
