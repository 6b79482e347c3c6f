"""Databases with the tables that the network agent reads, and a service that writes into them."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from bay.sandbox.services.sandbox_services.nodes.network.tables import NEUTRON, OCTAVIA

COLUMNS = {
    "networks": "id, mtu",
    "networksegments": "network_id, network_type",
    "subnets": "id, network_id, cidr, gateway_ip, ip_version",
    "ports": "id, network_id, mac_address, device_owner, admin_state_up",
    "ipallocations": "port_id, ip_address, subnet_id",
    "allowedaddresspairs": "port_id, mac_address, ip_address",
    "securitygroupportbindings": "port_id, security_group_id",
    "portsecuritybindings": "port_id, port_security_enabled",
    "securitygrouprules": "id, security_group_id, remote_group_id, direction, ethertype, protocol, port_range_min,"
    " port_range_max, remote_ip_prefix, remote_address_group_id",
    "routers": "id, gw_port_id, enable_snat, admin_state_up",
    "routerports": "router_id, port_id",
    "routerroutes": "router_id, destination, nexthop",
    "floatingips": "id, router_id, floating_ip_address, fixed_ip_address",
    "portforwardings": "floatingip_id, protocol, external_port_start, internal_ip_address, internal_port_start",
    "load_balancer": "id, enabled, provisioning_status",
    "vip": "load_balancer_id, port_id",
    "listener": "id, load_balancer_id, protocol, protocol_port, default_pool_id, enabled, provisioning_status",
    "listener_cidr": "listener_id, cidr",
    "pool": "id, lb_algorithm, enabled, provisioning_status",
    "member": "id, pool_id, ip_address, protocol_port, weight, backup, enabled, provisioning_status",
    "health_monitor": "pool_id, type, delay, timeout, rise_threshold, fall_threshold, http_method, url_path,"
    " expected_codes, enabled, provisioning_status",
}
SERVICE = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
for line in sys.stdin:
    database.execute(line)
    print(flush=True)
"""


def make(folder: Path) -> None:
    """Empty ones, as the services leave them."""
    folder.mkdir(parents=True)
    for name, queries in (("neutron", NEUTRON), ("octavia", OCTAVIA)):
        with closing(sqlite3.connect(folder / f"{name}.sqlite", isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode=WAL")
            for table in sorted({word for sql in queries.values() for word in re.findall(r"(?:FROM|JOIN) (\w+)", sql)}):
                database.execute(f"CREATE TABLE {table} ({COLUMNS[table]})")


class Service:
    """A process that has a database open, as Neutron has its own: SQLite's locks are between processes."""

    def __init__(self, database: Path) -> None:
        command = [sys.executable, "-c", SERVICE, str(database)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid

    def execute(self, sql: str) -> None:
        """One statement, and its commit."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{sql}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "\n"

    def end(self) -> None:
        """As if it was killed; may be called again."""
        self._process.kill()
        self._process.communicate()
