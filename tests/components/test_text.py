"""Addresses as text."""

import pytest

from bay.components.text import first_ipv4, host_and_port


@pytest.mark.parametrize(
    ("addresses", "first"),
    [
        (["2001:db8::5", "203.0.113.5"], "203.0.113.5"),
        (["10.0.0.5", "fd00::5"], "10.0.0.5"),
        (["10.0.0.5", "10.0.0.6"], "10.0.0.5"),
        (["fd00::5"], "fd00::5"),
        ([""], ""),
    ],
)
def test_the_first_address_of_ipv4_counts(addresses: list[str], first: str) -> None:
    assert first_ipv4(addresses) == first


@pytest.mark.parametrize(
    ("host", "text"),
    [("203.0.113.5", "203.0.113.5:6443"), ("2001:db8::5", "[2001:db8::5]:6443"), ("api.example", "api.example:6443")],
)
def test_an_address_of_ipv6_has_brackets_before_its_port(host: str, text: str) -> None:
    assert host_and_port(host, 6443) == text
