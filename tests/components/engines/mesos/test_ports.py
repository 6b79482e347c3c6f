"""What the firewall of a Mesos bay lets in."""

import pytest

from bay.components.engines import ENGINES, Source
from bay.components.spec.merge import build_spec

Row = tuple[str, int | None, int | None, Source]

SSH = ("tcp", 22, 22, Source.SSH)


def table(role: str, **options: object) -> set[Row]:
    spec = build_spec([{"model": "mesos-ha", "options": options}])
    return {(port.protocol, port.first, port.last, port.source) for port in ENGINES["mesos"].ports(role, spec)}


MASTERS = {
    SSH,
    ("tcp", 22, 22, Source.BAY),
    ("tcp", 5050, 5050, Source.BAY),
    ("tcp", 5050, 5050, Source.API),
    ("tcp", 2181, 2181, Source.BAY),
    ("tcp", 2888, 2888, Source.MASTERS),
    ("tcp", 3888, 3888, Source.MASTERS),
}
MARATHON = {
    ("tcp", 8443, 8443, Source.MASTERS),
    ("tcp", 8443, 8443, Source.API),
    ("tcp", 15090, 15090, Source.MASTERS),
}


def test_masters_take_the_bay_each_other_and_clients_from_where_the_user_says() -> None:
    assert table("master") == MASTERS


def test_marathon_opens_its_ports_only_where_it_runs() -> None:
    assert table("master", marathon=True) == MASTERS | MARATHON
    assert table("node", marathon=True) == table("node")


def test_nodes_take_masters_and_the_ports_of_tasks() -> None:
    tasks = {
        (protocol, 31000, 32000, source) for protocol in ("tcp", "udp") for source in (Source.BAY, Source.PUBLISHED)
    }
    assert table("node") == {SSH, ("tcp", 5051, 5051, Source.MASTERS)} | tasks


@pytest.mark.parametrize("role", ["master", "node"])
def test_what_has_no_password_is_open_to_nobody_outside(role: str) -> None:
    outside = {Source.API, Source.SSH, Source.PUBLISHED}
    for protocol, first, last, source in table(role, marathon=True):
        for closed in (2181, 2888, 3888, 5051, 8080, 15090):
            assert (
                protocol != "tcp"
                or first is None
                or last is None
                or not first <= closed <= last
                or source not in outside
            )
