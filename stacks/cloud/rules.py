"""Rules of security groups, and ranges of addresses, in words and by whom they let in."""

import ipaddress
from collections.abc import Mapping
from typing import Any


def is_everybody(prefix: str | None) -> bool:
    """Whether a range of addresses has all of its family, or half of it: who writes 0.0.0.0/1 twice means all."""
    return prefix is None or ipaddress.ip_network(prefix, strict=False).prefixlen <= 1


def rule_text(rule: Mapping[str, Any]) -> str:
    """``ingress tcp 9999 from 0.0.0.0/0``."""
    first, last = rule.get("port_range_min"), rule.get("port_range_max")
    ports = "" if first is None else f" {first}" if first == last else f" {first}-{last}"
    to = "from" if rule["direction"] == "ingress" else "to"
    group, addresses = rule.get("remote_group_id"), rule.get("remote_address_group_id")
    peer = f"security group {group}" if group else f"address group {addresses}" if addresses else ""
    anywhere = f"anywhere ({rule.get('ethertype') or rule.get('ether_type')})"
    return f"{rule['direction']} {rule.get('protocol') or 'everything'}{ports} {to} " + (
        peer or rule.get("remote_ip_prefix") or anywhere
    )


def lets_everybody_in(rule: Mapping[str, Any]) -> bool:
    """Whether a rule lets packets in from everywhere."""
    closed = rule.get("remote_group_id") or rule.get("remote_address_group_id")
    return rule["direction"] == "ingress" and not closed and is_everybody(rule.get("remote_ip_prefix"))
