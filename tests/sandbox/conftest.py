"""Connections to the running sandbox, as its users have them."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection

from bay.sandbox import Sandbox, images
from tests.conftest import forget, new_sandbox, sweep_killed_runs, why_nothing_boots
from tests.integration.bays.harness import connect
from tests.sandbox.booted import Booted

OWN_WARNINGS = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
"""openstacksdk warns of what it does itself, in most of its calls."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests of this folder use openstacksdk though warnings are errors."""
    for item in items:
        marked = item.get_closest_marker("sandbox") or item.get_closest_marker("boot")
        if marked and item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(OWN_WARNINGS)


@pytest.fixture(scope="session")
def member(sandbox_cloud: Sandbox) -> Iterator[Connection]:
    """alice of the project physics."""
    with connect(sandbox_cloud, "sandbox") as connection:
        yield connection


@pytest.fixture(scope="session")
def other(sandbox_cloud: Sandbox) -> Iterator[Connection]:
    """bob of the project biology."""
    with connect(sandbox_cloud, "sandbox-other") as connection:
        yield connection


@pytest.fixture(scope="session")
def admin(sandbox_cloud: Sandbox) -> Iterator[Connection]:
    """The administrator, for taking stock."""
    with connect(sandbox_cloud, "sandbox-admin") as connection:
        yield connection


@dataclass(frozen=True)
class Lan:
    """A network with a subnet and a router to the outside."""

    network: Any
    subnet: Any
    router: Any
    group: Any


@pytest.fixture(scope="module")
def lan(member: Connection) -> Iterator[Lan]:
    """The member's network, for the tests of a module."""
    public = member.network.find_network("public")
    network = member.network.create_network(name="lan", description="of the tests")
    subnet = member.network.create_subnet(network_id=network.id, cidr="10.0.0.0/24", ip_version=4, name="lan")
    router = member.network.create_router(name="lan", external_gateway_info={"network_id": public.id})
    member.network.add_interface_to_router(router, subnet_id=subnet.id)
    group = member.network.create_security_group(name="lan")
    yield Lan(network, subnet, router, group)
    member.network.remove_interface_from_router(router, subnet_id=subnet.id)
    member.network.delete_router(router)
    for port in member.network.ports(network_id=network.id):
        member.network.delete_port(port)
    member.network.delete_network(network)
    member.network.delete_security_group(group)


@dataclass(frozen=True)
class Servers:
    """Makes servers of the member and waits for them."""

    cloud: Connection
    lan: Lan
    image: str
    flavor: str

    def create(self, name: str, **options: Any) -> Any:
        """A server on a port of its own; not waited for."""
        port = self.cloud.network.create_port(
            network_id=self.lan.network.id, name=name, security_group_ids=[self.lan.group.id]
        )
        return self.cloud.compute.create_server(
            name=name, flavor_id=self.flavor, image_id=self.image, networks=[{"port": port.id}], **options
        )

    def wait(self, server: Any) -> Any:
        """Until it is ACTIVE."""
        return self.cloud.compute.wait_for_server(server, interval=0.2, wait=90)

    def port(self, server: Any) -> Any:
        """Its only port, as Neutron has it now."""
        return next(self.cloud.network.ports(device_id=server.id))


@pytest.fixture
def servers(member: Connection, lan: Lan) -> Iterator[Servers]:
    """Servers of a test, deleted at its end."""
    image = member.image.find_image("debian-12-docker").id
    flavor = member.compute.find_flavor("m1.small").id
    made = Servers(member, lan, image, flavor)
    yield made
    left = list(member.compute.servers())
    for server in left:
        member.compute.delete_server(server)
    for server in left:
        member.compute.wait_for_delete(server, interval=0.2, wait=90)


@pytest.fixture(scope="session")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    """A sandbox of its own whose servers boot; nothing is left of it."""
    reason = why_nothing_boots()
    if reason:
        pytest.skip(reason)
    sweep_killed_runs()
    sandbox, key = new_sandbox("booted"), tmp_path_factory.mktemp("key") / "key"
    images.build(sandbox.cache, "swarm", os.environ["PATH"], print)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    try:
        sandbox.start(print, boot=True)
        with connect(sandbox, "sandbox") as cloud:
            cloud.compute.create_keypair(name="tests", public_key=key.with_suffix(".pub").read_text())
            made = Booted(sandbox, cloud, key)
            yield made
            made.end()
    finally:
        forget(sandbox)
