"""What makes the API server and the kubelets harder than kubeadm's defaults."""

from typing import Any

import pytest

from bay.components.engines import Facts
from tests.components.engines.kubernetes.facts import documents, files, kubernetes_facts


def test_the_api_server_is_hardened(facts: Facts) -> None:
    cluster, kubelet, _ = documents(kubernetes_facts(facts), "/etc/bay/kubeadm.yaml")
    arguments = {one["name"]: one["value"] for one in cluster["apiServer"]["extraArgs"]}
    assert arguments["enable-admission-plugins"] == "NodeRestriction,DenyServiceExternalIPs"
    assert arguments["service-account-extend-token-expiration"] == "false"
    assert kubelet["podPidsLimit"] == 4096
    assert arguments["profiling"] == "false"
    assert arguments["tls-min-version"] == "VersionTLS12"
    for name in (
        "encryption-provider-config",
        "audit-policy-file",
        "authentication-config",
        "admission-control-config-file",
    ):
        assert arguments[name] in files(kubernetes_facts(facts), "master"), name
    assert kubelet["authentication"]["anonymous"] == {"enabled": False}
    assert kubelet["authorization"] == {"mode": "Webhook"}
    assert kubelet["readOnlyPort"] == 0


@pytest.mark.parametrize(
    ("options", "level"),
    [({}, "baseline"), ({"pod_security": "restricted"}, "restricted"), ({"pod_security": "privileged"}, "privileged")],
)
def test_pods_have_a_level_outside_the_systems_namespace(options: dict[str, Any], level: str, facts: Facts) -> None:
    given = kubernetes_facts(facts, options=options)
    (admission,) = documents(given, "/etc/kubernetes/bay/admission.yaml")
    (plugin,) = admission["plugins"]
    assert plugin["name"] == "PodSecurity"
    assert plugin["configuration"]["defaults"]["enforce"] == level
    assert plugin["configuration"]["exemptions"] == {"namespaces": ["kube-system"]}


def test_nobody_is_anonymous_but_who_asks_for_health(facts: Facts) -> None:
    (known,) = documents(kubernetes_facts(facts), "/etc/kubernetes/bay/authentication.yaml")
    assert known["anonymous"] == {
        "enabled": True,
        "conditions": [{"path": "/livez"}, {"path": "/readyz"}, {"path": "/healthz"}],
    }


def test_secrets_are_encrypted_in_etcd_with_the_bays_own_key(facts: Facts) -> None:
    given = kubernetes_facts(facts)
    (encryption,) = documents(given, "/etc/kubernetes/bay/encryption.yaml")
    providers = encryption["resources"][0]["providers"]
    key = {"name": "key1", "secret": given.generations[0]["engine"]["encryption"]}
    assert providers == [{"secretbox": {"keys": [key]}}, {"identity": {}}]
