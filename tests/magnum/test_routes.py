"""Which addresses a conductor may ask."""

from pathlib import Path

import pytest

from bay.magnum.routes import is_reachable

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
br0\t000012C6\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
off0\t000013C6\t00000000\t0200\t0\t0\t0\t0000FFFF\t0\t0\t0
"""
ROUTES6 = """00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe80 00000400 00000001 00000000 00000003 eth0
fd000000000000000000000000000000 40 00000000000000000000000000000000 00 0000 00000100 00000001 00000000 00000001 eth0
"""  # noqa: E501


@pytest.mark.parametrize(
    ("host", "reachable"),
    [
        ("192.168.1.9", True),
        ("192.168.2.9", False),
        ("198.18.3.129", True),
        ("198.19.0.1", False),
        ("10.0.0.1", False),
        ("10.7.0.1", True),
        ("9.9.9.9", True),
        ("127.0.0.1", True),
        ("api.example.org", True),
        ("fd00::1", True),
        ("fd01::1", False),
    ],
)
def test_a_private_address_is_asked_only_where_a_route_leads_to_it(tmp_path: Path, host: str, reachable: bool) -> None:
    tables = tmp_path / "route", tmp_path / "ipv6_route"
    for table, text in zip(tables, (ROUTES, ROUTES6), strict=True):
        table.write_text(text)
    assert is_reachable(host, ["10.7.0.0/16"], tables) is reachable


def test_a_machine_without_tables_reaches_the_world(tmp_path: Path) -> None:
    tables = tmp_path / "none", tmp_path / "none6"
    assert is_reachable("9.9.9.9", [], tables)
    assert not is_reachable("10.0.0.1", [], tables)
