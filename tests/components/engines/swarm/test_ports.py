"""What the firewall of a Swarm bay lets in."""

import pytest

from bay.components.engines import ENGINES, Source
from bay.components.spec.merge import build_spec


def table(role: str) -> set[tuple[str, int | None, int | None, Source]]:
    return {
        (port.protocol, port.first, port.last, port.source)
        for port in ENGINES["swarm"].ports(role, build_spec([{"model": "swarm"}]))
    }


COMMON = {
    ("tcp", 22, 22, Source.SSH),
    ("tcp", 7946, 7946, Source.BAY),
    ("udp", 7946, 7946, Source.BAY),
    ("udp", 4789, 4789, Source.BAY),
    ("esp", None, None, Source.BAY),
}


def test_masters_take_joins_from_the_bay_and_clients_from_where_the_user_says() -> None:
    assert table("master") == COMMON | {
        ("tcp", 22, 22, Source.BAY),
        ("tcp", 2377, 2377, Source.BAY),
        ("tcp", 2376, 2376, Source.API),
    }


def test_nodes_take_published_ports_from_where_the_user_says() -> None:
    assert table("node") == COMMON | {
        ("tcp", 80, 80, Source.PUBLISHED),
        ("tcp", 443, 443, Source.PUBLISHED),
        ("tcp", 30000, 32767, Source.PUBLISHED),
        ("udp", 30000, 32767, Source.PUBLISHED),
    }


@pytest.mark.parametrize("role", ["master", "node"])
def test_docker_without_certificates_is_open_to_nobody(role: str) -> None:
    for protocol, first, last, _ in table(role):
        assert protocol != "tcp" or first is None or last is None or not first <= 2375 <= last
