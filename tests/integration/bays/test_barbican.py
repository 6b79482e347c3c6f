"""What Barbican keeps of a bay: its passphrase for all of the project."""

import json

import pytest
from openstack.connection import Connection

from tests.integration.bays.conftest import NewBay
from tests.integration.bays.harness import Bay, of_barbican

pytestmark = pytest.mark.sandbox


def kept(cloud: Connection) -> list[str]:
    """Names of the secrets of the project, as its member sees them."""
    return sorted(secret.name for secret in of_barbican(cloud, "secrets"))


def files(user: Bay) -> list[str]:
    """Of passphrases, and what belongs to them."""
    return [file.name for file in (user.data / "passphrases").rglob("*") if file.is_file()]


def test_a_colleague_changes_and_deletes_a_bay_without_any_file(new_bay: NewBay, clouds: list[Connection]) -> None:
    ada, ben = new_bay(BAY_SECRETS="barbican"), new_bay()
    ben.extra = {**ben.extra, "BAY_STATE": f"file://{ada.state}"}
    created = ada.run("--debug", "create", "shared", "--model", "swarm", "--nodes", "0", "--no-wait")
    assert created.code == 0, created
    (name,) = kept(clouds[0])
    assert name.startswith("bay.shared.passphrase.")
    path = f"/secrets/{of_barbican(clouds[0], 'secrets')[0].id}/payload"
    words = clouds[0].key_manager.get(path, headers={"Accept": "text/plain"}).text
    assert len(words) >= 43
    assert "/v1/secrets" in created.err, "calls to Barbican are shown"
    assert words not in created.err

    assert ben.run("list", "-f", "value", "-c", "name", "-c", "status").out == "shared CREATE_COMPLETE\n"
    scaled = ben.run("scale", "shared", "1", "--no-wait")
    assert scaled.code == 0, scaled
    assert ben.run("show", "shared", "-f", "json").json["spec"]["nodes"]["count"] == 1
    found = ben.run("state", "doctor", "-f", "json")
    assert [row["detail"] for row in found.json if row["check"] == "passphrase"] == ["in Barbican of the project"]
    assert (files(ada), files(ben)) == ([], [])
    deleted = ben.run("delete", "shared", "--yes")
    assert deleted.code == 0, deleted
    assert kept(clouds[0]) == []


@pytest.mark.long
def test_a_creation_that_is_killed_loses_and_doubles_no_passphrase(bay: Bay, clouds: list[Connection]) -> None:
    for _ in range(3):
        running = bay.start("create", "killed", "--model", "swarm", "--nodes", "0", "--secrets", "barbican")
        running.until(lambda: kept(clouds[0]))
        running.kill()
        running.wait()
    bay.make("killed", "--nodes", "0", "--no-wait", BAY_SECRETS="barbican")
    (name,) = kept(clouds[0])
    assert files(bay) == []
    assert bay.run("state", "secrets", "killed", "--to", "file").code == 0
    assert (kept(clouds[0]), files(bay)) == ([], ["killed"])
    assert bay.run("state", "secrets", "killed", "--to", "barbican").code == 0
    assert (kept(clouds[0]), files(bay)) == ([name], [])
    exported = bay.shell("pulumi stack output --show-secrets client_files --stack killed", bay="killed")
    assert "ca.pem" in json.loads(exported.out), "plain pulumi has the passphrase as well"
