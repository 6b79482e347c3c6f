"""What a client of a Kubernetes bay gets, and how the bay's health is read."""

from base64 import b64decode
from typing import Any

import yaml
from cryptography import x509

from bay.components.engines import Client
from bay.components.node.credentials import Generation
from tests.components.engines.kubernetes.facts import KUBERNETES, kubernetes_keys
from tests.paths import ENGINE_FILES

ADDRESSES = ("203.0.113.7:6443", "203.0.113.8:6443")


def config(generation: Generation) -> Any:
    return yaml.safe_load(KUBERNETES.client_files(Client("demo", ADDRESSES, [kubernetes_keys(generation)]))["config"])


def test_a_kubeconfig_has_a_context_for_each_address_and_uses_the_first(generation: Generation) -> None:
    found = config(generation)
    assert [one["cluster"]["server"] for one in found["clusters"]] == [f"https://{address}" for address in ADDRESSES]
    assert [one["name"] for one in found["contexts"]] == ["demo", "demo-1"]
    assert found["current-context"] == "demo"
    assert b64decode(found["clusters"][1]["cluster"]["certificate-authority-data"]).decode() == generation["ca_cert"]


def test_a_client_is_an_administrator_whose_power_can_be_taken_away(generation: Generation) -> None:
    user = config(generation)["users"][0]["user"]
    certificate = x509.load_pem_x509_certificate(b64decode(user["client-certificate-data"]))
    assert certificate.subject.rfc4514_string() == "CN=demo client,O=kubeadm:cluster-admins"
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(generation["ca_cert"].encode()))


def test_a_kubeconfig_is_the_same_in_every_run(generation: Generation) -> None:
    assert config(generation) == config(generation)


def test_a_kubeconfig_can_be_turned_to_another_address(generation: Generation) -> None:
    files = KUBERNETES.client_files(Client("demo", ADDRESSES, [kubernetes_keys(generation)]))
    turned = KUBERNETES.turned_to(files, ADDRESSES[1])
    assert yaml.safe_load(turned["config"]) == {**yaml.safe_load(files["config"]), "current-context": "demo-1"}
    assert {**turned, "config": ""} == {**files, "config": ""}


def test_kubectl_finds_the_kubeconfig_by_the_environment() -> None:
    assert KUBERNETES.client_environment(ADDRESSES, "/home/ada/demo") == {"KUBECONFIG": "/home/ada/demo/config"}


def test_a_node_is_healthy_when_kubernetes_says_that_it_is_ready() -> None:
    assert KUBERNETES.question.path == "/api/v1/nodes"
    states = {"m": [("MemoryPressure", "False"), ("Ready", "True")], "n": [("Ready", "Unknown")], "new": []}
    items = [
        {"metadata": {"name": name}, "status": {"conditions": [{"type": kind, "status": s} for kind, s in found]}}
        for name, found in states.items()
    ]
    health = {"m": "HEALTHY", "n": "UNHEALTHY", "new": "UNHEALTHY"}
    assert KUBERNETES.node_health({"items": items}) == health
    assert KUBERNETES.node_health({"items": [{"metadata": {"name": "x"}, "status": {}}]}) == {"x": "UNHEALTHY"}


def test_no_registry_is_named_but_the_one_of_kubeadm() -> None:
    folder = ENGINE_FILES.parent
    parts = (*(folder / "kubernetes").glob("*.py"), *(folder / "files/kubernetes").iterdir())
    text = "".join(path.read_text() for path in parts)
    assert text.count("registry.k8s.io") == 1
    assert not [name for name in ("docker.io", "quay.io", "ghcr.io", "gcr.io") if name in text]
