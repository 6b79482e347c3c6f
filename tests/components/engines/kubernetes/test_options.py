"""What a spec may say for Kubernetes, and in which words a mistake is refused."""

from dataclasses import replace
from typing import Any

import pytest

from bay.components.engines import Facts
from bay.components.errors import BayError
from bay.components.spec.merge import build_spec
from tests.components.engines.kubernetes.facts import KUBERNETES, kubernetes_facts


def refused(**values: Any) -> str:
    with pytest.raises(BayError) as caught:
        build_spec([{"model": "kubernetes", **values}])
    return caught.value.message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"options": {"pods": "10.80.0.0/16"}},
            "options.pods: 10.80.0.0/16 overlaps network.cidr, 10.80.0.0/20",
        ),
        (
            {"options": {"services": "10.100.128.0/20"}},
            "options.pods: 10.100.0.0/16 overlaps options.services, 10.100.128.0/20",
        ),
        (
            {"network": {"cidr": "10.254.0.0/24"}},
            "options.services: 10.254.0.0/16 overlaps network.cidr, 10.254.0.0/24",
        ),
        (
            {"options": {"services": "172.16.0.0/11"}},
            "options.services: is not a CIDR of IPv4: 172.16.0.0/11 has host bits set",
        ),
        (
            {"options": {"services": "172.0.0.0/10"}},
            "options.services: 172.0.0.0/10 must have a prefix length from 12 to 28",
        ),
        (
            {"nodes": 256},
            "options.pods: 10.100.0.0/16 has room for 256 servers of /24 each, not for 257; see also",
        ),
        ({"options": {"node_prefix": 12}}, "options.node_prefix: "),
        ({"options": {"version": "1.32.1"}}, "options.version: "),
        ({"options": {"network_driver": "weave"}}, "options.network_driver: "),
        ({"options": {"versoin": "1.34.2"}}, "options.versoin: no such field"),
        ({"options": {"kubelet_args": {"v": "2 3"}}}, "options.kubelet_args.v: "),
        ({"options": {"keystone_roles": {"member": "root"}}}, "options.keystone_roles.member: "),
        (
            {"nodes": {"count": 1, "labels": {"node-role.kubernetes.io/gpu": "yes"}}},
            "nodes.labels: node-role.kubernetes.io/gpu is of Kubernetes' own, which no server may give itself",
        ),
    ],
)
def test_a_mistake_is_told_by_its_field(values: dict[str, Any], message: str) -> None:
    assert refused(**values).startswith(message)


def test_labels_that_a_kubelet_may_set_are_taken() -> None:
    labels = {
        "node.kubernetes.io/disk": "fast",
        "kubelet.kubernetes.io/x": "y",
        "physics.example/run": "3",
        "plain": "",
    }
    assert build_spec([{"model": "kubernetes", "nodes": {"count": 1, "labels": labels}}]).nodes.labels == labels


def test_a_smaller_part_for_each_server_makes_room_for_more() -> None:
    assert build_spec([{"model": "kubernetes", "nodes": 1000, "options": {"node_prefix": 26}}]).nodes.count == 1000


def test_a_range_may_be_any_where_the_network_exists_already() -> None:
    network = {"existing": "campus"}
    assert build_spec([{"model": "kubernetes", "network": network, "options": {"pods": "10.80.0.0/16"}}])


def test_an_existing_network_that_collides_is_found_when_its_subnets_are_known(facts: Facts) -> None:
    given = replace(kubernetes_facts(facts), cidrs=("10.254.7.0/24",))
    with pytest.raises(BayError) as caught:
        KUBERNETES.boot(given)
    assert caught.value.message == "options.services: 10.254.0.0/16 overlaps the servers' subnet, 10.254.7.0/24"
    assert caught.value.hint == "name another range: --set options.services=CIDR"


def test_the_options_are_written_out_with_their_defaults() -> None:
    options = build_spec([{"model": "kubernetes"}]).options
    assert options["version"] == "1.34.2"
    assert options["pods"] == "10.100.0.0/16"
    assert options["services"] == "10.254.0.0/16"
    assert options["versions"]["flannel"] == "v0.26.7"
    assert (options["cloud_provider"], options["volume_driver"], options["keystone_auth"]) == (False, "none", False)
