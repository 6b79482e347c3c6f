"""Calico: the pods' network with network policies, as its own project installs it (manifests of 3.29), in short.

Its types are declared without their schemas, which are ten times as long as everything else a master is given:
calicoctl and Calico itself check what they write.
"""

import json
from typing import Any

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

GROUP = "crd.projectcalico.org"
POLICY_GROUP = "policy.networking.k8s.io"
NODE, PLUGIN, CONTROLLERS = "calico-node", "calico-cni-plugin", "calico-kube-controllers"
WRITES = {"own_node": [NODE, PLUGIN, CONTROLLERS], "own_pods": [NODE], "any_pods": [PLUGIN]}
"""What its accounts write to; see `node_identity.manifests`. calico-node asks for the plugin's token, for no pod."""

CLUSTER_KINDS = (
    *("BGPConfiguration", "BGPFilter", "BGPPeer", "BlockAffinity", "CalicoNodeStatus", "ClusterInformation"),
    *("FelixConfiguration", "GlobalNetworkPolicy", "GlobalNetworkSet", "HostEndpoint", "IPAMBlock", "IPAMConfig"),
    *("IPAMHandle", "IPPool", "IPReservation", "KubeControllersConfiguration", "StagedGlobalNetworkPolicy", "Tier"),
)
NAMESPACED_KINDS = ("NetworkPolicy", "NetworkSet", "StagedKubernetesNetworkPolicy", "StagedNetworkPolicy")


def ports(options: KubernetesOptions) -> tuple[Port, ...]:
    """What carries the pods' packets between the servers; without Typha, which only larger clusters need."""
    if options.calico_encapsulation == "vxlan":
        return (Port("udp", 4789, 4789, Source.BAY, "Calico (VXLAN)"),)
    return (
        Port("tcp", 179, 179, Source.BAY, "Calico (BGP)"),
        Port("ipip", None, None, Source.BAY, "Calico (IP in IP)"),
    )


def manifests(options: KubernetesOptions, host: str, port: int) -> list[Document]:
    """host, port: where each server reaches the API."""
    return [
        *(_type(GROUP, "v1", kind, "Cluster") for kind in CLUSTER_KINDS),
        *(_type(GROUP, "v1", kind, "Namespaced") for kind in NAMESPACED_KINDS),
        _type(POLICY_GROUP, "v1alpha1", "AdminNetworkPolicy", "Cluster"),
        _type(POLICY_GROUP, "v1alpha1", "BaselineAdminNetworkPolicy", "Cluster"),
        *account(NODE, _node_rules()),
        *account(PLUGIN, _plugin_rules()),
        *account(CONTROLLERS, _controller_rules()),
        config_map("calico-config", {"cni_network_config": _plugin_settings()}),
        workload(
            "DaemonSet", NODE, _node(options, {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": str(port)})
        ),
        workload("Deployment", CONTROLLERS, _controllers(options), replicas=1, strategy={"type": "Recreate"}),
    ]


def _type(group: str, version: str, kind: str, scope: str) -> Document:
    singular = kind.lower()
    plural = f"{singular[:-1]}ies" if singular.endswith("y") else f"{singular}{'es' if singular.endswith('s') else 's'}"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served: dict[str, Any] = {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    described: dict[str, Any] = {"name": f"{plural}.{group}"}
    if group == POLICY_GROUP:  # Kubernetes wants to know who agreed to a type below its own domain
        described["annotations"] = {"api-approved.kubernetes.io": "unapproved, as Calico installs it"}
        served["subresources"] = {"status": {}}
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": singular}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": described,
        "spec": {"group": group, "names": names, "scope": scope, "versions": [served]},
    }


def _node_rules() -> list[Document]:
    read = "get list watch"
    return [
        {**rule("", "serviceaccounts/token", "create"), "resourceNames": [PLUGIN]},
        rule("", "pods nodes namespaces serviceaccounts endpoints services", read),
        rule("", "configmaps", "get"),
        rule("", "nodes/status", "patch update"),
        rule("", "pods/status", "patch"),
        rule("discovery.k8s.io", "endpointslices", "list watch"),
        rule("networking.k8s.io", "networkpolicies", "list watch"),
        rule(POLICY_GROUP, "adminnetworkpolicies baselineadminnetworkpolicies", "list watch"),
        rule(GROUP, "*", read),
        rule(GROUP, "tiers ippools felixconfigurations clusterinformations ipamconfigs", "create update"),
        rule(GROUP, "caliconodestatuses", "update"),
        rule(GROUP, "blockaffinities ipamblocks ipamhandles", "create update delete"),
    ]


def _plugin_rules() -> list[Document]:
    own = "blockaffinities ipamblocks ipamhandles clusterinformations ippools ipreservations ipamconfigs"
    return [
        rule("", "pods nodes namespaces", "get"),
        rule("", "pods/status", "patch"),
        rule(GROUP, own, "get list create update delete"),
    ]


def _controller_rules() -> list[Document]:
    own = "blockaffinities ipamblocks ipamhandles tiers hostendpoints clusterinformations kubecontrollersconfigurations"
    return [
        rule("", "nodes pods", "get list watch"),
        rule(GROUP, own, "get list watch create update delete"),
        rule(GROUP, "ippools ipreservations", "list watch"),
    ]


def _plugin_settings() -> str:
    """The words between underscores are Calico's own, for its installer."""
    plugin = {
        "type": "calico",
        "log_level": "info",
        "log_file_path": "/var/log/calico/cni/cni.log",
        "datastore_type": "kubernetes",
        "nodename": "__KUBERNETES_NODE_NAME__",
        "mtu": 0,  # from the server's own network
        "ipam": {"type": "calico-ipam"},
        "policy": {"type": "k8s"},
        "kubernetes": {"kubeconfig": "__KUBECONFIG_FILEPATH__"},
    }
    ports = {"type": "portmap", "snat": True, "capabilities": {"portMappings": True}}
    return json.dumps({"name": "k8s-pod-network", "cniVersion": "0.3.1", "plugins": [plugin, ports]})


def _node(options: KubernetesOptions, api: dict[str, str]) -> Document:
    """api: variables that lead to the API itself, not to its service, which may come later than Calico."""
    folders = {"run": "/var/run/calico", "state": "/var/lib/calico", "agent": "/var/run/nodeagent"}
    networks = {"networks": "/host/etc/cni/net.d"}
    install = {
        "name": "install-cni",
        "image": image(options, "calico/cni", options.versions.calico),
        "command": ["/opt/cni/bin/install"],
        "env": [
            *variables(
                {"CNI_CONF_NAME": "10-calico.conflist", "SLEEP": "false", "KUBERNETES_NODE_NAME": "@spec.nodeName"}
            ),
            {
                "name": "CNI_NETWORK_CONFIG",
                "valueFrom": {"configMapKeyRef": {"name": "calico-config", "key": "cni_network_config"}},
            },
            *variables(api),
        ],
        "securityContext": {"privileged": True},
        "volumeMounts": mounts({"plugins": "/host/opt/cni/bin", **networks}),
    }
    run = {
        "name": NODE,
        "image": image(options, "calico/node", options.versions.calico),
        "env": variables({**_felix(options), **api}),
        "securityContext": {"privileged": True},
        "resources": {"requests": {"cpu": "100m"}},
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/calico-node", "-shutdown"]}}},
        "livenessProbe": {**_probe(options, "live"), "initialDelaySeconds": 10, "failureThreshold": 6},
        "readinessProbe": _probe(options, "ready"),
        "volumeMounts": mounts({**networks, **folders, "modules": "/lib/modules", "lock": "/run/xtables.lock"}),
    }
    return host_pod(
        NODE,
        terminationGracePeriodSeconds=0,
        initContainers=[install],
        containers=[run],
        volumes=[
            *host_paths(
                {**folders, "plugins": "/opt/cni/bin", "networks": "/etc/cni/net.d", "modules": "/lib/modules"}
            ),
            *host_paths({"lock": "/run/xtables.lock"}, "FileOrCreate"),
        ],
    )


def _felix(options: KubernetesOptions) -> dict[str, str]:
    """Always encapsulated: the cloud lets no packets pass that bear addresses of pods."""
    vxlan = options.calico_encapsulation == "vxlan"
    return {
        "DATASTORE_TYPE": "kubernetes",
        "WAIT_FOR_DATASTORE": "true",
        "NODENAME": "@spec.nodeName",
        "CALICO_NETWORKING_BACKEND": "vxlan" if vxlan else "bird",
        "CLUSTER_TYPE": "k8s" if vxlan else "k8s,bgp",
        "IP": "autodetect",
        "IP_AUTODETECTION_METHOD": "kubernetes-internal-ip",
        "CALICO_IPV4POOL_CIDR": options.pods,
        "CALICO_IPV4POOL_VXLAN": "Always" if vxlan else "Never",
        "CALICO_IPV4POOL_IPIP": "Never" if vxlan else "Always",
        "CALICO_DISABLE_FILE_LOGGING": "true",
        "FELIX_DEFAULTENDPOINTTOHOSTACTION": "ACCEPT",
        "FELIX_IPV6SUPPORT": "false",
        "FELIX_HEALTHENABLED": "true",
    }


def _probe(options: KubernetesOptions, question: str) -> dict[str, Any]:
    parts = ["felix"] if options.calico_encapsulation == "vxlan" else ["felix", "bird"]
    command = ["/bin/calico-node", *(f"-{part}-{question}" for part in parts)]
    return {"exec": {"command": command}, "periodSeconds": 10, "timeoutSeconds": 10}


def _controllers(options: KubernetesOptions) -> Document:
    check = {"periodSeconds": 10, "timeoutSeconds": 10}
    return {
        "serviceAccountName": CONTROLLERS,
        "priorityClassName": "system-cluster-critical",
        "tolerations": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}],
        "containers": [
            {
                "name": CONTROLLERS,
                "image": image(options, "calico/kube-controllers", options.versions.calico),
                "env": variables({"ENABLED_CONTROLLERS": "node", "DATASTORE_TYPE": "kubernetes"}),
                "livenessProbe": {**check, "exec": {"command": ["/usr/bin/check-status", "-l"]}},
                "readinessProbe": {**check, "exec": {"command": ["/usr/bin/check-status", "-r"]}},
                "securityContext": {"runAsNonRoot": True},
            }
        ],
    }
