"""What bays use, counted in the cloud by their mark, whether a state knows it or not."""

from typing import Any

import pytest

from bay.stacks.cloud import usage
from tests.fakes.openstack import FakeCloud

A = {"servers": 2, "cores": 5, "ram_mib": 10240, "volumes": 3, "volumes_gib": 110}
B = {"servers": 1, "cores": 1, "ram_mib": 2048, "volumes": 0, "volumes_gib": 0}


@pytest.fixture
def cloud() -> FakeCloud:
    """A project with two bays and things of nobody."""
    cloud = FakeCloud()

    def server(id: str, bay: str | None, cores: int = 1, **fields: Any) -> None:
        flavor = {"vcpus": cores, "ram": 2048 * cores}
        cloud.add("server", id, name=id, flavor=flavor, metadata={"bay:id": bay} if bay else {}, **fields)

    def volume(size: int, bay: str | None = None, on: str | None = None) -> None:
        mark = {"bay:id": bay} if bay else {}
        id = f"volume {len(cloud.things['volume'])}"
        cloud.add("volume", id, size=size, metadata=mark, attachments=[{"server_id": on}] if on else [])

    server("a1", "a")
    server("a2", "a", cores=4)
    server("b1", "b")
    server("other", None, cores=64)
    server("an administrator sees it", "a", project_id="9" * 32)
    volume(5, bay="a")
    volume(5, bay="a", on="a1")  # state volumes, one of them without its server
    volume(100, on="a2")  # made by Nova for a server, or by the engine for a container
    volume(1000)
    volume(1000, on="other")
    volume(1000, on="gone")  # of nobody here
    return cloud


def test_servers_and_volumes_are_counted_to_their_bay(cloud: FakeCloud) -> None:
    assert usage.of_bays(cloud) == {"a": A, "b": B}  # type: ignore[arg-type]


def test_where_there_are_no_volumes_servers_are_counted_still(cloud: FakeCloud) -> None:
    cloud.services -= {"block-storage"}
    assert usage.of_bays(cloud)["a"] == {**A, "volumes": 0, "volumes_gib": 0}  # type: ignore[arg-type]


def test_a_bay_without_servers_uses_nothing() -> None:
    assert dict.fromkeys(A, 0) == usage.NOTHING
    assert tuple(A) == usage.FIELDS
