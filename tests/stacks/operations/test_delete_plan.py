"""What the end of a bay does to each thing, from a cloud of plain objects."""

from types import SimpleNamespace
from typing import Any

import pytest

from bay.components.engines.kubernetes.ownership import OWNERSHIP_RULES
from bay.components.errors import BayError
from bay.stacks.cloud import controller_resources
from bay.stacks.cloud.blockers import OwnedResources, find_blockers
from bay.stacks.cloud.controller_resources import ControllerResource
from bay.stacks.operations import delete_plan
from bay.stacks.operations.delete_plan import Action, Disposition, refuse
from bay.stacks.operations.retain import Keep
from bay.stacks.state import snapshot
from tests.fakes.states import BAY_ID, complete

CINDER = {"cinder.csi.openstack.org/cluster": BAY_ID}
PROJECT = "project-1"


def thing(thing_id: str, **fields: Any) -> Any:
    """An object of the cloud as openstacksdk gives it."""
    return SimpleNamespace(id=thing_id, **{"name": "", "metadata": {}, "tags": [], "description": "", **fields})


def port(port_id: str, **fields: Any) -> Any:
    """A port of the project on network n1."""
    defaults = {"network_id": "n1", "project_id": PROJECT, "device_id": "", "device_owner": "", "fixed_ips": []}
    return thing(port_id, **{**defaults, "security_group_ids": [], **fields})


class Listed:
    """A service whose lists are given; what is looked for by its id is found by no name."""

    def __init__(self, **lists: list[Any]) -> None:
        self.lists = lists

    def __getattr__(self, name: str) -> Any:
        if name.startswith("find_"):
            return lambda _id: None
        return lambda **query: [
            one
            for one in self.lists.get(name, [])
            if all(getattr(one, key, value) == value for key, value in query.items())
        ]


def cloud(**lists: list[Any]) -> Any:
    """A cloud of one project with these lists."""
    service = Listed(**lists)
    return SimpleNamespace(
        network=service,
        compute=service,
        load_balancer=service,
        block_storage=service,
        current_project_id=PROJECT,
        has_service=lambda _name: True,
    )


OWN = OwnedResources(
    {
        "network": {"n1": thing("n1", name="physics")},
        "subnet": {"s1": thing("s1")},
        "router": {"r1": thing("r1", name="physics")},
        "server": {"vm1": thing("vm1")},
        "security group": {"g1": thing("g1", name="physics-node")},
        "load balancer": {"lb1": thing("lb1", vip_port_id="p-vip")},
        "volume": {"v1": thing("v1", name="pvc-1", attachments=[{"server_id": "vm1"}])},
    },
    frozenset({"p-state"}),
)


@pytest.mark.parametrize(
    "own",
    [
        port("p-state"),
        port("p-vip", device_owner="Octavia", device_id="lb-lb1"),
        port("p1", device_owner="compute:nova", device_id="vm1"),
        port("p1", device_owner="network:router_interface", device_id="r1"),
        port("p1", device_owner="Octavia", device_id="lb-lb1", name="octavia-lb-additional"),
        port("p1", device_owner="network:dhcp", device_id="dhcp-1"),
        port("p1", device_owner="network:distributed", device_id="ovnmeta-n1"),
        port("p1", device_owner="ovn-lb-hm:distributed", device_id="ovn-lb-hm-s1"),
        port("p1", device_owner="compute:nova", device_id="amphora-1", name="octavia-lb-vrrp-1"),
        port("p1", device_owner="compute:nova", device_id="amphora-1", project_id="service"),
    ],
)
def test_what_is_the_bays_or_goes_with_it_is_not_in_the_way(own: Any) -> None:
    assert list(find_blockers(cloud(ports=[own], subnets=[thing("s1", network_id="n1")]), OWN, [])) == []


IN_THE_WAY = [
    (port("p1", name="printer"), "port", "p1", "openstack port delete p1"),
    (
        port("p1", device_owner="compute:nova", device_id="vm9"),
        "server",
        "vm9",
        "openstack server remove network vm9 n1",
    ),
    (
        port("p1", device_owner="Octavia", device_id="lb-lb9"),
        "load balancer",
        "lb9",
        "openstack loadbalancer delete --cascade lb9",
    ),
    (
        port("p1", device_owner="network:router_interface_distributed", device_id="r9"),
        "router",
        "r9",
        "openstack router remove port r9 p1",
    ),
    (
        port("p1", device_owner="network:router_interface", device_id="r1", network_id="n9"),
        "port",
        "p1",
        "openstack router remove port r1 p1",
    ),
]


@pytest.mark.parametrize(("foreign", "kind", "thing_id", "remedy"), IN_THE_WAY)
def test_a_foreign_port_is_named_by_what_a_person_knows(foreign: Any, kind: str, thing_id: str, remedy: str) -> None:
    [found] = find_blockers(cloud(ports=[foreign]), OWN, [])
    assert (found.kind, found.id, found.remedy) == (kind, thing_id, remedy)


def test_ports_of_other_projects_are_only_looked_at_when_asked_for() -> None:
    foreign = cloud(ports=[port("p1", project_id="theirs")])
    assert list(find_blockers(foreign, OWN, [])) == []
    assert [one.id for one in find_blockers(foreign, OWN, [], strangers=True)] == ["p1"]


def test_users_of_groups_and_volumes_are_in_the_way() -> None:
    held = cloud(
        security_group_rules=[
            thing("r-own", remote_group_id="g1", security_group_id="g1", project_id=PROJECT),
            thing("r-foreign", remote_group_id="g1", security_group_id="g9", project_id=PROJECT),
        ],
        snapshots=[thing("sn1", volume_id="v1"), thing("sn2", volume_id="v9")],
    )
    elsewhere = port("p9", network_id="n9", security_group_ids=["g1", "g9"])
    assert [one.id for one in find_blockers(held, OWN, [elsewhere])] == ["r-foreign", "p9", "sn1"]
    mounted = OwnedResources({"volume": {"v1": thing("v1", attachments=[{"server_id": "vm9"}])}}, frozenset())
    assert [(one.kind, one.id) for one in find_blockers(cloud(), mounted, [])] == [("server", "vm9")]


def kubernetes() -> snapshot.StateSnapshot:
    """The recorded bay, as if its engine were Kubernetes."""
    deployment = complete()
    bay = next(resource for resource in deployment["resources"] if resource["type"] == snapshot.BAY_TYPE)
    bay["inputs"]["spec"]["coe"] = "kubernetes"
    identity = next(resource for resource in deployment["resources"] if resource["type"] == snapshot.IDENTITY_TYPE)
    identity["id"] = BAY_ID
    return snapshot.StateSnapshot.from_deployment("demo", deployment)


FULL: dict[str, list[Any]] = {
    "ips": [
        thing(
            "f1",
            name="192.0.2.1",
            port_id=None,
            project_id=PROJECT,
            description=f"Floating IP for Kubernetes external service a/b from cluster {BAY_ID}",
        )
    ],
    "volumes": [thing("v1", name="pvc-1", size=3, metadata=CINDER, attachments=[])],
    "snapshots": [thing("sn1", name="snap", size=3, volume_id="v1", metadata=CINDER)],
}


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        (Keep(), set()),
        (Keep(volumes=True), {"v1", "sn1"}),
        (Keep(floating_ips=True), {"f1"}),
        (Keep(volumes=True, floating_ips=True), {"v1", "sn1", "f1"}),
    ],
)
def test_what_the_engine_made_goes_unless_it_is_kept(
    keep: Keep, kept: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delete_plan, "everything", lambda *_: iter(()))
    fates = delete_plan.plan_delete(cloud(**FULL), kubernetes(), keep)
    assert {fate.id for fate in fates if fate.action == Action.KEEP} == kept
    assert {fate.id for fate in fates if fate.action == Action.DELETE} == {"v1", "sn1", "f1"} - kept
    assert {fate.id: fate.size for fate in fates} == {"v1": "3 GiB", "sn1": "3 GiB", "f1": ""}


def test_a_bay_that_was_never_begun_has_nothing() -> None:
    assert delete_plan.plan_delete(cloud(**FULL), snapshot.StateSnapshot("demo"), Keep()) == []


def test_a_load_balancer_that_another_cluster_uses_is_in_the_way_and_not_deleted() -> None:
    own, other = f"kube_service_{BAY_ID}_a_b", "kube_service_another_a_c"
    balancer = thing("lb1", name=own, tags=[own, other])
    listener = thing("l1", tags=[own], load_balancers=[{"id": "lb1"}], default_pool_id="p1")
    found = controller_resources.list_controller_resources(
        cloud(load_balancers=[balancer], listeners=[listener]), OWNERSHIP_RULES, BAY_ID
    )
    assert found == [ControllerResource("load balancer", balancer, f"name: {own}", other)]
    assert controller_resources.deletable(found) == []


def test_of_another_clusters_load_balancer_only_the_own_listener_goes() -> None:
    own = f"kube_service_{BAY_ID}_a_b"
    balancer = thing("lb9", name="shared", tags=["kube_service_another_a_c", own])
    listener = thing("l1", name="l", tags=[own], load_balancers=[{"id": "lb9"}], default_pool_id="p1")
    found = controller_resources.list_controller_resources(
        cloud(load_balancers=[balancer], listeners=[listener]), OWNERSHIP_RULES, BAY_ID
    )
    going = [(item.kind, item.id, item.name) for item in controller_resources.deletable(found)]
    assert going == [("listener", "l1", "l"), ("pool", "p1", ""), ("tag of load balancer", "lb9", own)]


def test_what_is_in_the_way_is_refused_with_the_command_that_takes_it_away() -> None:
    refuse("physics", [Disposition(Action.DELETE, "volume", "pvc-1", "v1", "", "")])
    blocked = Disposition(Action.BLOCKER, "port", "printer", "p1", "", "on network physics", "openstack port delete p1")
    with pytest.raises(BayError) as refused:
        refuse("physics", [blocked])
    assert refused.value.message == (
        "things of others are in the way of deleting bay physics: port printer on network physics"
    )
    assert refused.value.hint.startswith("take them away ('openstack port delete p1'), then 'bay delete physics' again")
