"""What kubeadm is told of the cluster as a whole (kubeadm.k8s.io/v1beta4), hardened where it costs nothing.

Of single servers the scripts write the rest: addresses, tokens, labels and taints.
"""

from collections.abc import Mapping
from typing import Any

from bay.components.engines import Facts
from bay.components.engines.kubernetes.manifests import Document
from bay.components.engines.kubernetes.options import KubernetesOptions
from bay.components.node.certificates import LEAF_LIFETIME

API_PORT = 6443
PROXY_PORT = 7443
"""Of the proxy that each server has to all masters, where they have no address in common."""

SETTINGS = "/etc/kubernetes/bay"
"""Folder of what the API server reads beside its keys."""
AUDIT_LOG = "/var/log/kubernetes/audit"

CIPHERS = ",".join(
    f"TLS_ECDHE_{key}_WITH_{cipher}"
    for cipher in ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256")
    for key in ("ECDSA", "RSA")
)
TLS = {"tls-min-version": "VersionTLS12", "tls-cipher-suites": CIPHERS}

APISERVER = {
    "profiling": "false",
    "admission-control-config-file": f"{SETTINGS}/admission.yaml",
    "service-account-extend-token-expiration": "false",  # else a pod's token lives a year
    **TLS,
    "audit-log-path": f"{AUDIT_LOG}/audit.log",
    "audit-log-maxage": "30",  # days
    "audit-log-maxbackup": "10",
    "audit-log-maxsize": "100",  # MB
    "audit-policy-file": f"{SETTINGS}/audit.yaml",
    "encryption-provider-config": f"{SETTINGS}/encryption.yaml",
}
INSIDE = {"profiling": "false", "bind-address": "127.0.0.1", **TLS}
KUBELET = {
    "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True}},
    "authorization": {"mode": "Webhook"},
    "readOnlyPort": 0,
    "rotateCertificates": True,
    "seccompDefault": True,
    "streamingConnectionIdleTimeout": "5m0s",
    "tlsMinVersion": TLS["tls-min-version"],
    "tlsCipherSuites": CIPHERS.split(","),
    "podPidsLimit": 4096,  # a pod that forks without end takes no server with it
    "failCgroupV1": False,  # images of last year's distributions have no other
}


def proxied(facts: Facts) -> bool:
    """Whether the masters have no address in common, so that each server needs a proxy to all of them."""
    return facts.endpoint_address is None and len(facts.master_addresses) > 1


def endpoint(facts: Facts) -> tuple[str, int]:
    """Address and port at which servers of the bay reach the API, whichever master is away."""
    if proxied(facts):
        return "127.0.0.1", PROXY_PORT
    return facts.endpoint_address or facts.master_addresses[0], API_PORT


def documents(facts: Facts, options: KubernetesOptions) -> list[Document]:
    """Configuration of the cluster, its kubelets and its kube-proxies."""
    return [_cluster(facts, options), _kubelet(), _kube_proxy(options)]


def structured_authentication(options: KubernetesOptions) -> bool:
    """Whether a file says who is let in; the API server takes no options of OpenID Connect beside it."""
    return not any(name.startswith(("oidc-", "anonymous-", "authentication-c")) for name in options.apiserver_args)


def _cluster(facts: Facts, options: KubernetesOptions) -> Document:
    host, port = endpoint(facts)
    cluster: dict[str, Any] = {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "clusterName": facts.bay,
        "kubernetesVersion": f"v{options.version}",
        "controlPlaneEndpoint": f"{host}:{port}",
        "encryptionAlgorithm": "ECDSA-P256",
        "certificateValidityPeriod": f"{LEAF_LIFETIME.days * 24}h0m0s",
        "networking": {
            "podSubnet": options.pods,
            "serviceSubnet": options.services,
            "dnsDomain": options.cluster_domain,
        },
        "dns": _tag(options.versions.coredns),
        "etcd": {"local": {"dataDir": "/var/lib/etcd", **_tag(options.versions.etcd)}},
        "apiServer": {
            "certSANs": list(facts.server_names),
            "extraArgs": _arguments(_apiserver(options)),
            "extraVolumes": [_volume("bay", SETTINGS, read_only=True), _volume("audit", AUDIT_LOG, read_only=False)],
        },
        "controllerManager": {
            "extraArgs": _arguments(
                {**INSIDE, "node-cidr-mask-size": str(options.node_prefix), **options.controller_manager_args}
            )
        },
        "scheduler": {"extraArgs": _arguments({**INSIDE, **options.scheduler_args})},
    }
    if options.image_repository:
        cluster["imageRepository"] = options.image_repository
    return cluster


def _apiserver(options: KubernetesOptions) -> dict[str, str]:
    plugins = ",".join(dict.fromkeys(["NodeRestriction", "DenyServiceExternalIPs", *options.admission_plugins]))
    arguments = {**APISERVER, "enable-admission-plugins": plugins}
    if structured_authentication(options):
        arguments["authentication-config"] = f"{SETTINGS}/authentication.yaml"
    if options.keystone_auth:
        arguments |= {
            "authentication-token-webhook-config-file": f"{SETTINGS}/keystone.yaml",
            "authorization-webhook-config-file": f"{SETTINGS}/keystone.yaml",
            "authorization-mode": "Node,RBAC,Webhook",
        }
    return {**arguments, **options.apiserver_args}


def _kubelet() -> Document:
    return {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", **KUBELET}


def _kube_proxy(options: KubernetesOptions) -> Document:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": options.proxy_mode,
        # The size of the table is set by the script where the server has the power; kube-proxy would give up.
        "conntrack": {"maxPerCore": 0, "min": 0},
        **options.kube_proxy_config,
    }


def _tag(tag: str | None) -> dict[str, str]:
    return {"imageTag": tag} if tag else {}


def _arguments(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _volume(name: str, path: str, *, read_only: bool) -> dict[str, Any]:
    """A folder of the master that the API server sees at the same place."""
    paths = {"hostPath": path, "mountPath": path, "pathType": "DirectoryOrCreate"}
    return {"name": name, **paths, "readOnly": read_only}
