"""Logging in with tokens of Keystone: a webhook on each master, k8s-keystone-auth, and who may do what.

RBAC cannot say "this role in this project", so the webhook decides that too, after RBAC.
"""

import json
from typing import Any

from bay.components.engines import CloudLogin
from bay.components.engines.kubernetes.cloud_provider import ON_MASTERS, TRUST
from bay.components.engines.kubernetes.manifests import (
    KUBERNETES_IMAGES,
    Document,
    account,
    config_map,
    host_paths,
    host_pod,
    image,
    mounts,
    rule,
    workload,
)
from bay.components.engines.kubernetes.options import KubernetesOptions

NAME = "k8s-keystone-auth"
ADDRESS = "127.0.0.1:8443"
PKI = "/etc/kubernetes/pki"

SYSTEM = ("kube-system", "kube-public", "kube-node-lease")
READABLE = (
    *("pods", "pods/log", "pods/status", "services", "endpoints", "configmaps", "events", "namespaces", "nodes"),
    *("persistentvolumes", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas", "limitranges"),
    *("deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs", "horizontalpodautoscalers"),
    *("ingresses", "ingressclasses", "networkpolicies", "endpointslices", "storageclasses", "poddisruptionbudgets"),
)
"""What `view` shows: no secrets, and no exec, attach or proxy, which are read requests as well."""


def webhook() -> Document:
    """How the API server asks; its own certificate is that of the webhook too, since both answer on 127.0.0.1."""
    cluster = {"server": f"https://{ADDRESS}/webhook", "certificate-authority": f"{PKI}/ca.crt"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "keystone", "cluster": cluster}],
        "users": [{"name": "apiserver", "user": {}}],
        "contexts": [{"name": "keystone", "context": {"cluster": "keystone", "user": "apiserver"}}],
        "current-context": "keystone",
    }


def manifests(options: KubernetesOptions, login: CloudLogin) -> list[Document]:
    """The webhook, and its policies."""
    policies = [_policy(role, power, login.project_id) for role, power in options.keystone_roles.items()]
    return [
        config_map(NAME, {"policies": json.dumps(policies, indent=1)}),
        *account(NAME, [rule("", "configmaps", "get list watch")]),
        workload("DaemonSet", NAME, _pod(options, login.auth_url)),
    ]


def _policy(role: str, power: str, project: str) -> dict[str, Any]:
    """Who holds the role in the project may do this."""
    match = [{"type": "role", "values": [role]}, {"type": "project", "values": [project]}]
    if power == "edit":
        outside = f"!{list(SYSTEM)}/*"
        return {"users": {"roles": [role], "projects": [project]}, "resource_permissions": {outside: ["*"]}}
    everything = {"verbs": ["*"], "resources": ["*"]}
    readable = {"verbs": ["get", "list", "watch"], "resources": list(READABLE)}
    powers = everything if power == "admin" else readable
    return {"resource": {**powers, "version": "*", "namespace": "*"}, "match": match}


def _pod(options: KubernetesOptions, auth_url: str) -> Document:
    url = auth_url if auth_url.rstrip("/").endswith("/v3") else f"{auth_url.rstrip('/')}/v3"
    arguments = {
        "listen": ADDRESS,
        "tls-cert-file": f"{PKI}/apiserver.crt",
        "tls-private-key-file": f"{PKI}/apiserver.key",
        "keystone-url": url,
        "policy-configmap-name": NAME,
    }
    keys = {"certificate": f"{PKI}/apiserver.crt", "key": f"{PKI}/apiserver.key"}
    run = {
        "name": NAME,
        "image": image(options, f"{KUBERNETES_IMAGES}/provider-os/{NAME}", options.versions.cloud_provider),
        "args": [f"/bin/{NAME}", *(f"--{name}={value}" for name, value in arguments.items())],
        "volumeMounts": mounts({**keys, "trust": "/etc/ssl/certs"}),
    }
    return host_pod(NAME, **ON_MASTERS, containers=[run], volumes=[*host_paths(keys, "File"), *TRUST])
