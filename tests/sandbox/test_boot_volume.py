"""Volumes are disks of servers that boot."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.booted import BOOTED, Booted, eventually

pytestmark = [pytest.mark.boot, pytest.mark.long, pytest.mark.sandbox, pytest.mark.timeout(300)]

MIB = 2**20


class Place:
    """The shared network, with a group that lets ssh in."""

    def __init__(self, booted: Booted) -> None:
        self.booted = booted
        net = booted.cloud.network
        self.group = net.create_security_group(name="volumes")
        net.create_security_group_rule(
            security_group_id=self.group.id, direction="ingress", protocol="tcp", port_range_min=22, port_range_max=22
        )
        self.network = net.find_network("provider").id
        self.servers: list[Any] = []

    def boot(self, name: str, **options: Any) -> tuple[Any, str]:
        """A server that can be logged in to, and its address."""
        made = self.booted.boot(name, [{"uuid": self.network}], security_groups=[{"name": "volumes"}], **options)
        server = self.booted.wait(made)
        self.servers.append(server)
        address = server.addresses["provider"][0]["addr"]
        eventually("yes\n", self.booted.ssh, address, "echo yes", within=BOOTED)
        return server, address

    def volume(self, size: int) -> Any:
        """One that is available; in GiB."""
        storage = self.booted.cloud.block_storage
        return storage.wait_for_status(storage.create_volume(size=size), "available", interval=0.2, wait=60)

    def delete_volume(self, volume: Any) -> None:
        """Once nobody has it any more."""
        storage = self.booted.cloud.block_storage
        storage.wait_for_status(volume, "available", interval=0.2, wait=60)
        storage.delete_volume(volume)
        storage.wait_for_delete(volume, interval=0.2, wait=60)


@pytest.fixture
def place(booted: Booted) -> Iterator[Place]:
    made = Place(booted)
    yield made
    booted.delete(*made.servers)
    booted.cloud.network.delete_security_group(made.group)


def by_id(volume: str) -> str:
    return f"/dev/disk/by-id/virtio-{volume[:20]}"


def test_an_empty_volume_of_a_new_server_is_a_disk_that_outlives_reboots(booted: Booted, place: Place) -> None:
    image = booted.cloud.image.find_image("debian-12-docker").id
    disk = {"source_type": "blank", "destination_type": "volume", "volume_size": 1, "delete_on_termination": True}
    system = {"uuid": image, "source_type": "image", "destination_type": "local", "boot_index": 0}
    server, address = place.boot("with-disk", block_device_mapping_v2=[system, disk | {"boot_index": -1}])
    volume = next(booted.cloud.compute.volume_attachments(server)).volume_id
    path = by_id(volume)
    assert booted.ssh(address, f"readlink -f {path}; sudo blockdev --getsize64 {path}").split() == [
        "/dev/vdb",
        str(1024 * MIB),
    ]
    booted.ssh(address, f"sudo mkfs.ext4 -q {path} && sudo mount {path} /mnt && echo kept | sudo tee /mnt/file")
    booted.cloud.compute.reboot_server(server.id, "HARD")
    eventually("kept\n", booted.ssh, address, f"sudo mount {path} /mnt; cat /mnt/file", within=BOOTED)


def test_a_volume_is_attached_and_moves_to_another_server(booted: Booted, place: Place) -> None:
    compute, volume = booted.cloud.compute, place.volume(1)
    first, address = place.boot("first")
    compute.create_volume_attachment(first, volume_id=volume.id)
    path = by_id(volume.id)
    eventually("there\n", booted.ssh, address, f"test -b {path} && echo there")
    booted.ssh(address, f"sudo mkfs.ext4 -q {path} && sudo mount {path} /mnt && echo kept | sudo tee /mnt/file")
    assert booted.ssh(address, "cat /mnt/file; sudo umount /mnt") == "kept\n"
    compute.delete_volume_attachment(first, volume.id)
    eventually("gone\n", booted.ssh, address, f"test -b {path} || echo gone")
    booted.cloud.block_storage.wait_for_status(volume, "available", interval=0.2, wait=60)
    second, address = place.boot("second")
    compute.create_volume_attachment(second, volume_id=volume.id)
    eventually("kept\n", booted.ssh, address, f"sudo mount {path} /mnt 2> /dev/null; cat /mnt/file")
    booted.delete(second)
    place.servers.remove(second)
    place.delete_volume(volume)


def test_a_volume_outlives_the_rebuild_of_its_server(booted: Booted, place: Place) -> None:
    volume = place.volume(1)
    server, address = place.boot("rebuilt")
    booted.cloud.compute.create_volume_attachment(server, volume_id=volume.id)
    path = by_id(volume.id)
    eventually("there\n", booted.ssh, address, f"test -b {path} && echo there")
    booted.ssh(address, f"sudo mkfs.ext4 -q {path} && sudo mount {path} /mnt && echo kept | sudo tee /mnt/file")
    booted.cloud.compute.rebuild_server(server.id, image=booted.cloud.image.find_image("debian-12-docker").id)
    eventually("REBUILD", lambda: booted.cloud.compute.get_server(server.id).status)
    booted.wait(server)
    eventually("kept\n", booted.ssh, address, f"sudo mount {path} /mnt 2> /dev/null; cat /mnt/file", within=BOOTED)
    booted.delete(server)
    place.servers.remove(server)
    place.delete_volume(volume)
