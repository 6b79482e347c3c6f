"""What a client needs: files with a certificate of its own, and the API's addresses, one that answers now first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from cryptography import x509

from bay.components.errors import BayError
from bay.components.node.client_login import LoginRequest
from bay.components.spec.merge import build_spec
from bay.stacks.cluster.clients import client_files_of
from tests.fakes.keys import KEYS, with_keys
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud
from tests.fakes.stack import FakeStack
from tests.fakes.states import bay_of, cut_off

NOW = datetime(2027, 1, 1, tzinfo=UTC)
ADDRESSES = ["203.0.113.1:2376", "203.0.113.2:2376"]


def bay(model: str = "swarm-ha", **spec: Any) -> FakeStack:
    deployment = bay_of(build_spec([{"model": model}, spec]))
    stack = next(r for r in deployment["resources"] if r["type"] == "pulumi:pulumi:Stack")
    stack["outputs"] |= {"api_addresses": ADDRESSES}
    return FakeStack(with_keys(deployment), FakeCloud())


def test_files_come_with_every_address_and_whether_the_api_is_open() -> None:
    found = client_files_of(bay(access={"api": ["10.0.0.0/8"]}))
    assert (found.coe, found.addresses) == ("swarm", tuple(ADDRESSES))
    assert (found.files["ca.pem"], found.files["cert.pem"]) == (KEYS["ca_cert"], found.login.certificate)
    assert found.is_open
    assert not client_files_of(bay()).is_open
    assert found.environment("/home/ada")["DOCKER_HOST"] == f"tcp://{ADDRESSES[0]}"


@pytest.mark.parametrize("model", ["swarm", "kubernetes", "mesos"])
def test_the_certificate_is_the_clients_own_and_lasts_ninety_days(model: str) -> None:
    found = client_files_of(bay(model), now=NOW)
    certificate = x509.load_pem_x509_certificate(found.files["cert.pem"].encode())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(KEYS["ca_cert"].encode()))
    assert certificate.not_valid_after_utc == found.login.ends == NOW + timedelta(days=90)
    assert found.login.renewed_from == NOW + timedelta(days=60)
    assert KEYS["client_key"] not in "".join(found.files.values()), "the bay's own key stays in its state"
    if model == "kubernetes":
        assert "O=kubeadm:cluster-admins" in certificate.subject.rfc4514_string()
        user = yaml.safe_load(found.files["config"])["users"][0]["user"]
        assert x509.load_pem_x509_certificate(_decoded(user["client-certificate-data"])) == certificate


def _decoded(text: str) -> bytes:
    from base64 import b64decode

    return b64decode(text)


@pytest.mark.parametrize("model", ["swarm", "kubernetes", "mesos"])
def test_what_is_there_is_kept_while_it_is_good(model: str) -> None:
    first = client_files_of(bay(model), now=NOW)
    again = client_files_of(bay(model), LoginRequest(present=first.files), NOW + timedelta(days=59))
    assert (again.files, again.login.is_new) == (first.files, False)
    later = client_files_of(bay(model), LoginRequest(present=first.files), NOW + timedelta(days=60))
    assert later.login.is_new
    assert later.files["key.pem"] != first.files["key.pem"]


def test_a_bay_of_an_earlier_release_has_one_address() -> None:
    one = bay()
    outputs = dict(one.state.outputs)
    del outputs["api_addresses"]
    stack = next(r for r in one.deployment["resources"] if r["type"] == "pulumi:pulumi:Stack")  # type: ignore[index]
    stack["outputs"] = outputs | {"api_address": ADDRESSES[1]}
    assert client_files_of(FakeStack(one.deployment, FakeCloud())).addresses == (ADDRESSES[1],)


@pytest.mark.parametrize("state", [None, cut_off()])
def test_a_bay_that_is_not_complete_has_none(state: dict[str, Any] | None) -> None:
    assert told(lambda: client_files_of(FakeStack(state, FakeCloud()))) == (
        "bay demo is not complete",
        "'bay show demo' says why; 'bay create demo' resumes it",
        1,
    )


def test_nothing_of_it_needs_the_cloud() -> None:
    one = bay()
    client_files_of(one)
    assert one.journal == []
    with pytest.raises(BayError):
        client_files_of(FakeStack({}, FakeCloud()))
