"""What the firewall of a Kubernetes bay lets in."""

from typing import Any

import pytest

from bay.components.engines import Source
from bay.components.spec.merge import build_spec
from tests.components.engines.kubernetes.facts import KUBERNETES

Row = tuple[str, int | None, int | None, Source]


def table(role: str, **options: Any) -> set[Row]:
    spec = build_spec([{"model": "kubernetes", "options": options}])
    return {(port.protocol, port.first, port.last, port.source) for port in KUBERNETES.ports(role, spec)}


VXLAN: set[Row] = {("udp", 8472, 8472, Source.BAY)}
COMMON: set[Row] = {("tcp", 22, 22, Source.SSH), ("tcp", 10250, 10250, Source.BAY)}
MASTER: set[Row] = COMMON | {
    ("tcp", 22, 22, Source.BAY),
    ("tcp", 6443, 6443, Source.BAY),
    ("tcp", 6443, 6443, Source.API),
    ("tcp", 2379, 2380, Source.MASTERS),
}
NODE: set[Row] = COMMON | {
    ("tcp", 30000, 32767, Source.PUBLISHED),
    ("udp", 30000, 32767, Source.PUBLISHED),
}


def test_masters_take_the_bay_and_clients_from_where_the_user_says() -> None:
    assert table("master") == MASTER | VXLAN


def test_nodes_take_services_from_where_the_user_says() -> None:
    assert table("node") == NODE | VXLAN


def test_load_balancers_of_the_cloud_reach_services_from_the_bays_subnets() -> None:
    further = {("tcp", 30000, 32767, Source.SUBNETS), ("udp", 30000, 32767, Source.SUBNETS)}
    assert table("node", cloud_provider=True) == NODE | VXLAN | further
    assert table("master", cloud_provider=True) == MASTER | VXLAN


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({"flannel_backend": "host-gw"}, set()),
        ({"network_driver": "calico"}, {("udp", 4789, 4789, Source.BAY)}),
        (
            {"network_driver": "calico", "calico_encapsulation": "ipip"},
            {("tcp", 179, 179, Source.BAY), ("ipip", None, None, Source.BAY)},
        ),
    ],
)
def test_the_network_of_the_pods_opens_what_it_needs_and_no_more(options: dict[str, str], rows: set[Row]) -> None:
    assert table("master", **options) == MASTER | rows
    assert table("node", **options) == NODE | rows


@pytest.mark.parametrize("role", ["master", "node"])
@pytest.mark.parametrize("closed", [10255, 10257, 10258, 10259, 8443, 7443, 2381])
def test_what_is_for_the_server_itself_is_open_to_nobody(role: str, closed: int) -> None:
    for protocol, first, last, _ in table(role, keystone_auth=True, cloud_provider=True):
        assert protocol != "tcp" or first is None or last is None or not first <= closed <= last
