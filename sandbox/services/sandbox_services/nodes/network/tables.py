"""What is read of Neutron's and Octavia's databases: of each a consistent picture of the tables that matter here."""

import contextlib
import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]

NEUTRON = {
    "networks": "SELECT id, mtu FROM networks",
    "flat": "SELECT network_id FROM networksegments WHERE network_type = 'flat'",
    "subnets": "SELECT id, network_id, cidr, gateway_ip FROM subnets WHERE ip_version = 4",
    "ports": "SELECT id, network_id, mac_address, device_owner, admin_state_up FROM ports",
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

LIVES = "enabled AND provisioning_status NOT IN ('DELETED', 'PENDING_DELETE')"
OCTAVIA = {
    "balancers": f"SELECT id, port_id FROM load_balancer JOIN vip ON load_balancer_id = id WHERE {LIVES}",
    "listeners": f"SELECT id, load_balancer_id, protocol, protocol_port, default_pool_id FROM listener WHERE {LIVES}",
    "cidrs": "SELECT listener_id, cidr FROM listener_cidr ORDER BY cidr",
    "pools": f"SELECT id, lb_algorithm FROM pool WHERE {LIVES}",
    "members": f"SELECT id, pool_id, ip_address, protocol_port, weight, backup FROM member WHERE {LIVES} ORDER BY id",
    "monitors": "SELECT pool_id, type, delay, timeout, rise_threshold, fall_threshold, http_method, url_path,"
    f" expected_codes FROM health_monitor WHERE {LIVES}",
}


class Database:
    """A service's SQLite file, opened read-only; sqlite3.OperationalError while it is not there."""

    def __init__(self, path: Path, queries: Mapping[str, str]) -> None:
        self._queries = queries
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        try:
            self.version()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def version(self) -> int:
        """Another number after each commit of another process; of this connection alone."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def read(self) -> Tables:
        """All of it, as of one moment."""
        self._connection.execute("BEGIN")
        try:
            return {name: [dict(row) for row in self._connection.execute(sql)] for name, sql in self._queries.items()}
        finally:
            self._connection.execute("ROLLBACK")


class Databases:
    """Those of Neutron and Octavia, in the order of all pairs here; sqlite3.OperationalError while one is not there."""

    def __init__(self, folder: Path) -> None:
        with contextlib.ExitStack() as opened:
            self._both = []
            for name, queries in (("neutron", NEUTRON), ("octavia", OCTAVIA)):
                self._both.append(Database(folder / f"{name}.sqlite", queries))
                opened.callback(self._both[-1].close)
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Let go of the files."""
        self._opened.close()

    def versions(self) -> tuple[int, ...]:
        """Others after each commit of another process; of these connections alone."""
        return tuple(database.version() for database in self._both)

    def read(self) -> tuple[Tables, Tables]:
        """Each as of one moment."""
        neutron, octavia = self._both
        return neutron.read(), octavia.read()


def digest(neutron: Tables, octavia: Tables) -> str:
    """The same for the same rows in whatever order: what one process applied and what another reads are compared."""
    tables = [{name: sorted(map(json.dumps, rows)) for name, rows in both.items()} for both in (neutron, octavia)]
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()[:16]


def digest_of(folder: Path) -> str:
    """Of what the databases in a folder have now. sqlite3.Error where they cannot be read."""
    with contextlib.closing(Databases(folder)) as databases:
        return digest(*databases.read())


def grouped(rows: list[Row], key: str) -> defaultdict[str, list[Row]]:
    """Rows by the value of a column; an empty list for values that do not occur."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups
