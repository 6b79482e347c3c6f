"""How Kubernetes is upgraded: minor by minor, the control plane first (kubernetes.io/releases/version-skew-policy).

The first new master writes kubeadm's and the kubelets' configuration (``files/kubernetes/upgrade.sh``), as a release
of kubeadm knows its own best; what runs as pods follows once every API server is of the new version.
"""

import re
from collections.abc import Iterator
from typing import Any

from bay.components.engines.upgrades import DeprecatedCall, UpgradeRules, parse_version

METRIC = "apiserver_requested_deprecated_apis"
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def node_versions(answer: Any) -> dict[str, str]:
    """Version of each server's kubelet, from the list of nodes; a master's API server is of the same image."""
    return {node["metadata"]["name"]: node["status"]["nodeInfo"]["kubeletVersion"] for node in answer["items"]}


def deprecated_calls(metrics: str) -> list[DeprecatedCall]:
    """What clients have asked for since an API server started, and later versions have no more, from its metrics."""
    return sorted(set(_calls(metrics)), key=lambda call: call.what)


def _calls(metrics: str) -> Iterator[DeprecatedCall]:
    for line in metrics.splitlines():
        if not line.startswith(f"{METRIC}{{") or line.rpartition("}")[2].strip().startswith("0"):
            continue
        labels = dict(LABEL.findall(line))
        group = "/".join(part for part in (labels.get("group"), labels.get("version")) if part)
        resource = "/".join(part for part in (labels.get("resource"), labels.get("subresource")) if part)
        yield DeprecatedCall(f"{group} {resource}", parse_version(labels.get("removed_release", "")))


RULES = UpgradeRules(
    program="Kubernetes",
    image_property="kube_version",  # as Magnum's driver for Cluster API reads it
    option="version",
    model_options=("version", "versions"),
    model_pins=("digests",),
    minor_by_minor=True,
    skew=3,
    first=(
        ("kubeadm-config", "the version and the options of the control plane, by the first new master"),
        ("kubelet-config", "the configuration of kubelets, by the first new master"),
    ),
    last=(
        ("kube-proxy", "once every API server is new, by the last new master"),
        ("coredns", "the same; its settings are kept"),
        ("add-ons", "the same; those of the bay's options"),
    ),
    node_versions=node_versions,
    metrics="/metrics",
    deprecated_calls=deprecated_calls,
)
