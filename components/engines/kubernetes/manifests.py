"""Pieces that Kubernetes' documents are put together from."""

from collections.abc import Mapping, Sequence
from typing import Any

from bay.components import yaml_file
from bay.components.engines.kubernetes.options import KubernetesOptions

Document = Mapping[str, Any]

NAMESPACE = "kube-system"
KUBERNETES_IMAGES = "registry.k8s.io"
"""Where kubeadm gets its images from unless told otherwise; the cloud provider's are there too."""


def dump(*documents: Document) -> str:
    """YAML, one document after the other."""
    return "".join("---\n" + yaml_file.dump(dict(one)) for one in documents)


def image(options: KubernetesOptions, name: str, tag: str) -> str:
    """An image by its name, or by the last part of it in the user's own repository; and by its digest, if there is one.

    The digest is what counts then; the tag is for people.
    """
    prefix, last = options.image_repository, name.rpartition("/")[2]
    digest = {str(known): value for known, value in options.digests.items()}.get(last)
    reference = f"{prefix}/{last}:{tag}" if prefix else f"{name}:{tag}"
    return f"{reference}@{digest}" if digest else reference


def metadata(name: str, **more: Any) -> dict[str, Any]:
    """Metadata of an object of the system's namespace."""
    return {"name": name, "namespace": NAMESPACE, **more}


def account(name: str, rules: Sequence[Document]) -> list[Document]:
    """A service account that may do what the rules say, in every namespace."""
    group = "rbac.authorization.k8s.io"
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(name)},
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": list(rules)},
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}],
        },
    ]


def rule(group: str, resources: str, verbs: str) -> dict[str, list[str]]:
    """A rule of a role; resources and verbs are words."""
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split()}


def config_map(name: str, data: Mapping[str, str]) -> Document:
    """A ConfigMap of the system's namespace."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(name), "data": dict(data)}


def workload(kind: str, name: str, pod: Document, **more: Any) -> Document:
    """A DaemonSet or Deployment, whose pods the system keeps before all others."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": metadata(name, labels=labels),
        "spec": {
            "selector": {"matchLabels": labels},
            **more,
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def host_pod(account_name: str, **more: Any) -> dict[str, Any]:
    """A pod on the server's own network, on servers of every kind."""
    return {
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "serviceAccountName": account_name,
        "tolerations": [{"operator": "Exists"}],
        **more,
    }


def variables(values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Environment of a container; ``@PATH`` is a field of its pod."""
    return [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": value[1:]}}}
        if value.startswith("@")
        else {"name": name, "value": value}
        for name, value in values.items()
    ]


def mounts(paths: Mapping[str, str]) -> list[dict[str, str]]:
    """Where a container sees volumes; name -> path."""
    return [{"name": name, "mountPath": path} for name, path in paths.items()]


def host_paths(paths: Mapping[str, str], kind: str = "DirectoryOrCreate") -> list[dict[str, Any]]:
    """Volumes that are folders of the server; name -> path."""
    return [{"name": name, "hostPath": {"path": path, "type": kind}} for name, path in paths.items()]
