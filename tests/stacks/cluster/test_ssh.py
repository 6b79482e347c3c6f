"""How a server is logged in to: by which address, as whom, with which key, and what proves it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bay.components.spec.merge import build_spec
from bay.stacks.cluster.ssh import SshTarget, ssh_target
from bay.stacks.state.snapshot import IDENTITY_TYPE
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud
from tests.fakes.stack import FakeContext, FakeStack
from tests.fakes.states import bay_of

OPEN = {"keypair": "ada", "access": {"ssh": ["192.0.2.0/24"]}}
PUBLIC = "ssh-ed25519 AAAAada"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    return tmp_path


@pytest.fixture
def cloud() -> FakeCloud:
    found = FakeCloud()
    found.add("keypair", "ada", name="ada", public_key=f"{PUBLIC} ada@laptop\n")
    found.add("image", "image 1", name="debian-12-docker", os_distro="debian")
    return found


def write_key(home: Path, name: str, public: str) -> Path:
    (home / ".ssh" / f"{name}.pub").write_text(public)
    (home / ".ssh" / name).write_text("private")
    return home / ".ssh" / name


def bay(cloud: FakeCloud, folder: Path, **spec: Any) -> FakeStack:
    deployment = bay_of(build_spec([{"model": "swarm", "nodes": 1}, {**OPEN, **spec}]))
    for resource in deployment["resources"]:
        if resource["type"] == IDENTITY_TYPE:
            resource["outputs"]["generations"] = [
                {"phase": "current", "serial": 1, "ssh_host_public_key": "ssh-ed25519 H"}
            ]
        if resource["type"].endswith(":Instance"):
            resource["outputs"] = {"imageId": "image 1", "accessIpV4": f"10.0.0.{resource['id'][-1]}"}
    return FakeStack(deployment, cloud, context=FakeContext(cloud, folder))


def test_the_first_master_is_the_one_and_its_own_key_proves_it(home: Path, cloud: FakeCloud) -> None:
    key = write_key(home, "id_ed25519", f"{PUBLIC} another comment\n")
    write_key(home, "id_aaa", "ssh-ed25519 AAAAother ada\n")
    target = ssh_target(bay(cloud, home), None, None, None)
    assert (target.server, target.address, target.user, target.key) == ("demo-master-0", "10.0.0.0", "debian", key)
    assert target.is_pinned
    assert target.known_hosts.read_text() == "id master 0 ssh-ed25519 H\n"
    assert target.known_hosts.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["node-0", "demo-node-0"])
def test_a_node_is_named_with_or_without_its_bay_and_noted_at_the_first_login(
    name: str, home: Path, cloud: FakeCloud
) -> None:
    target = ssh_target(bay(cloud, home), name, None, None)
    assert (target.server, target.key, target.is_pinned) == ("demo-node-0", None, False)
    assert "StrictHostKeyChecking=accept-new" in target.command()
    assert target.known_hosts.parent.stat().st_mode & 0o777 == 0o700, "ssh makes no folder"


def test_a_key_without_its_private_part_is_none(home: Path, cloud: FakeCloud) -> None:
    (home / ".ssh" / "id.pub").write_text(PUBLIC)
    assert ssh_target(bay(cloud, home), None, None, None).key is None


def test_what_the_caller_names_counts(home: Path, cloud: FakeCloud) -> None:
    target = ssh_target(bay(cloud, home, keypair=None), None, "root", Path("/mine"))
    assert (target.user, target.key, target.keypair) == ("root", Path("/mine"), "")


@pytest.mark.parametrize(
    ("image", "spec", "user"),
    [
        ({"os_distro": "ubuntu"}, {}, "ubuntu"),
        ({"os_distro": "fedora-coreos"}, {}, "core"),
        ({"os_distro": "debian", "os_admin_user": "cern"}, {}, "cern"),
        ({}, {"os_distro": "rocky"}, "rocky"),
        ({"os_distro": "opensuse"}, {}, "opensuse"),
        ({"os_distro": "centos"}, {}, "cloud-user"),
        ({}, {}, "root"),
        (None, {}, "root"),
    ],
)
def test_the_user_is_what_the_image_says(
    image: dict[str, str] | None, spec: dict[str, str], user: str, home: Path, cloud: FakeCloud
) -> None:
    cloud.things["image"].clear()
    if image is not None:
        cloud.add("image", "image 1", name="x", **image)
    assert ssh_target(bay(cloud, home, **spec), "node-0", None, None).user == user


@pytest.mark.parametrize(
    ("spec", "node", "message", "hint"),
    [
        (
            {"keypair": None},
            None,
            "bay demo has no keypair, so its servers let nobody in by SSH",
            "'bay logs demo NODE'",
        ),
        (
            {"access": {"ssh": []}},
            None,
            "SSH to the servers of bay demo is closed",
            "'bay update demo --set access.ssh=[CIDR]' opens it to your network",
        ),
        ({}, "nod-0", "bay demo has no node 'nod-0'", "nearest: demo-node-0"),
    ],
)
def test_what_lets_nobody_in_is_said_before(
    spec: dict[str, Any], node: str | None, message: str, hint: str, home: Path, cloud: FakeCloud
) -> None:
    said = told(lambda: ssh_target(bay(cloud, home, **spec), node, None, None))
    assert said[0] == message
    assert said[1].startswith(hint)


def test_the_command_goes_by_the_servers_id_and_takes_words_as_they_are() -> None:
    target = SshTarget("demo-node-0", "203.0.113.7", "debian", "ada", Path("/k"), "id 1", Path("/a b/100%"), True)
    assert target.command(["ls", "-l", "a b"]) == [
        "ssh",
        *("-o", "HostKeyAlias=id 1"),
        *("-o", 'UserKnownHostsFile="/a b/100%%"'),
        *("-o", "GlobalKnownHostsFile=/dev/null"),
        *("-o", "StrictHostKeyChecking=yes"),
        *("-i", "/k"),
        *("-l", "debian"),
        "203.0.113.7",
        *("--", "ls", "-l", "a b"),
    ]
