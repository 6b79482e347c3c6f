"""Load balancers, all parts of one, on the real Octavia."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from openstack import exceptions
from openstack.connection import Connection

from tests.sandbox.conftest import Lan

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def balancer(member: Connection, lan: Lan) -> Iterator[Any]:
    made = member.load_balancer.create_load_balancer(name="api", vip_subnet_id=lan.subnet.id, provider="amphora")
    yield settled(member, made)
    member.load_balancer.delete_load_balancer(made, cascade=True)
    member.load_balancer.wait_for_delete(made, interval=0.1, wait=60)
    assert [left.name for left in member.load_balancer.load_balancers() if left.id == made.id] == []


def settled(member: Connection, balancer: Any) -> Any:
    return member.load_balancer.wait_for_load_balancer(balancer.id, interval=0.1, wait=60)


def test_its_address_is_a_port_of_the_network(member: Connection, lan: Lan, balancer: Any) -> None:
    port = member.network.get_port(balancer.vip_port_id)
    assert port.fixed_ips == [{"subnet_id": lan.subnet.id, "ip_address": balancer.vip_address}]
    assert (balancer.provisioning_status, balancer.operating_status) == ("ACTIVE", "ONLINE")


def test_listener_pool_monitor_members_and_policy_become_active(member: Connection, lan: Lan, balancer: Any) -> None:
    cloud = member.load_balancer
    listener = cloud.create_listener(load_balancer_id=balancer.id, protocol="HTTP", protocol_port=80)
    settled(member, balancer)
    pool = cloud.create_pool(listener_id=listener.id, protocol="HTTP", lb_algorithm="ROUND_ROBIN")
    settled(member, balancer)
    monitor = cloud.create_health_monitor(pool_id=pool.id, type="TCP", delay=5, timeout=3, max_retries=3)
    settled(member, balancer)
    for last in (11, 12):
        cloud.create_member(pool, address=f"10.0.0.{last}", protocol_port=80, subnet_id=lan.subnet.id)
        settled(member, balancer)
    policy = cloud.create_l7_policy(listener_id=listener.id, action="REJECT")
    settled(member, balancer)
    rule = cloud.create_l7_rule(policy, type="PATH", compare_type="STARTS_WITH", value="/private")
    settled(member, balancer)
    parts = [
        cloud.get_listener(listener.id),
        cloud.get_pool(pool.id),
        cloud.get_health_monitor(monitor.id),
        *cloud.members(pool),
        cloud.get_l7_policy(policy.id),
        cloud.get_l7_rule(rule.id, policy),
    ]
    assert [part.provisioning_status for part in parts] == ["ACTIVE"] * 7
    member_to_go = next(cloud.members(pool))
    cloud.delete_member(member_to_go, pool)
    settled(member, balancer)
    assert [left.address for left in cloud.members(pool)] == ["10.0.0.12"]


def test_deleting_everything_at_once_gives_the_quota_back(member: Connection, lan: Lan) -> None:
    cloud = member.load_balancer
    before = usage(member)
    made = cloud.create_load_balancer(name="short", vip_subnet_id=lan.subnet.id)
    settled(member, made)
    listener = cloud.create_listener(load_balancer_id=made.id, protocol="TCP", protocol_port=6443)
    settled(member, made)
    cloud.create_pool(listener_id=listener.id, protocol="TCP", lb_algorithm="SOURCE_IP")
    settled(member, made)
    cloud.delete_load_balancer(made, cascade=True)
    cloud.wait_for_delete(made, interval=0.1, wait=60)
    assert usage(member) == before


def test_changes_asked_for_at_once_are_done_or_refused_none_is_lost(member: Connection, balancer: Any) -> None:
    """Octavia reads a status FOR UPDATE and then sets it; were the row not locked, it would take two requests."""
    cloud = member.load_balancer

    def make(number: int) -> Any:
        pool = cloud.create_pool(
            loadbalancer_id=balancer.id, name=f"{number}", protocol="TCP", lb_algorithm="ROUND_ROBIN"
        )
        settled(member, balancer)
        return pool

    with ThreadPoolExecutor(8) as threads:
        for turn in range(3):
            pools = [make(number) for number in range(8)]
            list(threads.map(lambda pool: until_accepted(cloud.delete_pool, pool), pools))
            settled(member, balancer)
            assert {pool.id for pool in cloud.pools()} & {pool.id for pool in pools} == set(), f"turn {turn}"


def until_accepted(call: Callable[[Any], Any], what: Any) -> None:
    """Octavia refuses what comes while the load balancer changes; its clients ask again."""
    for _ in range(600):
        try:
            call(what)
        except exceptions.ConflictException:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"{what.name}: refused for too long")


def usage(member: Connection) -> dict[str, int]:
    cloud = member.load_balancer
    return {
        "balancers": len(list(cloud.load_balancers())),
        "listeners": len(list(cloud.listeners())),
        "pools": len(list(cloud.pools())),
        "ports": len(list(member.network.ports())),
    }


def test_a_provider_that_is_not_offered_is_refused(member: Connection, lan: Lan) -> None:
    with pytest.raises(exceptions.HttpException, match="not enabled"):
        member.load_balancer.create_load_balancer(vip_subnet_id=lan.subnet.id, provider="ovn")
