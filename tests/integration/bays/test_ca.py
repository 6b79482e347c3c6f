"""The authority of a bay: shown, signing for users, and nothing secret on the way. And who may use a model."""

import ssl
from pathlib import Path

import pytest
import yaml

from tests.integration.bays.harness import Bay

pytestmark = pytest.mark.sandbox


def new_request(bay: Bay, name: str) -> Path:
    """What a user makes with openssl: a key and a request."""
    file = bay.home / f"{name}.csr"
    words = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    done = bay.execute(
        [*words, "-keyout", str(file.with_suffix(".key")), "-subj", f"/O=physics/CN={name}", "-out", str(file)]
    )
    assert done.code == 0, done
    return file


def verified(bay: Bay, authority: str, certificate: str, *more: str) -> str:
    """What openssl says of a certificate's chain."""
    (bay.home / "ca.pem").write_text(authority)
    (bay.home / "cert.pem").write_text(certificate)
    return bay.execute(["openssl", "verify", *more, "-CAfile", "ca.pem", "cert.pem"]).out


def test_a_bays_authority_signs_requests_of_users_and_gives_away_no_key(bay: Bay) -> None:
    bay.make("demo", "--nodes", "1", "--addon", "cvmfs")
    shown = bay.run("ca", "show", "demo")
    assert (shown.code, shown.err) == (0, "")
    assert ssl.PEM_cert_to_DER_cert(shown.out)
    assert bay.run("config", "demo", "--dir", "client").code == 0
    assert (bay.home / "client" / "ca.pem").read_text() == shown.out

    before = sorted(path for path in bay.home.rglob("*") if "state" not in path.parts)
    signed = bay.run("ca", "sign", "demo", str(new_request(bay, "ada")), "--days", "30")
    assert signed.code == 0, signed
    assert "a certificate for CN=ada,O=physics as a client of bay demo: it gives full power" in signed.err
    assert "PRIVATE KEY" not in signed.out + signed.err
    assert verified(bay, shown.out, signed.out, "-purpose", "sslclient") == "cert.pem: OK\n"
    assert "OK" not in verified(bay, shown.out, signed.out, "-purpose", "sslserver")
    new = {path.name for path in bay.home.rglob("*") if "state" not in path.parts} - {path.name for path in before}
    assert new == {"ada.csr", "ada.key"}, "nothing else is left in files"

    request = new_request(bay, "bob")
    request.write_text(request.read_text().replace("A", "B", 3))
    assert bay.run("ca", "sign", "demo", str(request)).error[0].startswith(f"{request}: is not ")
    assert bay.run("ca", "show", "demo", "--type", "etcd").error[0] == "bay demo has no authority 'etcd'"

    origins = {row["field"]: row["origin"] for row in bay.run("show", "demo", "--origin", "-f", "json").json}
    expected = {"nodes.count": "bay", "masters.count": "model swarm", "access.api": "default", "model": "bay"}
    assert {field: origins[field] for field in expected} == expected
    assert origins['snippets.cvmfs.files["/etc/cvmfs/default.local"]'] == "add-on cvmfs"
    assert bay.run("update", "demo", "--set", "addons=[]").code == 0
    assert bay.run("show", "demo", "-f", "json").json["spec"]["snippets"] == {}
    assert bay.run("preview", "demo").code == 0


def test_only_the_projects_that_a_model_lists_make_bays_of_it(bay: Bay) -> None:
    models = bay.home / "config" / "bay" / "models"
    models.mkdir(parents=True)
    lab = {"extends": "swarm", "public": False, "projects": ["biology"], "nodes": 0}
    (models / "lab.yaml").write_text(yaml.safe_dump(lab))
    refused = bay.run("create", "demo", "--model", "lab")
    assert refused.error == (
        "model lab is for biology, and the login is for physics",
        "use a login of such a project (--os-cloud), or another model: 'bay model list'",
    )
    assert bay.names() == []
    (models / "lab.yaml").write_text(yaml.safe_dump({**lab, "projects": ["biology", "physics"]}))
    assert bay.run("preview", "demo", "--model", "lab").code == 2
