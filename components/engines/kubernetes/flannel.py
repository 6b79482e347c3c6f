"""flannel: the pods' network by default, without network policies."""

import json

from bay.components.engines import Port, Source
from bay.components.engines.kubernetes.manifests import (
    Document,
    account,
    config_map,
    host_paths,
    host_pod,
    image,
    mounts,
    rule,
    variables,
    workload,
)
from bay.components.engines.kubernetes.options import KubernetesOptions

NAME = "flannel"
WRITES = {"own_node": [NAME], "own_pods": [], "any_pods": []}
"""What its accounts write to; see `node_identity.manifests`."""


def ports(options: KubernetesOptions) -> tuple[Port, ...]:
    """What carries the pods' packets between the servers."""
    if options.flannel_backend == "host-gw":
        return ()
    return (Port("udp", 8472, 8472, Source.BAY, "flannel (VXLAN)"),)


def manifests(options: KubernetesOptions, host: str, port: int) -> list[Document]:
    """flannel as its own project installs it; host, port: where each server reaches the API."""
    rules = [
        rule("", "pods", "get"),
        rule("", "nodes", "get list watch"),
        rule("", "nodes/status", "patch"),
    ]
    return [*account(NAME, rules), _settings(options), workload("DaemonSet", NAME, _pod(options, host, port))]


def _settings(options: KubernetesOptions) -> Document:
    network = {
        "Network": options.pods,
        "EnableNFTables": options.proxy_mode == "nftables",
        "Backend": {"Type": options.flannel_backend},
    }
    plugins = [
        {"type": "flannel", "delegate": {"hairpinMode": True, "isDefaultGateway": True}},
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ]
    plugin = {"name": "cbr0", "cniVersion": "0.3.1", "plugins": plugins}
    return config_map(NAME, {"net-conf.json": json.dumps(network), "cni-conf.json": json.dumps(plugin)})


def _pod(options: KubernetesOptions, host: str, port: int) -> Document:
    main = image(options, "flannel/flannel", options.versions.flannel)
    plugin = image(options, "flannel/flannel-cni-plugin", options.versions.flannel_cni)
    settings = "/etc/kube-flannel"
    to_host = ["cp", "-f", f"{settings}/cni-conf.json", "/etc/cni/net.d/10-flannel.conflist"]
    run = {
        "name": "kube-flannel",
        "image": main,
        "command": ["/opt/bin/flanneld", "--ip-masq", "--kube-subnet-mgr"],
        # The API itself, not its service: flannel may be there before kube-proxy.
        "env": variables(
            {
                "POD_NAME": "@metadata.name",
                "POD_NAMESPACE": "@metadata.namespace",
                "EVENT_QUEUE_DEPTH": "5000",
                "KUBERNETES_SERVICE_HOST": host,
                "KUBERNETES_SERVICE_PORT": str(port),
            }
        ),
        "resources": {"requests": {"cpu": "50m", "memory": "50Mi"}},
        "securityContext": {"privileged": False, "capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}},
        "volumeMounts": mounts({"run": "/run/flannel", "settings": settings, "lock": "/run/xtables.lock"}),
    }
    return host_pod(
        NAME,
        initContainers=[
            {
                "name": "install-cni-plugin",
                "image": plugin,
                "command": ["cp", "-f", "/flannel", "/opt/cni/bin/flannel"],
                "volumeMounts": mounts({"plugins": "/opt/cni/bin"}),
            },
            {
                "name": "install-cni",
                "image": main,
                "command": to_host,
                "volumeMounts": mounts({"networks": "/etc/cni/net.d", "settings": settings}),
            },
        ],
        containers=[run],
        volumes=[
            *host_paths({"run": "/run/flannel", "plugins": "/opt/cni/bin", "networks": "/etc/cni/net.d"}),
            *host_paths({"lock": "/run/xtables.lock"}, "FileOrCreate"),
            {"name": "settings", "configMap": {"name": NAME}},
        ],
    )
