"""What an engine's controllers made in the cloud, found by their signs; what another cluster uses too stays."""

import pytest
from openstack.exceptions import ForbiddenException

from bay.components.engines.kubernetes.ownership import OWNERSHIP_RULES
from bay.stacks.cloud.controller_resources import ControllerResource, deletable, list_controller_resources
from tests.fakes.openstack import FakeCloud
from tests.fakes.states import BAY_ID

OWN, OTHER = f"kube_service_{BAY_ID}_a_b", "kube_service_another_a_c"


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def found(cloud: FakeCloud) -> list[ControllerResource]:
    return list_controller_resources(cloud, OWNERSHIP_RULES, BAY_ID)  # type: ignore[arg-type]


def going(cloud: FakeCloud) -> list[tuple[str, str, str, str]]:
    return [(item.kind, item.id, item.name, item.size) for item in deletable(found(cloud))]


def add_listener(cloud: FakeCloud, balancer: str) -> None:
    own = {"tags": [OWN], "load_balancers": [{"id": balancer}], "default_pool_id": "p1"}
    cloud.add("listener", "l1", name="l", **own)


def test_what_is_signed_is_found_and_goes_before_what_it_uses(cloud: FakeCloud) -> None:
    signed = {"cinder.csi.openstack.org/cluster": BAY_ID}
    cloud.add("volume", "v1", name="pvc-1", size=3, metadata=signed)
    cloud.add("volume", "v2", name="mine", size=9)
    cloud.add("snapshot", "sn1", name="snap", size=3, metadata=signed)
    service = f"Floating IP for Kubernetes external service a/b from cluster {BAY_ID}"
    cloud.add("ip", "f1", name="192.0.2.1", description=service)
    assert going(cloud) == [
        ("snapshot", "sn1", "snap", "3 GiB"),
        ("volume", "v1", "pvc-1", "3 GiB"),
        ("floating IP", "f1", "192.0.2.1", ""),
    ]


def test_a_load_balancer_that_another_cluster_uses_is_not_deleted(cloud: FakeCloud) -> None:
    balancer = cloud.add("load_balancer", "lb1", name=OWN, tags=[OWN, OTHER])
    add_listener(cloud, "lb1")
    assert found(cloud) == [ControllerResource("load balancer", balancer, f"name: {OWN}", OTHER)]
    assert going(cloud) == []


def test_of_another_clusters_load_balancer_only_the_own_listener_goes(cloud: FakeCloud) -> None:
    cloud.add("load_balancer", "lb9", name="shared", tags=[OTHER, OWN])
    add_listener(cloud, "lb9")
    assert [one[:3] for one in going(cloud)] == [
        ("listener", "l1", "l"),
        ("pool", "p1", ""),
        ("tag of load balancer", "lb9", OWN),
    ]


def test_listeners_of_the_own_load_balancer_go_with_it(cloud: FakeCloud) -> None:
    cloud.add("load_balancer", "lb1", name=OWN, tags=[OWN])
    add_listener(cloud, "lb1")
    assert [one[:2] for one in going(cloud)] == [("load balancer", "lb1")]


def test_what_this_user_may_not_see_no_controller_of_theirs_made(cloud: FakeCloud) -> None:
    cloud.add("ip", "f1", description=f"Floating IP for Kubernetes external service a/b from cluster {BAY_ID}")
    cloud.services -= {"load-balancer"}
    cloud.fail("backups", [ForbiddenException("policy")])
    assert [one[:2] for one in going(cloud)] == [("floating IP", "f1")]
