"""What one does at a terminal with a bay that is there: one bay for all of it."""

import re
import shutil

import pytest
from openstack.connection import Connection

from tests.integration.bays.harness import Bay

pytestmark = pytest.mark.sandbox


@pytest.fixture
def keypair(clouds: list[Connection], bay: Bay) -> object:
    """A keypair of Nova's whose private key is in the user's ~/.ssh."""
    folder = bay.home / ".ssh"
    folder.mkdir(mode=0o700)
    made = bay.execute(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "id_ed25519")])
    assert made.code == 0, made
    public = (folder / "id_ed25519.pub").read_text()
    clouds[0].compute.create_keypair(name="terminal", public_key=public)
    yield "terminal"
    bay.delete_all()
    clouds[0].compute.delete_keypair("terminal")


def test_a_bay_is_looked_at_from_all_sides(bay: Bay, keypair: str, clouds: list[Connection]) -> None:
    options = ("--keypair", keypair, "--set", "access.ssh=[192.0.2.0/24]", "--set", "floating_ips=all")
    created = bay.run("create", "demo", "--model", "swarm", "--nodes", "1", *options)
    assert created.code == 0, created
    lines = [re.sub(r"^ *\d+ s +", "", line) for line in created.err.splitlines()]
    assert any(re.match(r"servers demo-node +creating 0 of 1, waiting for demo-node-0", line) for line in lines)
    assert len(lines) == len(set(lines)), "a line that did not change is not printed again"

    nodes = bay.run("--os-cloud", bay.cloud, "-f", "json", "node", "list", "demo").json
    public = {ip.floating_ip_address for ip in clouds[0].network.ips()}
    assert {node["floating_ip"] for node in nodes} == public
    assert bay.run("show", "demo", "-f", "json").json["floating_ips"] == {n["name"]: n["floating_ip"] for n in nodes}
    table = bay.run("node", "list", "demo", COLUMNS="80").out
    assert max(map(len, table.splitlines())) <= 80
    assert all(node["floating_ip"] in table and node["id"] not in table for node in nodes)

    assert bay.run("logs", "demo", "node-0").out
    assert bay.run("logs", "demo", "nod-0").error == ("bay demo has no node 'nod-0'", "nearest: demo-node-0")

    target = bay.run("ssh", "demo", "-f", "json", "--", "uptime").json
    assert (target["server"], target["user"]) == ("demo-master-0", "debian")
    assert target["key"] == str(bay.home / ".ssh" / "id_ed25519")
    assert target["command"].endswith(f"-l debian {target['address']} -- uptime")

    newest = bay.run("history", "demo", "-f", "json").json[0]
    assert (newest["operation"], newest["result"]) == ("update", "succeeded")
    assert newest["created"] > 20

    graph = bay.run("graph", "demo", "-f", "json").json
    assert {"from": "network", "to": "demo-node-0"} in graph["edges"]
    assert bay.run("graph", "demo", "-f", "svg").out.startswith("<svg ")
    assert bay.run("show", "demo", "--os-cloud", "sandbox-other").error[0].startswith("bay demo belongs to project ")

    put = bay.run("config", "demo", "--merge")
    assert put.code == 0, put
    if shutil.which("docker"):
        assert "demo" in bay.execute(["docker", "context", "ls", "-q"]).out.split()
    assert bay.run("config", "demo", "--merge").code == 0, "renewed"
    assert bay.run("config", "demo", "--unset").err == "context demo is removed\n"
    assert [path for path in (bay.home / ".docker").rglob("*") if path.is_file() and "contexts" in path.parts] == []

    (log,) = (bay.home / ".local" / "state" / "bay").glob("*-create.log")
    (passphrase,) = (bay.data / "passphrases").glob("*/demo")
    text = log.read_text()
    assert ": bay create demo --model swarm" in text.splitlines()[0]
    assert passphrase.read_text().strip() not in text
    assert "PRIVATE KEY" not in text
