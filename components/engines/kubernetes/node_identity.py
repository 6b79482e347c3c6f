"""A node is only itself: who may get a node's certificate, and what programs on a node may change of nodes.

Certificates of nodes come from the masters' door (``files/kubernetes/join-root``), which knows who asks; a kubelet
renews its own. The rest are policies (ValidatingAdmissionPolicy), which hold even where more rights are granted.
"""

from collections.abc import Sequence
from typing import Any

from bay.components.engines.kubernetes.manifests import NAMESPACE, Document

GROUP = "admissionregistration.k8s.io"
OF_TOKEN = "request.userInfo.extra[?'authentication.kubernetes.io/node-name'].orValue([''])[0]"
"""The node of the pod that a service account's token was given to: the API server says it, no pod can."""
SAME_LABELS = "object.metadata.?labels.orValue({}) == oldObject.metadata.?labels.orValue({})"


def manifests(own_node: Sequence[str], own_pods: Sequence[str], any_pods: Sequence[str]) -> list[Document]:
    """Service accounts of the pods' network, which are on every node: own_node: those that write to their own Node.

    own_pods: those that write to the status of pods on their node; any_pods: the same with tokens that name no node.
    """
    return [
        _renewal(),
        *_policy(
            "bay-door",
            _matches("certificates.k8s.io", ["CREATE"], "certificatesigningrequests"),
            [("!('system:bootstrappers' in request.userInfo.groups)", "nodes get in by the masters' door")],
        ),
        *_policy(
            "bay-own-node",
            _matches("", ["CREATE", "UPDATE", "DELETE"], "nodes", "nodes/status"),
            [
                (f"request.name == {OF_TOKEN}", "this account may change the Node of its own pod"),
                ("request.operation == 'UPDATE'", "this account may neither make nor remove a Node"),
                (f"request.operation != 'UPDATE' || {SAME_LABELS}", "this account may set no label"),
                (
                    "request.operation != 'UPDATE' || "
                    "object.status.?addresses.orValue([]) == oldObject.status.?addresses.orValue([])",
                    "this account may set no address",
                ),
            ],
            own_node,
        ),
        *_policy(
            "bay-own-pods",
            _matches("", ["UPDATE"], "pods/status"),
            [
                (f"object.spec.?nodeName.orValue('') == {OF_TOKEN}", "this account may change pods of its own node"),
                (SAME_LABELS, "this account may set no label"),
            ],
            own_pods,
        ),
        *_policy(
            "bay-pods",
            _matches("", ["UPDATE"], "pods/status"),
            [(SAME_LABELS, "this account may set no label")],
            any_pods,
        ),
    ]


def _renewal() -> Document:
    """A kubelet's request for its own name is approved; kubeadm has the same binding, under this name."""
    rbac = "rbac.authorization.k8s.io"
    selfnodeclient = "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient"
    return {
        "apiVersion": f"{rbac}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "kubeadm:node-autoapprove-certificate-rotation"},
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": selfnodeclient},
        "subjects": [{"apiGroup": rbac, "kind": "Group", "name": "system:nodes"}],
    }


def _policy(
    name: str,
    matches: Document,
    validations: Sequence[tuple[str, str]],
    accounts: Sequence[str] | None = None,
) -> list[Document]:
    """Expressions that have to be true, with what is said where they are not. accounts: of whom; None: of everybody."""
    if accounts is not None and not accounts:
        return []
    spec: dict[str, Any] = {
        "failurePolicy": "Fail",
        "matchConstraints": matches,
        "validations": [{"expression": expression, "message": message} for expression, message in validations],
    }
    if accounts is not None:
        users = [f"system:serviceaccount:{NAMESPACE}:{account}" for account in accounts]
        spec["matchConditions"] = [{"name": "accounts", "expression": f"request.userInfo.username in {users}"}]
    kinds = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    binding = {"policyName": name, "validationActions": ["Deny"]}
    return [
        {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": name}, "spec": content}
        for kind, content in zip(kinds, (spec, binding), strict=True)
    ]


def _matches(group: str, operations: Sequence[str], *resources: str) -> Document:
    rule = {
        "apiGroups": [group],
        "apiVersions": ["v1"],
        "operations": list(operations),
        "resources": list(resources),
    }
    return {"resourceRules": [rule]}
