"""What the API server reads beside its keys: how it keeps secrets, what it notes, whom it knows."""

from bay.components.engines.kubernetes import keystone
from bay.components.engines.kubernetes.kubeadm import SETTINGS, structured_authentication
from bay.components.engines.kubernetes.manifests import NAMESPACE, Document, dump
from bay.components.engines.kubernetes.options import KubernetesOptions
from bay.components.node.cloudinit import File
from bay.components.node.credentials import ENCRYPTION_NAME, Generation

HEALTH = ("/livez", "/readyz", "/healthz")


def files(keys: Generation, options: KubernetesOptions) -> list[File]:
    """Files of every master."""
    found = [
        File(f"{SETTINGS}/encryption.yaml", dump(_encryption(keys)), "0600"),
        File(f"{SETTINGS}/audit.yaml", dump(AUDIT)),
        File(f"{SETTINGS}/admission.yaml", dump(_admission(options))),
    ]
    if structured_authentication(options):
        found.append(File(f"{SETTINGS}/authentication.yaml", dump(AUTHENTICATION)))
    if options.keystone_auth:
        found.append(File(f"{SETTINGS}/keystone.yaml", dump(keystone.webhook())))
    return found


AUTHENTICATION: Document = {
    "apiVersion": "apiserver.config.k8s.io/v1beta1",
    "kind": "AuthenticationConfiguration",
    # Probes of the kubelet, proxies and load balancers come without a name.
    "anonymous": {"enabled": True, "conditions": [{"path": path} for path in HEALTH]},
}

AUDIT: Document = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "nonResourceURLs": [*(f"{path}*" for path in HEALTH), "/version", "/openapi*"]},
        {"level": "None", "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}]},
        {"level": "None", "resources": [{"group": "", "resources": ["events"]}]},
        # Secrets first, so that the next rule does not hide who reads them.
        {"level": "Metadata", "resources": [{"group": "", "resources": ["secrets"]}]},
        {
            "level": "None",
            "userGroups": ["system:nodes", "system:serviceaccounts:kube-system"],
            "verbs": ["get", "list", "watch"],
        },
        {
            "level": "None",
            "users": [f"system:{name}" for name in ("apiserver", "kube-controller-manager", "kube-scheduler")],
            "verbs": ["get", "list", "watch"],
        },
        {"level": "Metadata"},
    ],
}
"""Who did what, without the contents, which may be secret; not what the system asks itself all the time."""


def _admission(options: KubernetesOptions) -> Document:
    """What pods may be, where the labels of their namespace say nothing; the system's own need more."""
    levels = {mode: options.pod_security for mode in ("enforce", "warn", "audit")}
    pods = {
        "apiVersion": "pod-security.admission.config.k8s.io/v1",
        "kind": "PodSecurityConfiguration",
        "defaults": levels,
        "exemptions": {"namespaces": [NAMESPACE]},
    }
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": [{"name": "PodSecurity", "configuration": pods}],
    }


def _encryption(keys: Generation) -> Document:
    name = keys["engine"].get(ENCRYPTION_NAME) or f"key{keys['serial']}"
    key = {"name": name, "secret": keys["engine"]["encryption"]}
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": [{"secretbox": {"keys": [key]}}, {"identity": {}}]}],
    }
