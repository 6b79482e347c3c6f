"""What differs from the state is told, and nothing is touched; a repair then leaves nothing that differs."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from openstack.connection import Connection

from tests.integration.bays import damage
from tests.integration.bays.harness import CHECKOUT, COMMAND, Bay, Inventory
from tests.integration.bays.test_wide import SPEC

pytestmark = pytest.mark.sandbox


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, to the byte; backups of the state, history and locks too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def told(bay: Bay, name: str) -> set[tuple[str, str, str, str]]:
    """(difference, type, name, field) of each row of `bay drift`."""
    result = bay.run("drift", name, "-f", "json")
    assert result.code == (2 if result.json else 0), result
    return {(row["difference"], row["type"], row["name"], row["field"]) for row in result.json}


def test_a_wide_bay_drifts_is_told_of_untouched_and_mended(
    bay: Bay, clouds: list[Connection], holdings: Callable[[], Inventory]
) -> None:
    """Load balancer, floating IPs, volumes, a login of its own: nothing that is just made differs."""
    cloud = clouds[0]
    (bay.home / "wide.yaml").write_text(SPEC)
    bay.make("wide", "--model", "kubernetes", "--file", str(bay.home / "wide.yaml"))
    assert told(bay, "wide") == set()

    damage.lose_member(cloud, "wide-api")
    damage.slow_monitor(cloud, "wide-api")
    damage.lose_rule(cloud, "wide-node", 10250, "wide-master")
    (port,) = cloud.network.ports(name="wide-node-0")
    cloud.network.update_port(port, security_groups=[])
    cloud.network.delete_ip(next(cloud.network.ips(port_id=port.id)))
    (subnet,) = cloud.network.subnets(name="wide")
    cloud.network.update_subnet(subnet, enable_dhcp=False)
    damage.stop(cloud, "wide-big-0")
    (group,) = cloud.network.security_groups(name="wide-node")
    door = cloud.network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", protocol="tcp", description=group.description
    )

    before = files(bay.home), holdings()
    assert told(bay, "wide") == {
        ("missing", "FloatingIp", "wide-node-0", ""),
        ("missing", "SecGroupRule", "wide-node-tcp-10250-from-master", ""),
        ("changed", "Instance", "wide-big-0", "status"),
        ("changed", "Members", "wide-api", "members"),
        ("changed", "Monitor", "wide-api", "delay"),
        ("changed", "Port", "wide-node-0", "securityGroupIds"),
        ("changed", "Subnet", "wide", "enableDhcp"),
        ("extra", "SecGroupRule", "", ""),
    }
    dry = bay.run("repair", "wide", "--dry-run")
    assert dry.code == 0, dry
    assert (files(bay.home), holdings()) == before, "state, files and cloud are as they were"

    servers = {server.id for server in cloud.compute.servers(name="^wide-")}
    mended = bay.start("repair", "wide", "--sweep", "--yes").wait(600)
    assert mended.code == 0, mended
    assert told(bay, "wide") == set()
    assert {server.id for server in cloud.compute.servers(name="^wide-")} == servers, "none was replaced for it"
    assert not [rule for rule in cloud.network.security_group_rules() if rule.id == door.id]
    assert bay.run("preview", "wide").code == 0


def test_what_others_add_is_told_of_and_a_sweep_removes_what_nobody_else_can_use(
    bay: Bay, clouds: list[Connection], cleanup: ExitStack
) -> None:
    network, compute = clouds[0].network, clouds[0].compute
    bay.make("added", "--nodes", "1", "--no-wait")
    assert told(bay, "added") == set()

    (group,) = network.security_groups(name="added-node")
    opened = {"direction": "ingress", "protocol": "tcp", "port_range_min": 9999, "port_range_max": 9999}
    rule = network.create_security_group_rule(security_group_id=group.id, remote_ip_prefix="0.0.0.0/0", **opened)
    (server,) = compute.servers(name="^added-node-0")
    (port,) = network.ports(device_id=server.id)
    network.update_port(port, allowed_address_pairs=[{"ip_address": "10.9.0.0/16"}])
    public = network.find_network("public")
    address = network.create_ip(floating_network_id=public.id, port_id=port.id)
    cleanup.callback(network.delete_ip, address)
    other = network.create_network(name="theirs")
    cleanup.callback(network.delete_network, other)
    subnet = network.create_subnet(network_id=other.id, cidr="10.33.0.0/24", ip_version=4)
    (router,) = network.routers(name="added")
    network.add_interface_to_router(router, subnet_id=subnet.id)
    cleanup.callback(network.remove_interface_from_router, router, subnet_id=subnet.id)

    found = {("added", kind, name, "") for kind, name in (("AddressPair", "10.9.0.0/16"), ("RouterInterface", ""))}
    found |= {("added", "FloatingIp", address.floating_ip_address, "")}
    assert told(bay, "added") == {*found, ("added", "SecGroupRule", "", "")}
    first = bay.run("drift", "added", "-f", "json").json[0]
    assert (first["severity"], first["id"]) == ("high", rule.id)
    assert first["found"] == "in security group added-node: ingress tcp 9999 from 0.0.0.0/0"
    assert first["remedy"] == f"openstack security group rule delete {rule.id}"

    swept = bay.run("repair", "added", "--sweep", "--yes")
    assert swept.code == 0, swept
    assert "2 additions of others stay" in swept.err
    assert {row[1] for row in told(bay, "added")} == {"FloatingIp", "RouterInterface"}


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    """What a test puts into the cloud, taken away before the bay is deleted."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def openstack_client(tmp_path: Path) -> Path:
    """A folder with the three commands of the OpenStack client that the page uses, on openstacksdk."""
    script = tmp_path / "openstack"
    script.write_text(
        f"#!{COMMAND.with_name('python')}\n"
        "import sys, warnings\n"
        "import openstack\n"
        "warnings.simplefilter('ignore')\n"
        "deed, name = sys.argv[2], sys.argv[-1]\n"
        "compute = openstack.connect().compute\n"
        "server = compute.find_server(name, ignore_missing=False)\n"
        "if deed == 'delete':\n"
        "    compute.delete_server(server)\n"
        "    compute.wait_for_delete(server)\n"
        "else:\n"
        "    compute.stop_server(server)\n"
        "    compute.wait_for_server(server, status='SHUTOFF')\n"
    )
    script.chmod(0o755)
    return tmp_path


def test_the_page_on_drift_does_what_it_says(bay: Bay, clouds: list[Connection], openstack_client: Path) -> None:
    text = (CHECKOUT / "docs" / "drift.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    path = f"{openstack_client}:{COMMAND.parent}:{os.environ['PATH']}"

    def type_(block: str) -> str:
        done = bay.execute(["bash", "-euo", "pipefail", "-c", block], PATH=path)
        assert done.code == 0, (block, done)
        return done.out

    def running() -> dict[str, str]:
        return {
            server.name: server.id
            for server in clouds[0].compute.servers(name="^physics-")
            if server.status == "ACTIVE"
        }

    make, look, repair, name_one, end = blocks
    type_(make)
    before = running()
    assert sorted(before) == ["physics-master-0", "physics-node-0"]
    assert '"found": "SHUTOFF"' in type_(look)
    type_(repair)
    mended = running()
    assert sorted(mended) == ["physics-master-0", "physics-node-0", "physics-node-1", "physics-node-2"]
    assert before.items() <= mended.items(), "servers that were well are the same"
    type_(name_one)
    assert {name for name, one in running().items() if one != mended[name]} == {"physics-node-0"}
    type_(end)
