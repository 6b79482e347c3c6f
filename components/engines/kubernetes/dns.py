"""Where the cluster's DNS runs: never all of it on one server.

kubeadm makes CoreDNS when there is one master only, so both replicas start there. When that server dies they are moved
after five minutes, and until then no pod finds a name [tried: 5 min 30 s]. Its own preference for different servers
comes too late: nothing moves a running pod.
"""

from bay.components.engines.kubernetes.manifests import Document, metadata

LABELS = {"k8s-app": "kube-dns"}
"""Those that kubeadm gives the pods."""


def manifests() -> list[Document]:
    """What kubeadm's Deployment lacks, for a server-side apply; the second replica waits for a second server."""
    spread = {
        "topologyKey": "kubernetes.io/hostname",
        "maxSkew": 1,
        "minDomains": 2,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": LABELS},
        "matchLabelKeys": ["pod-template-hash"],
    }
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata("coredns"),
            "spec": {"template": {"spec": {"topologySpreadConstraints": [spread]}}},
        }
    ]
