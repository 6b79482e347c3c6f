"""What each service says of its quotas, and what happens where one does not."""

from collections.abc import Iterable
from itertools import repeat

import pytest
from openstack import exceptions

from bay.components.quota_demand import Resource
from bay.stacks.cloud.quotas import Limit, default_volume_type, get_limits, quota_attributes
from tests.fakes.openstack import PROJECT, FakeCloud


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud()
    numbers = {"instances": 10, "total_cores": 20, "total_ram": 51200, "server_groups": 10}
    used = {f"{name}_used": place for place, name in enumerate(numbers)}
    cloud.compute_limits = {**numbers, **used, "server_group_members": -1}
    for attribute in quota_attributes("network").values():
        cloud.network_quota[attribute] = {"used": 1, "reserved": 2, "limit": 10}
    cloud.network_quota["floating_ips"] = None
    quotas = {"volumes": 10, "gigabytes": 1000, "volumes_ssd": 3, "gigabytes_ssd": -1, "snapshots": 5}
    usage = {**dict.fromkeys(quotas, 1), "gigabytes": 40}
    cloud.volume_quota = {**quotas, "usage": usage, "reservation": {"gigabytes": 2}}
    cloud.balancer_quota = {**dict.fromkeys(("load_balancers", "listeners", "pools", "members"), 5)}
    cloud.balancer_quota["health_monitors"] = None
    cloud.add("type", "t", name="ssd")
    cloud.default_type = "t"
    for kind, count in (("load_balancer", 2), ("listener", 1)):
        for n in range(count):
            cloud.add(kind, f"{kind}{n}")
    cloud.add("load_balancer", "theirs", project_id="9" * 32)
    cloud.add("pool", "p1", members=[{"id": "1"}, {"id": "2"}, {"id": "3"}])
    cloud.add("pool", "p2", members=None)
    return cloud


def ask(cloud: FakeCloud, *wanted: str) -> dict[str, Limit]:
    def notify(_code: str, text: str) -> None:
        raise AssertionError(text)

    return get_limits(cloud, PROJECT, wanted, notify)  # type: ignore[arg-type]


def test_servers(cloud: FakeCloud) -> None:
    assert ask(cloud, Resource.CORES) == {
        "instances": Limit(0, 10),
        "cores": Limit(1, 20),
        "RAM (MiB)": Limit(2, 51200),
        "server groups": Limit(3, 10),
        "members of server group": Limit(0, -1),
    }
    assert cloud.journal == ["get_limits"], "no service is asked for what is not needed"


def test_networks_with_what_is_reserved_and_without_what_the_cloud_does_not_limit(cloud: FakeCloud) -> None:
    found = ask(cloud, Resource.PORTS)
    assert found["ports"] == Limit(3, 10)
    assert set(found) == {
        *("networks", "subnets", "routers", "ports", "security groups", "security group rules"),
    }, "all but floating IPs"
    default_group = f"security_groups project_id={PROJECT} name=default"
    assert cloud.journal == [default_group, f"get_quota {PROJECT} details=True"], "Neutron makes it at the first look"


def test_volumes_in_all_and_of_each_type(cloud: FakeCloud) -> None:
    assert ask(cloud, "gigabytes of type ssd") == {
        "volumes": Limit(1, 10),
        "gigabytes": Limit(42, 1000),
        "volumes of type ssd": Limit(1, 3),
        "gigabytes of type ssd": Limit(1, -1),
    }


def test_load_balancers_are_counted_since_octavia_does_not_say(cloud: FakeCloud) -> None:
    assert ask(cloud, Resource.MEMBERS) == {
        "load balancers": Limit(2, 5),
        "listeners": Limit(1, 5),
        "pools": Limit(2, 5),
        "pool members": Limit(3, 5),
    }


def test_every_resource_has_a_service_that_is_asked(cloud: FakeCloud) -> None:
    for resource in Resource:
        assert ask(cloud, resource), resource
    assert ask(cloud) == {}


@pytest.mark.parametrize("error", [exceptions.ForbiddenException("not yours"), exceptions.NotFoundException("no")])
def test_a_service_that_hides_its_quotas_stops_nobody_and_that_is_told(error: Exception, cloud: FakeCloud) -> None:
    def limits(wanted: Iterable[str]) -> dict[str, Limit]:
        return get_limits(cloud, PROJECT, list(wanted), lambda *words: told.append(words))  # type: ignore[arg-type]

    told: list[tuple[str, str]] = []
    cloud.fail("get_quota", repeat(error))
    assert set(limits([Resource.PORTS, Resource.VOLUMES])) >= {"volumes"}
    assert "ports" not in limits([Resource.PORTS])
    policy = "the cloud's policy does not allow it: " if isinstance(error, exceptions.ForbiddenException) else ""
    line = f"asking for the quotas of networks: {policy}{error}; these quotas are not compared"
    assert set(told) == {("quota-unknown", line)}


def test_the_default_volume_type_is_empty_where_there_is_none(cloud: FakeCloud) -> None:
    assert default_volume_type(cloud) == "ssd"  # type: ignore[arg-type]
    cloud.default_type = "nothing"
    assert default_volume_type(cloud) == ""  # type: ignore[arg-type]
