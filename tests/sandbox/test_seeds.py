"""What a user of the sandbox finds in it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openstack import exceptions
from openstack.connection import Connection

from bay.sandbox import Sandbox
from bay.sandbox.images.kubernetes import KUBERNETES
from bay.sandbox.layout import Layout

pytestmark = pytest.mark.sandbox


def test_flavors_grow_from_tiny_to_xlarge(member: Connection) -> None:
    sizes = {flavor.name: (flavor.vcpus, flavor.ram, flavor.disk) for flavor in member.compute.flavors()}
    assert sizes == {
        "m1.tiny": (1, 512, 10),
        "m1.small": (1, 2048, 20),
        "m1.medium": (2, 4096, 40),
        "m1.large": (4, 8192, 80),
        "m1.xlarge": (8, 16384, 160),
    }


def test_images_say_their_distribution_and_what_they_need(member: Connection) -> None:
    found = {image.name: (image.os_distro, image.min_disk, image.min_ram) for image in member.image.images()}
    assert found == {
        "debian-12-docker": ("debian", 10, 512),
        "debian-12-kubernetes": ("debian", 10, 1024),
        "debian-12-mesos": ("debian", 10, 1024),
        "ubuntu-24.04": ("ubuntu", 10, 1024),
        "fedora-coreos-42": ("fedora-coreos", 10, 2048),
    }


def test_images_with_an_engine_say_its_version(member: Connection) -> None:
    found = {image.name: image.properties for image in member.image.images()}
    assert found["debian-12-docker"]["docker_version"] == "20.10.24"
    assert found["debian-12-kubernetes"]["kube_version"] == KUBERNETES.removeprefix("v")
    assert "mesos_version" not in found["debian-12-mesos"], "its packages are of a site's own repository"


def test_the_member_sees_an_external_network_and_a_shared_one_of_somebody_else(member: Connection) -> None:
    public, provider = (member.network.find_network(name) for name in ("public", "provider"))
    assert (public.is_router_external, public.is_shared) == (True, False)
    assert (provider.is_router_external, provider.is_shared) == (False, True)
    assert provider.project_id not in ("", member.current_project_id)
    subnet = member.network.get_subnet(provider.subnet_ids[0])
    assert (subnet.cidr, subnet.is_dhcp_enabled, subnet.project_id) == ("198.18.16.0/20", True, provider.project_id)


def test_the_member_has_ordinary_roles_only(member: Connection) -> None:
    roles = {role["name"] for role in member.session.auth.get_access(member.session)._data["token"]["roles"]}
    assert roles == {"member", "reader", "creator", "load-balancer_member"}


@pytest.mark.parametrize(
    "forbidden",
    [
        lambda cloud: cloud.compute.create_flavor(name="own", ram=1, vcpus=1, disk=1),
        lambda cloud: cloud.network.create_network(name="flat", provider_network_type="flat"),
        lambda cloud: cloud.identity.create_project(name="own"),
        lambda cloud: cloud.image.create_image(name="own", visibility="public", data=b"x", wait=True),
    ],
    ids=["flavor", "provider network", "project", "public image"],
)
def test_the_member_may_not_do_what_administrators_do(
    member: Connection, forbidden: Callable[[Connection], Any]
) -> None:
    with pytest.raises(exceptions.ForbiddenException):
        forbidden(member)


def test_the_member_reads_quotas_and_usage(member: Connection) -> None:
    project = member.current_project_id
    compute = member.compute.get("/limits").json()["limits"]["absolute"]
    assert (compute["maxTotalInstances"], compute["maxTotalCores"], compute["maxTotalRAMSize"]) == (100, 200, 409600)
    network = member.network.get_quota(project, details=True)
    assert (network.ports["limit"], network.routers["limit"], network.floating_ips["limit"]) == (500, 10, 50)
    volumes = member.block_storage.get_limits().absolute
    assert (volumes.max_total_volumes, volumes.max_total_volume_gigabytes) == (100, 10000)
    assert member.load_balancer.get_quota(project).load_balancers == 20


def test_the_services_listen_on_127_0_0_1_only(sandbox_cloud: Sandbox) -> None:
    services = sandbox_cloud.status().services
    inodes = {link for service in services for link in sockets(service.pid)}
    listening = [row for row in tcp_table() if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]
    assert {row[1].split(":")[0] for row in listening} == {"0100007F"}  # 127.0.0.1, byte by byte from the end
    assert sorted(int(row[1].split(":")[1], 16) for row in listening) == [service.port for service in services]


def sockets(pid: int | None) -> list[str]:
    return [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]


def tcp_table() -> list[list[str]]:
    tables = (Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6"))
    return [line.split() for table in tables for line in table]


def test_a_sandbox_of_an_earlier_version_gets_what_is_new(sandbox_cloud: Sandbox, admin: Connection) -> None:
    """Its images had no property that names what servers boot from, and none of what runs on them."""
    image = admin.image.find_image("debian-12-docker", ignore_missing=False)
    patch = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    gone = [{"op": "remove", "path": f"/{name}"} for name in ("sandbox_rootfs", "docker_version")]
    admin.image.patch(f"/images/{image.id}", data=json.dumps(gone), headers=patch).raise_for_status()
    Layout(sandbox_cloud.state).seeded.unlink()
    sandbox_cloud.start(print)
    properties = admin.image.get_image(image.id).properties
    assert (properties["sandbox_rootfs"], properties["docker_version"]) == ("docker", "20.10.24")
