"""What carries a bay's mark is listed, in an order in which it can go; nothing is found by its name."""

import pytest
from openstack.exceptions import HttpException

from bay.stacks.cloud.discovery import CloudObject, list_owned, list_unrecorded, other_bay_of_name
from tests.fakes.barbican import with_barbican
from tests.fakes.openstack import FakeCloud
from tests.fakes.states import BAY_ID

TAG = f"bay:id={BAY_ID}"


@pytest.fixture
def cloud() -> FakeCloud:
    """With one of everything that a bay can have, and as much of somebody else's."""
    cloud = FakeCloud()
    for mark, tag, n in ((BAY_ID, TAG, "1"), ("another", "bay:id=another", "2"), ("", "", "3")):
        metadata = {"bay:id": mark} if mark else {}
        cloud.add("server", f"server{n}", name="demo-node-0", metadata=metadata)
        cloud.add("volume", f"volume{n}", name="demo-master-0-state", metadata=metadata)
        cloud.add("server_group", f"group{n}", name=f"demo-node.{mark}")
        cloud.add("application_credential", f"login{n}", name="demo", description=tag)
        for kind in ("network", "subnet", "router", "ip", "security_group", "security_group_rule"):
            cloud.add(kind, f"{kind}{n}", description=tag)
        cloud.add("port", f"port{n}", description=tag)
        cloud.add("port", f"gate{n}", device_id=f"router{n}", device_owner="network:ha_router_replicated_interface")
        cloud.add("port", f"other{n}", device_id=f"router{n}", device_owner="network:router_gateway")
        cloud.add("load_balancer", f"balancer{n}", description=tag)
        cloud.add("listener", f"listener{n}", load_balancers=[{"id": f"balancer{n}"}])
        cloud.add("pool", f"pool{n}", loadbalancers=[{"id": f"balancer{n}"}], health_monitor_id=f"monitor{n}")
        cloud.add("health_monitor", f"monitor{n}")
    return cloud


EVERYTHING = [
    ("server", "server1"),
    ("load balancer", "balancer1"),
    ("health monitor", "monitor1"),
    ("pool", "pool1"),
    ("listener", "listener1"),
    ("volume", "volume1"),
    ("floating IP", "ip1"),
    ("port", "port1"),
    ("router interface", "gate1"),
    ("router", "router1"),
    ("subnet", "subnet1"),
    ("network", "network1"),
    ("rule", "security_group_rule1"),
    ("security group", "security_group1"),
    ("server group", "group1"),
    ("application credential", "login1"),
]


def test_everything_with_the_mark_is_found_and_users_come_before_what_they_use(cloud: FakeCloud) -> None:
    found = list_owned(cloud, "demo", BAY_ID)  # type: ignore[arg-type]
    assert [(kind, thing.id) for kind, thing in found] == EVERYTHING


def test_secrets_and_containers_are_known_by_the_end_of_their_name(cloud: FakeCloud) -> None:
    barbican = with_barbican(cloud)
    barbican.secrets = {f"s{n}": {"name": f"other-{n}"} for n in range(100)}  # a page, as long as Barbican has them
    barbican.secrets |= {"ca": {"name": f"demo-ca.{BAY_ID}"}, "words": {"name": "bay.demo.passphrase.0123"}}
    barbican.containers = {"c": {"name": f"demo-client.{BAY_ID}"}, "d": {"name": "demo-client.another"}}
    found = [(kind, thing.id) for kind, thing in list_owned(cloud, "demo", BAY_ID)]  # type: ignore[arg-type]
    assert found == [*EVERYTHING[:-1], ("certificate container", "c"), ("secret", "ca"), EVERYTHING[-1]]


def test_who_may_not_look_into_barbican_has_nothing_there(cloud: FakeCloud) -> None:
    barbican = with_barbican(cloud)
    barbican.status = 403
    assert [kind for kind, _ in list_owned(cloud, "demo", BAY_ID)] == [kind for kind, _ in EVERYTHING]  # type: ignore[arg-type]
    barbican.status = 500
    with pytest.raises(HttpException):
        list(list_owned(cloud, "demo", BAY_ID))  # type: ignore[arg-type]


def test_what_the_state_knows_is_left_out(cloud: FakeCloud) -> None:
    known = {id for _, id in EVERYTHING} - {"ip1", "server1"}
    assert list_unrecorded(cloud, "demo", BAY_ID, known) == [  # type: ignore[arg-type]
        CloudObject("server", "server1", "demo-node-0"),
        CloudObject("floating IP", "ip1", ""),
    ]


def test_nothing_has_the_mark_of_a_bay_that_has_none_yet(cloud: FakeCloud) -> None:
    assert list_unrecorded(cloud, "demo", "") == []  # type: ignore[arg-type]
    assert cloud.journal == []


def test_a_service_that_the_cloud_lacks_is_not_asked(cloud: FakeCloud) -> None:
    cloud.services -= {"load-balancer", "block-storage"}
    found = {kind for kind, _ in list_owned(cloud, "demo", BAY_ID)}  # type: ignore[arg-type]
    lacking = {"load balancer", "health monitor", "pool", "listener", "volume"}
    assert found == {kind for kind, _ in EVERYTHING} - lacking


def test_a_thing_is_called_by_its_name_else_by_its_id() -> None:
    assert str(CloudObject("port", "1", "demo-master-0")) == "port demo-master-0"
    assert str(CloudObject("rule", "1", "")) == "rule 1"


@pytest.mark.parametrize(
    ("tags", "own", "found"),
    [
        (["bay:id=7", "bay:name=demo"], "", "7"),
        (["bay:id=7", "bay:name=demo"], "7", ""),
        (["bay:id=7", "bay:name=demo"], "8", "7"),
        (["bay:id=7", "bay:name=other"], "", ""),
        (["bay:name=demo"], "", ""),
    ],
    ids=["another", "itself", "another beside it", "of another name", "no bay"],
)
def test_another_bay_of_the_name_is_known_by_its_security_groups(tags: list[str], own: str, found: str) -> None:
    cloud = FakeCloud()
    cloud.add("security_group", "g", name="demo-node", tags=tags)
    assert other_bay_of_name(cloud, "demo", own) == found  # type: ignore[arg-type]
