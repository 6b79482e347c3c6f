"""Security groups as text for nftables."""

import os

import pytest

from bay.sandbox.services.sandbox_services.nodes.network import firewall, translation
from bay.sandbox.services.sandbox_services.nodes.network.firewall import Port
from bay.sandbox.services.sandbox_services.nodes.network.rules import Rule, match
from tests.paths import GOLDEN

GOLDEN = GOLDEN / "firewall"

PORTS = (
    Port("aaaaaaaa-aaaa-port", "fa:16:3e:00:00:0a", ("10.0.0.10", "fd00::10"), groups=("web",)),
    Port(
        "bbbbbbbb-bbbb-port", "fa:16:3e:00:00:0b", ("10.0.0.11",), (("fa:16:3e:00:00:0b", "10.0.0.5"),), ("web", "db")
    ),
    Port("cccccccc-cccc-port", "fa:16:3e:00:00:0c", ("10.0.0.12",), guarded=False),
)
RULES = {
    "web": [Rule(True, 4, "tcp", 80, 80, prefix="0.0.0.0/0"), Rule(False, 4), Rule(False, 6)],
    "db": [Rule(True, 4, "tcp", 5432, 5432, group="web"), Rule(True, 4, "vrrp", group="db")],
}
MEMBERS = {"web": {"10.0.0.10", "10.0.0.11", "10.0.0.5", "fd00::10"}, "db": {"10.0.0.11", "10.0.0.5"}}


def checked(name: str, text: str) -> None:
    golden = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text(), "UPDATE_GOLDEN=1 pytest writes it anew"


def test_the_filter_of_a_network() -> None:
    checked("network.nft", firewall.ruleset(PORTS, RULES, MEMBERS))


def test_the_filter_of_a_network_without_servers() -> None:
    checked("empty.nft", firewall.ruleset((), RULES, MEMBERS))


def test_the_translation_of_a_router() -> None:
    floating = [translation.Floating("198.18.0.20", "10.0.0.10")]
    forwardings = [translation.Forwarding("198.18.0.21", "tcp", 2222, "10.0.0.11", 22)]
    checked("router.nft", translation.ruleset("qaaaaaaaa-aa", "198.18.0.7", True, floating, forwardings))


def test_a_router_that_shares_no_address_translates_floating_ips_only() -> None:
    text = translation.ruleset("q1", "198.18.0.7", False, [translation.Floating("198.18.0.20", "10.0.0.10")], [])
    assert "snat to 198.18.0.20" in text
    assert 'oifname "q1" ip saddr != 198.18.0.7' not in text


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (Rule(True, 4), "meta protocol ip"),
        (Rule(True, 4, "tcp", 22, 22), "meta protocol ip tcp dport 22-22"),
        (Rule(True, 4, "6", 22, None), "meta protocol ip tcp dport 22-22"),
        (Rule(True, 4, "tcp"), "meta protocol ip meta l4proto tcp"),
        (Rule(True, 4, "udp", 1, 9, prefix="10.0.0.0/8"), "meta protocol ip ip saddr 10.0.0.0/8 udp dport 1-9"),
        (Rule(False, 4, prefix="10.0.0.0/8"), "meta protocol ip ip daddr 10.0.0.0/8"),
        (Rule(True, 4, prefix="0.0.0.0/0"), "meta protocol ip"),
        (Rule(True, 6, group="g"), "meta protocol ip6 ip6 saddr @members6-g"),
        (Rule(True, 4, "icmp"), "meta protocol ip meta l4proto icmp"),
        (Rule(True, 4, "icmp", 8, 0), "meta protocol ip meta l4proto icmp icmp type 8 icmp code 0"),
        (Rule(True, 6, "icmp", 128), "meta protocol ip6 meta l4proto ipv6-icmp icmpv6 type 128"),
        (Rule(True, 4, "112"), "meta protocol ip meta l4proto 112"),
        (Rule(True, 4, "any"), "meta protocol ip"),
    ],
)
def test_a_rule_is_a_match(rule: Rule, text: str) -> None:
    assert match(rule) == text


def test_addresses_within_an_allowed_range_are_listed_once() -> None:
    port = Port("id", "fa:16:3e:00:00:0a", ("10.0.0.10",), (("fa:16:3e:00:00:0a", "10.0.0.0/24"),))
    text = firewall.ruleset([port], {}, {})
    assert 'elements = { "tid" . 10.0.0.0/24 }' in text
