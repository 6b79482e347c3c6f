"""What Barbican keeps of a bay: its passphrase for all of the project, and certificates for other tools."""

import json

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from openstack.connection import Connection

from tests.integration.bays.conftest import NewBay
from tests.integration.bays.harness import Bay, of_barbican

pytestmark = pytest.mark.sandbox

STORE = ("--set", "identity.store=barbican")


def kept(cloud: Connection) -> list[str]:
    """Names of the secrets of the project, as its member sees them."""
    return sorted(secret.name for secret in of_barbican(cloud, "secrets"))


def payload(cloud: Connection, secret: str) -> str:
    """What is in a secret."""
    return str(cloud.key_manager.get(f"/secrets/{secret}/payload", headers={"Accept": "text/plain"}).text)


def contents(cloud: Connection, container: str) -> dict[str, bytes]:
    """What is in the secrets of a container, as any tool of the project reads it."""
    refs = cloud.key_manager.get(f"/containers/{container}").json()["secret_refs"]
    return {ref["name"]: payload(cloud, ref["secret_ref"].rsplit("/", 1)[-1]).encode() for ref in refs}


def files(user: Bay) -> list[str]:
    """Of passphrases, and what belongs to them."""
    return [file.name for file in (user.data / "passphrases").rglob("*") if file.is_file()]


def test_a_colleague_changes_and_deletes_a_bay_without_any_file(new_bay: NewBay, clouds: list[Connection]) -> None:
    ada, ben = new_bay(BAY_SECRETS="barbican"), new_bay()
    ben.extra = {**ben.extra, "BAY_STATE": f"file://{ada.state}"}
    created = ada.run("--debug", "create", "shared", "--model", "swarm", "--nodes", "0", "--no-wait", *STORE)
    assert created.code == 0, created
    (secret,) = (one for one in of_barbican(clouds[0], "secrets") if one.name.startswith("bay.shared.passphrase."))
    words = payload(clouds[0], secret.id)
    assert len(words) >= 43
    assert "/v1/secrets" in created.err, "calls to Barbican are shown"
    assert words not in created.err

    assert ben.run("list", "-f", "value", "-c", "name", "-c", "status").out == "shared CREATE_COMPLETE\n"
    scaled = ben.run("scale", "shared", "1", "--no-wait")
    assert scaled.code == 0, scaled
    assert ben.run("show", "shared", "-f", "json").json["spec"]["nodes"]["count"] == 1
    shown = ben.run("show", "shared", "-f", "value", "-c", "certificate_container").out.strip()
    parts = contents(clouds[0], shown.rsplit("/", 1)[-1])
    authority = load_pem_x509_certificate(parts["intermediates"])
    certificate = load_pem_x509_certificate(parts["certificate"])
    certificate.verify_directly_issued_by(authority)
    key = load_pem_private_key(parts["private_key"], None)
    assert certificate.public_key() == key.public_key()
    assert ben.run("drift", "shared", "-f", "json").json == []
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
