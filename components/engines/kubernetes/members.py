"""Masters of a Kubernetes cluster that come and go, by its API: etcd is asked by a pod on a master that stays.

etcd lets in whoever has a certificate of its authority, which masters alone have; `etcdctl` is in etcd's own image.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bay.components.engines.members import Api, Refused

if TYPE_CHECKING:
    from bay.components.spec import BaySpec

MASTERS = "labelSelector=node-role.kubernetes.io%2Fcontrol-plane"
SYSTEM = "/api/v1/namespaces/kube-system/pods"
KEYS = "/etc/kubernetes/pki/etcd"
MERGE = "application/merge-patch+json"
ENDED = ("Succeeded", "Failed")
POLLS = 60
"""Questions for the end of one pod, with a pause between them."""


class KubernetesMembers:
    """A master that goes is cordoned and its pods are evicted, then etcd goes on without it."""

    def fixed(self, before: "BaySpec", after: "BaySpec") -> str:
        """Boot data says how a server reaches the API: at one master, or by a proxy to several."""
        one, several = sorted((before.masters.count, after.masters.count))
        if after.endpoint.kind == "masters" and one == 1 < several:
            return (
                "its servers reach the API at the address of a single master, or by a proxy of their own to several "
                "(endpoint.kind masters), which is decided when a bay is created"
            )
        return ""

    def masters(self, api: Api) -> Mapping[str, bool]:
        """Nodes of the control plane; whether each is ready."""
        nodes = api.call("GET", f"/api/v1/nodes?{MASTERS}")["items"]
        return {node["metadata"]["name"]: _is_ready(node) for node in nodes}

    def demote(self, api: Api, name: str) -> str:
        """Its pods first: what kubeadm runs on masters, as the cluster's DNS, is then elsewhere."""
        if left := _drain(api, name):
            return f"pods are evicted: {', '.join(left[:3])}"
        members = _etcd_members(api, name)
        if name in members:  # the API server beside it has nothing to ask from then on, and may have the virtual IP
            _etcdctl(api, name, "member", "remove", members[name])
        return ""

    def forget(self, api: Api, name: str) -> str:
        """Its Node, and with that what was bound to it."""
        gone = api.call("DELETE", f"/api/v1/nodes/{name}", absent={}) == {}
        return "" if gone else "its Node goes"


def _is_ready(node: Mapping[str, Any]) -> bool:
    conditions = node["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _drain(api: Api, name: str) -> list[str]:
    """Cordon a node and have its pods evicted; names of those that are still there."""
    cordoned = api.call(
        "PATCH", f"/api/v1/nodes/{name}", {"spec": {"unschedulable": True}}, content_type=MERGE, absent={}
    )
    if cordoned == {}:
        return []
    pods = [
        pod["metadata"]
        for pod in api.call("GET", f"/api/v1/pods?fieldSelector=spec.nodeName%3D{name}")["items"]
        if _moves(pod)
    ]
    for pod in pods:
        where = {"name": pod["name"], "namespace": pod["namespace"]}
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": where}
        path = f"/api/v1/namespaces/{pod['namespace']}/pods/{pod['name']}/eviction"
        try:
            api.call("POST", path, eviction, absent={})
        except Refused:  # a disruption budget: asked again with the next look
            continue
    return [pod["name"] for pod in pods]


def _moves(pod: Mapping[str, Any]) -> bool:
    """Neither ended, nor bound to its node: pods of DaemonSets, and those that the kubelet runs by itself."""
    metadata = pod["metadata"]
    bound = "kubernetes.io/config.mirror" in metadata.get("annotations", {}) or any(
        owner["kind"] == "DaemonSet" for owner in metadata.get("ownerReferences", [])
    )
    return not bound and pod["status"].get("phase") not in ENDED


def _etcd_members(api: Api, leaving: str) -> dict[str, str]:
    """Name -> id of etcd's members; one that never started has no name."""
    rows = [
        [word.strip() for word in line.split(",")] for line in _etcdctl(api, leaving, "member", "list").splitlines()
    ]
    return {row[2]: row[0] for row in rows if len(row) > 3}


def _etcdctl(api: Api, leaving: str, *words: str) -> str:
    """What `etcdctl` prints on a ready master that stays; Refused where it fails."""
    node, image = _place(api, leaving)
    name = f"bay-etcdctl-{secrets.token_hex(4)}"
    api.call("POST", SYSTEM, _pod(name, node, image, words))
    try:
        phase = ""
        for _poll in range(POLLS):
            phase = str(api.call("GET", f"{SYSTEM}/{name}")["status"].get("phase"))
            if phase in ENDED:
                break
            api.pause()
        said = str(api.call("GET", f"{SYSTEM}/{name}/log")) if phase in ENDED else ""
    finally:
        api.call("DELETE", f"{SYSTEM}/{name}?gracePeriodSeconds=0", absent={})
    if phase != "Succeeded":
        raise Refused(f"etcdctl {words[0]} {words[1]} on {node}: {said.strip() or phase}")
    return said


def _place(api: Api, leaving: str) -> tuple[str, str]:
    """A ready master beside the one that leaves, and the image that etcd runs from there."""
    ready = {
        node["metadata"]["name"]
        for node in api.call("GET", f"/api/v1/nodes?{MASTERS}")["items"]
        if _is_ready(node) and node["metadata"]["name"] != leaving
    }
    for pod in api.call("GET", f"{SYSTEM}?labelSelector=component%3Detcd")["items"]:
        if pod["spec"].get("nodeName") in ready:
            return pod["spec"]["nodeName"], pod["spec"]["containers"][0]["image"]
    raise Refused("no other master is ready and runs etcd")


def _pod(name: str, node: str, image: str, words: Sequence[str]) -> dict[str, Any]:
    """Beside etcd, as the API server asks it: on the master's own network, with the keys of its own."""
    login = {"cacert": "ca.crt", "cert": "server.crt", "key": "server.key"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {
            "nodeName": node,
            "hostNetwork": True,
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "priorityClassName": "system-node-critical",
            "tolerations": [{"operator": "Exists"}],
            "containers": [
                {
                    "name": "etcdctl",
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "command": [
                        "etcdctl",
                        "--endpoints=https://127.0.0.1:2379",
                        *(f"--{option}={KEYS}/{file}" for option, file in login.items()),
                        *words,
                    ],
                    "securityContext": {"runAsUser": 0, "readOnlyRootFilesystem": True},
                    "volumeMounts": [{"name": "keys", "mountPath": KEYS, "readOnly": True}],
                }
            ],
            "volumes": [{"name": "keys", "hostPath": {"path": KEYS, "type": "Directory"}}],
        },
    }
