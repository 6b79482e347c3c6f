"""The identity of a bay is made once, never changes, and guards against another cloud."""

import base64
import subprocess
import sys
import uuid
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, get_type_hints

import dill
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bay.components import identity
from bay.components.identity import IdentityProvider
from bay.components.node.certificates import Authority
from bay.components.node.credentials import Generation, current
from bay.components.openstack import scope
from bay.components.openstack.scope import ProjectScope

CLOUD = {"auth_url": "http://cloud:5000", "region": "one", "project_id": "aaa"}
INPUTS = {"bay": "demo", "cloud": CLOUD, "managed_by": "cli", "secrets": {}}
STATE_REFERENCE = "gASVMwAAAAAAAACMF2JheS5jb21wb25lbnRzLmlkZW50aXR5lIwQSWRlbnRpdHlQcm92aWRlcpSTlCmBlC4="
"""What states of bays hold: the pickled reference to the provider. Never record it anew; mend the code."""


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    created = IdentityProvider().create(INPUTS)
    assert created.outs is not None
    return {"id": created.id, **created.outs}


def test_the_id_is_a_new_uuid_for_each_bay(made: dict[str, Any]) -> None:
    assert str(uuid.UUID(made["id"])) == made["id"]
    assert IdentityProvider().create(INPUTS).id != made["id"]


def test_the_moment_of_making_is_rfc_3339_in_utc(made: dict[str, Any]) -> None:
    moment = datetime.fromisoformat(made["made_at"])
    assert moment.tzinfo is not None
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60
    assert made["made_at"].endswith("+00:00")
    assert "authority_ends" not in made, "of one of the bay's own, made_at tells"


def test_a_new_bay_has_one_generation_with_every_key(made: dict[str, Any]) -> None:
    (generation,) = made["generations"]
    assert set(generation) == set(get_type_hints(Generation))
    assert (generation["phase"], generation["serial"]) == ("current", 1)
    texts = [value for value in generation.values() if isinstance(value, str)]
    assert len(set(texts)) == len(texts), "no two secrets are the same"


def test_a_bay_takes_the_authority_that_it_is_given() -> None:
    given = authority_with(rsa.generate_private_key(65537, 2048))
    outs = IdentityProvider().create({**INPUTS, "authority": asdict(given)}).outs
    assert outs is not None
    assert "authority" not in outs
    generation = current(outs["generations"])
    assert (generation["ca_key"], generation["ca_cert"]) == (given.key, given.certificate)
    client = x509.load_pem_x509_certificate(generation["client_cert"].encode())
    ours = x509.load_pem_x509_certificate(given.certificate.encode())
    client.verify_directly_issued_by(ours)
    assert client.not_valid_after_utc <= ours.not_valid_after_utc
    assert datetime.fromisoformat(outs["authority_ends"]) == ours.not_valid_after_utc
    assert IdentityProvider().diff("", outs, INPUTS).changes is False


def authority_with(key: rsa.RSAPrivateKey) -> Authority:
    """As Magnum makes it: its own name, five years, no identifier of the authority's key."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "my cluster")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1825))
        .add_extension(x509.BasicConstraints(True, 0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    pem = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Authority(pem.decode(), certificate.public_bytes(encoding).decode())


def test_ssh_keys_are_pairs(made: dict[str, Any]) -> None:
    generation = current(made["generations"])
    for private, public in (
        ("ssh_host_key", "ssh_host_public_key"),
        ("join_node_key", "join_node_public_key"),
        ("join_master_key", "join_master_public_key"),
        ("member_key", "member_public_key"),
    ):
        key = serialization.load_ssh_private_key(generation[private].encode(), None)  # type: ignore[literal-required]
        own = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        assert own.decode() == generation[public]  # type: ignore[literal-required]


def test_the_current_generation_is_found_among_others(made: dict[str, Any]) -> None:
    one = made["generations"][0]
    others = [{**one, "phase": "next", "serial": 2}, one, {**one, "phase": "previous", "serial": 0}]
    assert current(others)["serial"] == 1
    with pytest.raises(ValueError, match="no current generation"):
        current(others[:1])


def test_nothing_changes_an_identity(made: dict[str, Any]) -> None:
    for news in (INPUTS, {**INPUTS, "bay": "renamed"}):
        difference = IdentityProvider().diff(made["id"], made, news)
        assert (difference.changes, difference.replaces) == (False, None)


def test_an_update_keeps_every_secret(made: dict[str, Any]) -> None:
    updated = IdentityProvider().update(made["id"], {**made, "__provider": "x"}, {"bay": "demo", "cloud": {}})
    assert updated.outs == made


def test_a_preview_under_another_projects_login_is_an_error(made: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match=r"^bay demo belongs to project aaa .* project bbb .*; use the login"):
        IdentityProvider().diff(made["id"], made, {**INPUTS, "cloud": {**CLOUD, "project_id": "bbb"}})


@pytest.mark.parametrize(
    ("owner", "other", "words"), [("cli", "file", "bay export demo"), ("file", "cli", "stacks/Pulumi.demo.yaml")]
)
def test_another_owner_of_the_bay_is_an_error(made: dict[str, Any], owner: str, other: str, words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        IdentityProvider().diff(made["id"], {**made, "managed_by": owner}, {**INPUTS, "managed_by": other})


def test_a_refresh_under_another_projects_login_is_an_error(
    made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scope, "current_scope", lambda: ProjectScope("http://cloud:5000", "one", "bbb"))
    with pytest.raises(RuntimeError, match="the login is for project bbb"):
        IdentityProvider().read(made["id"], made)


def test_a_refresh_finds_what_the_state_holds(made: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope, "current_scope", lambda: ProjectScope("http://cloud:5000/v3", "one", "aaa"))
    found = IdentityProvider().read(made["id"], made)
    assert (found.id, found.outs) == (made["id"], made)


def test_deleting_does_nothing_and_asks_for_nothing(made: dict[str, Any]) -> None:
    IdentityProvider().delete(made["id"], {})


def test_the_reference_in_the_state_of_existing_bays_still_leads_here() -> None:
    assert type(dill.loads(base64.b64decode(STATE_REFERENCE))) is IdentityProvider


def test_new_states_hold_the_same_reference_and_no_code() -> None:
    from pulumi.dynamic.dynamic import serialize_provider

    pickled = base64.b64decode(serialize_provider(IdentityProvider()))
    assert b"bay.components.identity" in pickled
    assert b"IdentityProvider" in pickled
    assert len(pickled) < 100


def test_the_module_costs_no_more_than_pulumi() -> None:
    code = f"import sys, pulumi.dynamic; a = set(sys.modules); import {identity.__name__}; print(*set(sys.modules) - a)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {name for name in loaded if not name.startswith("bay")} == set()
    assert {name for name in loaded if name.startswith("bay.")} <= {
        "bay.components",
        "bay.components.node.credentials",
        "bay.components.identity",
    }
