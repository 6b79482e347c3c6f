"""What stays of a bay loses its mark, and says in its place whose it was."""

from typing import Any

import pytest

from bay.stacks.cloud.discovery import CloudObject
from bay.stacks.operations.retain import Keep, remove_ownership
from tests.fakes.openstack import FakeCloud
from tests.fakes.states import BAY_ID


@pytest.mark.parametrize("kind", ["volume", "snapshot", "backup"])
def test_data_that_is_kept_says_whose_it_was_and_no_longer_whose_it_is(kind: str) -> None:
    cloud = FakeCloud()
    metadata = {"cinder.csi.openstack.org/cluster": BAY_ID, "csi.storage.k8s.io/pvc/name": "data"}
    data = cloud.add(kind, "d1", metadata=metadata)
    remove_ownership(cloud, CloudObject(kind, "d1", "pvc-1"), "physics", BAY_ID)  # type: ignore[arg-type]
    assert data.metadata == {"csi.storage.k8s.io/pvc/name": "data", "bay:kept-from": "physics"}


DESCRIPTIONS = [
    (
        f"Floating IP for Kubernetes external service default/web from cluster {BAY_ID}",
        "kept from bay physics: Floating IP for Kubernetes external service default/web",
    ),
    (f"bay:id={BAY_ID}", "kept from bay physics"),
    (None, "kept from bay physics"),
    ("x" * 255, "kept from bay physics: " + "x" * 232),
]


@pytest.mark.parametrize(("before", "after"), DESCRIPTIONS)
def test_an_address_that_is_kept_leaves_its_port_and_says_what_it_was_for(before: str | None, after: str) -> None:
    cloud = FakeCloud()
    tags = [f"bay:id={BAY_ID}", "bay:name=physics", "lhc"]
    address = cloud.add("ip", "f1", name="192.0.2.1", description=before, tags=tags, port_id="p1")
    remove_ownership(cloud, CloudObject("floating IP", "f1", "192.0.2.1"), "physics", BAY_ID)  # type: ignore[arg-type]
    assert (address.port_id, address.description) == (None, after)
    assert address.tags == ["lhc", "bay:kept-from=physics"]


@pytest.mark.parametrize(
    ("keep", "kinds"),
    [
        (Keep(), []),
        (Keep(volumes=True), ["volume", "snapshot", "backup"]),
        (Keep(floating_ips=True), ["floating IP"]),
        (Keep(True, True), ["volume", "snapshot", "backup", "floating IP"]),
    ],
)
def test_of_what_the_engine_made_only_this_is_ever_kept(keep: Keep, kinds: list[Any]) -> None:
    every = ["volume", "snapshot", "backup", "floating IP", "load balancer", "listener", "security group", "pool"]
    assert [kind for kind in every if keep.holds(kind)] == kinds
