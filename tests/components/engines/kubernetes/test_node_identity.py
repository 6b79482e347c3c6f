"""Every account on a node that may write to nodes or to the status of pods is kept to its own by a policy."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bay.components.engines.kubernetes import calico, flannel, node_identity
from bay.components.engines.kubernetes.options import KubernetesOptions

NETWORKS = {"flannel": flannel, "calico": calico}
WRITES = {"create", "update", "patch", "delete", "deletecollection", "*"}


def writers(network: str, *resources: str) -> set[str]:
    """Accounts that may write to one of these."""
    documents = NETWORKS[network].manifests(KubernetesOptions(), "192.0.2.1", 6443)
    roles = (one for one in documents if one["kind"] == "ClusterRole")
    return {role["metadata"]["name"] for role in roles if any(_writes(rule, resources) for rule in role["rules"])}


def _writes(rule: Mapping[str, Any], resources: tuple[str, ...]) -> bool:
    return (
        "" in rule["apiGroups"]
        and bool(WRITES & set(rule["verbs"]))
        and bool({*resources, "*"} & set(rule["resources"]))
    )


def policies(network: str) -> Iterator[tuple[set[str], set[str]]]:
    """(resources, accounts) of each policy that is bound; no accounts: everybody."""
    documents = node_identity.manifests(**NETWORKS[network].WRITES)
    bound = {one["spec"]["policyName"] for one in documents if one["kind"].endswith("Binding") and "spec" in one}
    for one in documents:
        if one["kind"] == "ValidatingAdmissionPolicy" and one["metadata"]["name"] in bound:
            (rule,) = one["spec"]["matchConstraints"]["resourceRules"]
            conditions = one["spec"].get("matchConditions", [])
            names = re.findall(r"kube-system:([a-z-]+)", conditions[0]["expression"]) if conditions else []
            yield set(rule["resources"]), set(names)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("resources", [("nodes", "nodes/status"), ("pods", "pods/status")])
def test_who_may_write_is_held_by_a_policy(network: str, resources: tuple[str, ...]) -> None:
    held = {name for of, names in policies(network) if set(resources) & of for name in names}
    assert writers(network, *resources) <= held


def test_the_control_there_are_such_accounts() -> None:
    assert writers("flannel", "nodes/status") == {"flannel"}
    assert writers("calico", "nodes/status") == {"calico-node"}
    assert writers("calico", "pods/status") == {"calico-node", "calico-cni-plugin"}


@pytest.mark.parametrize("network", NETWORKS)
def test_requests_of_bootstrap_tokens_are_refused_whoever_makes_them(network: str) -> None:
    assert ({"certificatesigningrequests"}, set()) in list(policies(network))


@pytest.mark.parametrize("network", NETWORKS)
def test_a_policy_whose_expression_fails_refuses(network: str) -> None:
    documents = node_identity.manifests(**NETWORKS[network].WRITES)
    found = [one["spec"] for one in documents if one["kind"] == "ValidatingAdmissionPolicy"]
    assert {spec["failurePolicy"] for spec in found} == {"Fail"}
    bindings = [one["spec"] for one in documents if one["kind"] == "ValidatingAdmissionPolicyBinding"]
    assert len(bindings) == len(found)
    assert all(spec["validationActions"] == ["Deny"] for spec in bindings)
