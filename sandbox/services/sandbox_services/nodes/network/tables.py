"""What is read of Neutron's database: one consistent picture of the tables that matter here."""

import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]

QUERIES = {
    "networks": "SELECT id, mtu FROM networks",
    "flat": "SELECT network_id FROM networksegments WHERE network_type = 'flat'",
    "subnets": "SELECT id, network_id, cidr, gateway_ip FROM subnets WHERE ip_version = 4",
    "ports": "SELECT id, network_id, mac_address, device_owner FROM ports WHERE admin_state_up",
    "addresses": "SELECT port_id, ip_address, subnet_id FROM ipallocations",
    "pairs": "SELECT port_id, mac_address, ip_address FROM allowedaddresspairs",
    "groups": "SELECT port_id, security_group_id FROM securitygroupportbindings",
    "unguarded": "SELECT port_id FROM portsecuritybindings WHERE NOT port_security_enabled",
    "rules": "SELECT security_group_id, remote_group_id, direction, ethertype, protocol, port_range_min,"
    " port_range_max, remote_ip_prefix FROM securitygrouprules WHERE remote_address_group_id IS NULL ORDER BY id",
    "routers": "SELECT id, gw_port_id, enable_snat FROM routers WHERE admin_state_up",
    "router_ports": "SELECT router_id, port_id FROM routerports",
    "routes": "SELECT router_id, destination, nexthop FROM routerroutes",
    "floating": "SELECT router_id, floating_ip_address, fixed_ip_address FROM floatingips"
    " WHERE router_id IS NOT NULL AND fixed_ip_address IS NOT NULL",
    "forwardings": "SELECT f.router_id, f.floating_ip_address, p.protocol, p.external_port_start,"
    " p.internal_ip_address, p.internal_port_start FROM portforwardings p JOIN floatingips f ON f.id = p.floatingip_id",
}
"""Rules with address groups are left out: what they would allow stays closed."""


class Database:
    """Neutron's SQLite file, opened read-only; sqlite3.OperationalError while it is not there."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        self._connection.row_factory = sqlite3.Row

    def version(self) -> int:
        """Another number after each commit of another process."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def read(self) -> Tables:
        """All of it, as of one moment."""
        self._connection.execute("BEGIN")
        try:
            return {name: [dict(row) for row in self._connection.execute(sql)] for name, sql in QUERIES.items()}
        finally:
            self._connection.execute("ROLLBACK")


def grouped(rows: list[Row], key: str) -> defaultdict[str, list[Row]]:
    """Rows by the value of a column; an empty list for values that do not occur."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups
