"""Accounts of Calico, whose programs are not to be had here: what the API server lets them do, asked in their name."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bay.components.engines.kubernetes import calico, node_identity
from bay.components.engines.kubernetes.manifests import dump
from bay.components.engines.kubernetes.options import KubernetesOptions
from tests.integration.boots.standing import Standing
from tests.integration.boots.story import comes

pytestmark = [
    pytest.mark.boot,
    pytest.mark.sandbox,
    pytest.mark.long,
    pytest.mark.timeout(600, func_only=True),
    pytest.mark.parametrize("standing", ["kubernetes-virtual-ip"], indirect=True, scope="session"),
]

ADMIN = "export KUBECONFIG=/etc/kubernetes/admin.conf"
RIGHTS = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding")
LABEL = {"metadata": {"labels": {"trial": "x"}}}
NOTE = {"metadata": {"annotations": {"projectcalico.org/trial": "x"}}}
ADDRESS = {"status": {"addresses": [{"type": "InternalIP", "address": "10.80.0.250"}]}}
OWN, OTHER = "node-1", "node-0"


def named(document: Mapping[str, Any]) -> dict[str, Any]:
    """A policy under another name than flannel's, which stands; its binding too."""
    spec = dict(document["spec"])
    if "policyName" in spec:
        spec["policyName"] = f"trial-{spec['policyName']}"
    return {**document, "metadata": {"name": f"trial-{document['metadata']['name']}"}, "spec": spec}


@pytest.fixture(scope="module")
def api(standing: Standing) -> Iterator[Standing]:
    """The bay with Calico's accounts and policies, a pod on each node, and the API at port 8001 of a master."""
    policies = [one for one in node_identity.manifests(**calico.WRITES) if "spec" in one]
    documents = [
        *(one for one in calico.manifests(KubernetesOptions(), "192.0.2.1", 6443) if one["kind"] in RIGHTS),
        *(named(one) for one in policies if one["metadata"]["name"] != "bay-door"),
        *(pod(standing, place) for place in (OWN, OTHER)),
    ]
    text = dump(*documents)
    standing.inside("master-0", f"{ADMIN}; kubectl apply -f - <<'END'\n{text}END")
    standing.inside("master-0", f"{ADMIN}; kubectl proxy --port 8001 >/dev/null 2>&1 & echo $! > /run/proxy")
    # A policy holds a moment after it is there.
    comes(True, lambda: "denied" in change(standing, calico.NODE, OWN, f"nodes/{standing.name}-{OTHER}", NOTE), 60)
    yield standing
    standing.inside("master-0", f"{ADMIN}; kill $(cat /run/proxy); kubectl delete --now -f - <<'END'\n{text}END")


def pod(bay: Standing, place: str) -> dict[str, Any]:
    container = {"name": "web", "image": "localhost/bay/web:1", "imagePullPolicy": "IfNotPresent"}
    spec = {"nodeName": f"{bay.name}-{place}", "containers": [container]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"calico-trial-{place}", "namespace": "default"},
        "spec": spec,
    }


def change(bay: Standing, user: str, of_node: str | None, path: str, what: Mapping[str, Any]) -> str:
    """The answer to a patch of an object's status, in the name of an account whose token was given to a pod there."""
    headers = [
        f"Impersonate-User: system:serviceaccount:kube-system:{user}",
        "Content-Type: application/merge-patch+json",
    ]
    if of_node:
        headers.append(f"Impersonate-Extra-Authentication.kubernetes.io%2Fnode-name: {bay.name}-{of_node}")
    said = " ".join(f"--header '{header}'" for header in headers)
    url = f"http://127.0.0.1:8001/api/v1/{path}/status"
    ask = f"curl --silent --max-time 10 --request PATCH {said} --data '{json.dumps(what)}' {url}"
    return bay.inside("master-0", f"{ask} --write-out 'http %{{http_code}}'")


def test_calico_writes_to_its_own_node_and_sets_no_label(api: Standing) -> None:
    own, other = (f"nodes/{api.name}-{place}" for place in (OWN, OTHER))
    assert change(api, calico.NODE, OWN, own, NOTE).endswith("http 200")
    for path, what, node in ((other, NOTE, OWN), (own, LABEL, OWN), (own, ADDRESS, OWN), (own, NOTE, None)):
        assert "trial-bay-own-node' denied request" in change(api, calico.NODE, node, path, what), (path, what, node)


def test_calico_writes_to_pods_of_its_own_node_and_sets_no_label(api: Standing) -> None:
    own, other = (f"namespaces/default/pods/calico-trial-{place}" for place in (OWN, OTHER))
    assert change(api, calico.NODE, OWN, own, NOTE).endswith("http 200")
    for path, what, node in ((other, NOTE, OWN), (own, LABEL, OWN), (own, NOTE, None)):
        assert "trial-bay-own-pods' denied request" in change(api, calico.NODE, node, path, what), (path, what, node)


def test_its_plugin_whose_token_names_no_node_sets_no_label(api: Standing) -> None:
    own = f"namespaces/default/pods/calico-trial-{OWN}"
    assert change(api, calico.PLUGIN, None, own, NOTE).endswith("http 200")
    assert "trial-bay-pods' denied request" in change(api, calico.PLUGIN, None, own, LABEL)
