"""What each service says of its quotas, and what happens where one does not."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from openstack import exceptions

from bay.components.quota_demand import Resource
from bay.stacks.cloud import quotas as limits
from bay.stacks.cloud.quotas import Limit

PROJECT = "p" * 32


class FakeCloud:
    """A connection whose services answer as OpenStack's do; `asked` says which were asked."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.compute = SimpleNamespace(get_limits=self._limits)
        self.network = SimpleNamespace(security_groups=self._groups, get_quota=self._network_quota)
        self.block_storage = SimpleNamespace(get_quota_set=self._volume_quota, get_type=self._type)
        self.load_balancer = SimpleNamespace(
            get_quota=self._balancer_quota,
            load_balancers=lambda project_id: iter([1, 2]),
            listeners=lambda project_id: iter([1]),
            pools=lambda project_id: iter([SimpleNamespace(members=[1, 2, 3]), SimpleNamespace(members=None)]),
            health_monitors=lambda project_id: iter([]),
        )

    def _limits(self) -> SimpleNamespace:
        self.asked.add("compute")
        numbers = {"instances": 10, "total_cores": 20, "total_ram": 51200, "server_groups": 10}
        used = {f"{name}_used": place for place, name in enumerate(numbers)}
        return SimpleNamespace(absolute=SimpleNamespace(**numbers, **used, server_group_members=-1))

    def _groups(self, project_id: str, name: str) -> Iterator[str]:
        assert (project_id, name) == (PROJECT, "default")
        self.asked.add("default group")
        return iter(["default"])

    def _network_quota(self, project: str, details: bool) -> SimpleNamespace:
        assert (project, details) == (PROJECT, True)
        assert "default group" in self.asked, "Neutron makes it at the first look, and it counts"
        numbers = {name: {"used": 1, "reserved": 2, "limit": 10} for name in limits.NETWORK.values()}
        return SimpleNamespace(**{**numbers, "floating_ips": None})

    def _volume_quota(self, project: str, usage: bool) -> SimpleNamespace:
        self.asked.add("volumes")
        assert (project, usage) == (PROJECT, True)
        quotas = {"volumes": 10, "gigabytes": 1000, "volumes_ssd": 3, "gigabytes_ssd": -1, "snapshots": 5}
        used = {**dict.fromkeys(quotas, 1), "gigabytes": 40}
        return SimpleNamespace(to_dict=lambda: {**quotas, "usage": used, "reservation": {"gigabytes": 2}})

    def _type(self, name: str) -> SimpleNamespace:
        assert name == "default"
        return SimpleNamespace(name="ssd")

    def _balancer_quota(self, project: str) -> SimpleNamespace:
        numbers: dict[str, int | None] = dict.fromkeys(limits.LOAD_BALANCERS.values(), 5)
        return SimpleNamespace(**{**numbers, "health_monitors": None})


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def ask(cloud: FakeCloud, *wanted: str) -> dict[str, Limit]:
    return limits.get_limits(cloud, PROJECT, wanted)  # type: ignore[arg-type]


def test_servers(cloud: FakeCloud) -> None:
    assert ask(cloud, Resource.CORES) == {
        "instances": Limit(0, 10),
        "cores": Limit(1, 20),
        "RAM (MiB)": Limit(2, 51200),
        "server groups": Limit(3, 10),
        "members of server group": Limit(0, -1),
    }
    assert cloud.asked == {"compute"}, "no service is asked for what is not needed"


def test_networks_with_what_is_reserved_and_without_what_the_cloud_does_not_limit(cloud: FakeCloud) -> None:
    found = ask(cloud, Resource.PORTS)
    assert found["ports"] == Limit(3, 10)
    assert set(found) == {*map(str, limits.NETWORK)} - {"floating IPs"}


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
def test_a_service_that_hides_its_quotas_stops_nobody_and_that_is_said(
    error: Exception, cloud: FakeCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    cloud.network.get_quota = refuse
    assert set(ask(cloud, Resource.PORTS, Resource.VOLUMES)) >= {"volumes"}
    assert "ports" not in ask(cloud, Resource.PORTS)
    line = f"asking for the quotas of networks: {error}; so these are not compared"
    assert set(capsys.readouterr().err.splitlines()) == {line}


def test_the_default_volume_type_is_empty_where_there_is_none(cloud: FakeCloud) -> None:
    assert limits.default_volume_type(cloud) == "ssd"  # type: ignore[arg-type]

    def missing(_name: str) -> None:
        raise exceptions.NotFoundException("no default type")

    cloud.block_storage.get_type = missing
    assert limits.default_volume_type(cloud) == ""  # type: ignore[arg-type]
