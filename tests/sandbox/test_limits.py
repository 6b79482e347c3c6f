"""Other people's things are out of reach, and quotas hold."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openstack import exceptions
from openstack.connection import Connection

from tests.sandbox.conftest import Lan, Servers

pytestmark = pytest.mark.sandbox


def test_another_project_neither_sees_nor_reaches_the_members_things(
    member: Connection, other: Connection, lan: Lan, servers: Servers
) -> None:
    server = servers.wait(servers.create("private"))
    volume = member.block_storage.create_volume(size=1)
    secret = member.key_manager.create_secret(name="private", payload="x", payload_content_type="text/plain")
    secret_id = secret.secret_ref.rpartition("/")[2]
    attempts: dict[str, Callable[[], Any]] = {
        "read the server": lambda: other.compute.get_server(server.id),
        "read the network": lambda: other.network.get_network(lan.network.id),
        "read the router": lambda: other.network.get_router(lan.router.id),
        "read the group": lambda: other.network.get_security_group(lan.group.id),
        "read the volume": lambda: other.block_storage.get_volume(volume.id),
        "read the secret": lambda: exceptions.raise_from_response(other.key_manager.get(f"/secrets/{secret_id}")),
        "delete the server": lambda: other.compute.delete_server(server.id, ignore_missing=False),
        "delete the network": lambda: other.network.delete_network(lan.network.id, ignore_missing=False),
    }
    try:
        succeeded = [name for name, attempt in attempts.items() if succeeds(attempt)]
        assert succeeded == []
        assert sorted(network.name for network in other.network.networks()) == ["provider", "public"]
        assert list(other.compute.servers()) == list(other.block_storage.volumes()) == []
        assert list(other.key_manager.secrets()) == []
    finally:
        member.block_storage.delete_volume(volume)
        member.key_manager.delete_secret(secret_id)


def succeeds(attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except (exceptions.NotFoundException, exceptions.ForbiddenException):
        return False
    return True


@pytest.fixture
def poor(admin: Connection, other: Connection) -> Iterator[Connection]:
    """bob, whose project has quotas for one server, no volume and no network."""
    project = other.current_project_id
    admin.set_compute_quotas(project, instances=1)
    admin.set_network_quotas(project, network=0)
    admin.set_volume_quotas(project, volumes=0)
    yield other
    admin.delete_compute_quotas(project)
    admin.delete_network_quotas(project)
    admin.delete_volume_quotas(project)


def test_nova_answers_403_above_its_quota(poor: Connection) -> None:
    provider = poor.network.find_network("provider").id
    request = {
        "flavor_id": poor.compute.find_flavor("m1.small").id,
        "image_id": poor.image.find_image("debian-12-docker").id,
        "networks": [{"uuid": provider}],
    }
    server = poor.compute.create_server(name="first", **request)
    try:
        poor.compute.wait_for_server(server, interval=0.2, wait=60)
        with pytest.raises(exceptions.ForbiddenException, match="already used 1 of 1 instances"):
            poor.compute.create_server(name="second", **request)
    finally:
        poor.compute.delete_server(server)
        poor.compute.wait_for_delete(server, interval=0.2, wait=60)


def test_neutron_answers_409_above_its_quota(poor: Connection) -> None:
    with pytest.raises(exceptions.ConflictException, match="Quota exceeded for resources"):
        poor.network.create_network(name="one too many")


def test_cinder_answers_413_above_its_quota(poor: Connection) -> None:
    with pytest.raises(exceptions.HttpException, match="VolumeLimitExceeded") as caught:
        poor.block_storage.create_volume(size=1)
    assert caught.value.status_code == 413


def test_an_image_that_needs_more_memory_than_the_flavor_has_is_refused(member: Connection) -> None:
    with pytest.raises(exceptions.BadRequestException, match="memory is too small"):
        member.compute.create_server(
            name="too-small",
            flavor_id=member.compute.find_flavor("m1.tiny").id,
            image_id=member.image.find_image("ubuntu-24.04").id,
            networks=[{"uuid": member.network.find_network("provider").id}],
        )
