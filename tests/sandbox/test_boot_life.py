"""Servers that boot: what they find at their first boot, and how they start, stop, fail and go."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bay.sandbox import Sandbox, processes
from bay.sandbox.services.sandbox_services.nodes.names import Names
from tests.conftest import forget, new_sandbox
from tests.sandbox.booted import BOOTED, Booted, eventually, output
from tests.sandbox.remains import left

pytestmark = [pytest.mark.boot, pytest.mark.long, pytest.mark.sandbox, pytest.mark.timeout(300)]

USER_DATA = """\
#cloud-config
write_files:
  - path: /etc/motto
    content: from user data
runcmd:
  - echo first boot >> /var/boots
  - echo a script speaks > /dev/console
"""
SECONDS = 60.0  # for Nova to see what happened to a node: one on an idle machine


@dataclass
class One:
    """A server on the shared network, which this machine reaches."""

    booted: Booted
    server: Any
    address: str

    def status(self) -> str:
        """As Nova says."""
        return str(self.booted.cloud.compute.get_server(self.server.id).status)

    def run(self, command: str) -> str:
        """On the node, by ssh."""
        return self.booted.ssh(self.address, command).strip()

    def answers(self) -> bool:
        """Whether it can be logged in to."""
        return bool(self.run("echo yes"))

    def boot_id(self) -> str:
        """Another one after each boot of the container: when its first process began."""
        return self.run("sudo stat -c %Y.%i /proc/1/ns/pid; ps -o lstart= -p 1")

    def first_process(self) -> int | None:
        """As this machine numbers it."""
        return self.booted.node(self.server).container.first_process()


@pytest.fixture(scope="module")
def one(booted: Booted) -> Iterator[One]:
    """It runs when a test begins."""
    net = booted.cloud.network
    group = net.create_security_group(name="life")
    net.create_security_group_rule(
        security_group_id=group.id, direction="ingress", protocol="tcp", port_range_min=22, port_range_max=22
    )
    provider = net.find_network("provider").id
    port = net.create_port(network_id=provider, security_group_ids=[group.id])
    server = booted.wait(booted.boot("one", [{"port": port.id}], USER_DATA))
    made = One(booted, server, port.fixed_ips[0]["ip_address"])
    eventually(True, made.answers, within=BOOTED)
    yield made
    booted.delete(server)
    net.delete_port(port)
    net.delete_security_group(group)


def test_it_has_its_name_address_key_and_user_data(one: One) -> None:
    assert one.run("sudo cloud-init status --wait").endswith("status: done")
    assert one.run("hostname; cloud-id; cat /etc/motto").split("\n") == ["one", "configdrive", "from user data"]
    assert f"inet {one.address}/20" in one.run("ip address show eth0")


def test_its_configuration_is_for_root_only(one: One) -> None:
    assert one.run("cat /var/lib/cloud/seed/config_drive/openstack/latest/user_data || echo refused") == "refused"
    assert "from user data" in one.run("sudo cat /var/lib/cloud/seed/config_drive/openstack/latest/user_data")


def test_its_console_has_what_systemd_and_scripts_say(one: One) -> None:
    def console() -> str:
        return str(one.booted.cloud.compute.get_server_console_output(one.server.id)["output"])

    eventually(True, lambda: "a script speaks" in console())
    assert "Reached target" in console()


def test_it_may_use_the_memory_of_its_flavor(one: One) -> None:
    used = "head -c {} /dev/zero | tail -c {} | wc -c"  # tail keeps that much in memory
    assert one.run(used.format("64M", "64M")) == str(64 * 2**20)
    assert one.run(used.format("600M", "600M")) != str(600 * 2**20)


@pytest.mark.parametrize("kind", ["SOFT", "HARD"])
def test_a_reboot_keeps_its_disk_and_runs_no_user_data_again(one: One, kind: str) -> None:
    before = one.boot_id()
    one.booted.cloud.compute.reboot_server(one.server.id, kind)
    eventually(True, lambda: one.boot_id() not in ("", before), within=BOOTED)
    eventually("ACTIVE", one.status)
    assert one.run("cat /var/boots") == "first boot"


def test_it_may_reboot_itself(one: One) -> None:
    before = one.boot_id()
    one.run("sudo reboot")
    eventually(True, lambda: one.boot_id() not in ("", before), within=BOOTED)
    assert one.status() == "ACTIVE"


def test_it_stops_and_starts(one: One) -> None:
    one.run("sudo ip link add stray type bridge")
    one.booted.cloud.compute.stop_server(one.server.id)
    eventually("SHUTOFF", one.status, within=SECONDS)
    assert one.first_process() is None
    start(one)
    assert one.run("ip link show stray || echo gone").split()[-1] == "gone", "it is a machine that was off"


def start(one: One) -> None:
    one.booted.cloud.compute.start_server(one.server.id)
    eventually("ACTIVE", one.status, within=SECONDS)
    eventually(True, one.answers, within=BOOTED)


def test_one_that_is_killed_or_shuts_itself_down_is_shut_off(one: One) -> None:
    os.kill(one.first_process() or 0, signal.SIGKILL)
    eventually("SHUTOFF", one.status, within=SECONDS)
    start(one)
    one.run("sudo poweroff")
    eventually("SHUTOFF", one.status, within=SECONDS)
    start(one)


def test_a_rebuild_gives_it_a_new_disk_and_its_old_address(one: One) -> None:
    one.run("echo kept > mine")
    image = one.booted.cloud.image.find_image("debian-12-docker").id
    one.booted.cloud.compute.rebuild_server(one.server.id, image=image)
    eventually("REBUILD", one.status)
    eventually("ACTIVE", one.status, within=60)
    eventually(True, one.answers, within=BOOTED)
    assert one.run("sudo cloud-init status --wait; cat mine || echo new").split()[-1] == "new"
    assert one.run("cat /etc/motto") == "from user data"


def test_the_status_lists_the_network_agent_which_listens_nowhere(one: One) -> None:
    status = one.booted.sandbox.status()
    agent = status.services[-1]
    assert (status.running, agent.name, agent.running, agent.port) == (True, "network", True, 0)


def test_it_outlives_nova(one: One) -> None:
    before = one.first_process()
    sandbox = one.booted.sandbox
    processes.stop([processes.read_records(sandbox.state / "run")["nova"]])
    sandbox.start(print)
    assert one.first_process() == before
    assert one.status() == "ACTIVE"
    one.booted.cloud.compute.reboot_server(one.server.id, "HARD")
    eventually(False, lambda: one.first_process() in (None, before), within=SECONDS)
    eventually(True, one.answers, within=BOOTED)


def test_it_comes_back_with_the_sandbox_that_was_stopped(one: One) -> None:
    sandbox = one.booted.sandbox
    one.run("echo kept > mine; sync")
    sandbox.stop()
    assert left(sandbox) == {}
    sandbox.start(print)
    eventually("kept", one.run, "cat mine", within=BOOTED)
    assert one.status() == "ACTIVE"


@pytest.fixture
def second() -> Iterator[Sandbox]:
    """Another sandbox, not started."""
    made = new_sandbox("second")
    yield made
    forget(made)


def test_a_second_sandbox_has_addresses_of_its_own_and_takes_only_its_own_away(one: One, second: Sandbox) -> None:
    second.start(print, boot=True)
    assert own_ranges(second)
    assert not set(own_ranges(second)) & set(own_ranges(one.booted.sandbox))
    assert left(second).keys() == {"namespaces", "interfaces", "processes"}
    second.reset(print)
    assert left(second) == {}
    assert one.answers()


def own_ranges(sandbox: Sandbox) -> list[str]:
    routes = output("ip", "-4", "route").splitlines()
    prefix = Names.of(sandbox.state).prefix
    return [route.split()[0] for route in routes if prefix in route]


def test_a_server_deleted_while_servers_did_not_boot_leaves_no_node(booted: Booted, one: One) -> None:
    sandbox = booted.sandbox
    provider = booted.cloud.network.find_network("provider").id
    server = booted.wait(booted.boot("forgotten", [{"uuid": provider}]))
    folder = booted.node(server).folder
    assert folder.is_dir()
    sandbox.start(print, boot=False)
    assert left(sandbox).keys() == {"processes"}
    booted.delete(server)
    sandbox.start(print, boot=True)
    assert not folder.exists()
    eventually(True, one.answers, within=BOOTED)
