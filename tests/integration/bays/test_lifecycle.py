"""The whole way of a bay, as its user goes it: create, show, preview, scale, delete."""

import os
import stat

import pytest
from openstack.connection import Connection

from tests.integration.bays.harness import Bay

pytestmark = pytest.mark.sandbox


def nodes(bay: Bay, name: str) -> dict[str, str]:
    """Node name -> Nova's status."""
    return {row["name"]: row["status"] for row in bay.run("node", "list", name, "-f", "json").json}


def test_a_bay_is_made_shown_scaled_and_deleted(bay: Bay) -> None:
    bay.make("demo", "--nodes", "2")
    shown = bay.run("show", "demo", "-f", "json").json
    assert shown["status"] == "CREATE_COMPLETE"
    assert (shown["name"], shown["coe"], shown["model"]) == ("demo", "swarm", "swarm")
    assert (len(shown["masters"]), len(shown["nodes"])) == (1, 2)
    assert shown["api_address"].endswith(":2376")
    assert shown["spec"]["nodes"]["count"] == 2
    assert nodes(bay, "demo") == dict.fromkeys(["demo-master-0", "demo-node-0", "demo-node-1"], "ACTIVE")

    nothing = bay.run("preview", "demo", "-f", "json")
    assert (nothing.code, nothing.json["empty"]) == (0, True)
    more = bay.run("preview", "demo", "--nodes", "4", "-f", "json")
    assert more.code == 2
    assert [(c["operation"], c["type"], c["name"]) for c in more.json["changes"]] == [
        ("create", "Instance", "demo-node-2"),
        ("create", "Instance", "demo-node-3"),
    ]

    assert bay.run("scale", "demo", "4").code == 0
    assert bay.run("scale", "demo", "--remove", "demo-node-1", "--yes").code == 0
    assert list(nodes(bay, "demo")) == ["demo-master-0", "demo-node-0", "demo-node-2", "demo-node-3"]
    assert bay.run("show", "demo", "-f", "value", "-c", "status").out == "UPDATE_COMPLETE\n"

    assert bay.run("delete", "demo", "--yes").code == 0
    assert bay.run("list", "-f", "json").json == []


def test_client_files_are_private_and_open_the_api(bay: Bay) -> None:
    bay.make("demo", "--nodes", "0", "--set", "access.api=[192.0.2.0/24]")
    folder = bay.home / "client"
    result = bay.run("config", "demo", "--dir", str(folder))
    assert result.code == 0, result
    assert f"export DOCKER_CERT_PATH={folder}" in result.out.splitlines()
    assert sorted(os.listdir(folder)) == ["ca.pem", "cert.pem", "key.pem"]
    assert {stat.S_IMODE((folder / file).stat().st_mode) for file in os.listdir(folder)} == {0o600}


def test_an_image_uploaded_under_the_old_name_changes_nothing(bay: Bay, admin: Connection) -> None:
    bay.make("demo", "--nodes", "1")
    old = next(admin.image.images(name="debian-12-docker"))
    admin.image.update_image(old, name="debian-12-docker-old")
    new = admin.image.create_image(
        name="debian-12-docker",
        data=b"new",
        container_format="bare",
        disk_format="raw",
        visibility="public",
        os_distro="debian",
    )
    try:
        plan = bay.run("preview", "demo", "--nodes", "2", "-f", "json")
        assert [(c["operation"], c["name"]) for c in plan.json["changes"]] == [("create", "demo-node-1")], plan
        assert bay.run("scale", "demo", "2").code == 0
        servers = admin.compute.servers(all_projects=True, name="^demo-node-")
        assert {server.image.id for server in servers} == {old.id}
    finally:
        admin.image.delete_image(new)
        admin.image.update_image(old, name="debian-12-docker")


def test_a_bay_lives_on_a_network_that_another_project_shares(bay: Bay) -> None:
    bay.make("flat", "--nodes", "1", "--set", "network.existing=provider")
    shown = bay.run("show", "flat", "-f", "json").json
    assert shown["network"] == "provider"
    assert shown["api_address"] == f"{shown['masters'][0]}:2376", "no floating IP on a network without router"
    assert bay.run("preview", "flat").code == 0


def test_a_dry_run_changes_nothing(bay: Bay) -> None:
    bay.make("demo", "--nodes", "1")
    before = bay.run("show", "demo", "-f", "json").json
    for words in (("scale", "demo", "3"), ("update", "demo", "--nodes", "3"), ("delete", "demo")):
        assert bay.run(*words, "--dry-run").code == 0, words
    assert bay.run("create", "other", "--model", "swarm", "--dry-run").code == 0
    assert bay.names() == ["demo"]
    assert bay.run("show", "demo", "-f", "json").json == before
