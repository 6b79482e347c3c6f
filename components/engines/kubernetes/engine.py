"""Kubernetes by kubeadm: the control plane on the masters, containerd everywhere, flannel or Calico between pods.

Its parts are in ``kubernetes_*.py``, its scripts in ``files/kubernetes``; why they are so: docs/decisions/0020.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bay.components.engines import Client, Facts, Options, Port, Question, Source
from bay.components.engines.backups import Snapshots
from bay.components.engines.cloud_logins import CloudLogins
from bay.components.engines.impact_terms import ImpactTerms
from bay.components.engines.kubernetes import (
    apiserver,
    calico,
    cloud_provider,
    containerd,
    dns,
    flannel,
    keystone,
    kubeadm,
    node_identity,
    pki,
    upgrade,
)
from bay.components.engines.kubernetes.cloud_logins import KubernetesCloudLogins
from bay.components.engines.kubernetes.contexts import Contexts
from bay.components.engines.kubernetes.kubeadm import API_PORT
from bay.components.engines.kubernetes.manifests import KUBERNETES_IMAGES, dump
from bay.components.engines.kubernetes.members import KubernetesMembers
from bay.components.engines.kubernetes.node_labels import ARGUMENT, KubernetesNodeLabels, labels_of
from bay.components.engines.kubernetes.options import KubernetesOptions, check, check_subnets, options_of
from bay.components.engines.kubernetes.ownership import OWNERSHIP_RULES
from bay.components.engines.members import Members
from bay.components.engines.node_labels import NodeLabels
from bay.components.engines.ownership_rules import OwnershipRule
from bay.components.engines.upgrades import UpgradeRules
from bay.components.node import join_ssh, user_data
from bay.components.node.cloudinit import File
from bay.components.node.credentials import Secret, current
from bay.components.node.user_data import SETTINGS, Boot

if TYPE_CHECKING:
    from bay.components.spec import BaySpec

UNIT = "bay-kubernetes.service"
MASTER_UNITS = ("bay-manifests.path", "bay-certificates.timer")
"""Each starts the service of its name."""
MASTER_SCRIPTS = ("apply-manifests", "etcd.sh", "upgrade.sh", "renew-certificates")
SCRIPTS = ("start", "runtime.sh", "kubeadm.sh", "cluster.sh")
MANIFESTS = f"{SETTINGS}/manifests"
CLUSTER = f"{SETTINGS}/kubeadm.yaml"
"""kubeadm's configuration of the whole cluster."""

TERMS = ImpactTerms(
    work="pods",
    moves="are evicted to other nodes while the server shuts down (40 s for that; what a disruption budget holds "
    "longer ends with it); those without a controller do not start again",
    keeper="etcd",
    meanwhile="running pods go on, nothing is rescheduled",
)


SNAPSHOTS = Snapshots("kubernetes", "etcd")


@dataclass(frozen=True)
class Kubernetes:
    """Kubernetes 1.33 to 1.35."""

    name: str = "kubernetes"
    title: str = "Kubernetes"
    api_port: int = API_PORT
    options: type[Options] = KubernetesOptions
    secrets: Mapping[str, Secret] = field(default_factory=lambda: pki.SECRETS)
    impact_terms: ImpactTerms = TERMS
    fixed_masters: bool = False
    ownership_rules: Sequence[OwnershipRule] = OWNERSHIP_RULES
    certificate_power: str = (
        "logs in as the user of its common name, in the groups of its organisations; system:masters has full power"
    )
    question: Question = field(default_factory=lambda: Question("/api/v1/nodes"))
    contexts: Contexts = field(default_factory=Contexts)
    cloud_logins: CloudLogins = field(default_factory=KubernetesCloudLogins)
    node_labels: NodeLabels = field(default_factory=KubernetesNodeLabels)
    members: Members = field(default_factory=KubernetesMembers)
    upgrade_rules: UpgradeRules = upgrade.RULES
    masters_sign: bool = True
    client_group: str = pki.ADMINISTRATORS
    snapshots: Snapshots = SNAPSHOTS

    def check(self, spec: "BaySpec") -> None:
        """Address ranges that collide or are too small, labels that no kubelet may set."""
        check(spec)

    def wants_cloud(self, spec: "BaySpec") -> bool:
        """For load balancers and volumes, and to know where and for which project users log in."""
        options = options_of(spec)
        return _uses_cloud(options) or options.keystone_auth

    def ports(self, role: str, spec: "BaySpec") -> tuple[Port, ...]:
        """Kubernetes' table (docs: ports and protocols), what the pods' network needs, and SSH for joining."""
        options = options_of(spec)
        common = (
            Port("tcp", 22, 22, Source.SSH, "SSH of administrators"),
            Port("tcp", 10250, 10250, Source.BAY, "kubelets"),
            *NETWORKS[options.network_driver].ports(options),
        )
        masters = (
            Port("tcp", 22, 22, Source.BAY, "SSH of joining servers"),
            Port("tcp", self.api_port, self.api_port, Source.BAY, "API, from the bay"),
            Port("tcp", self.api_port, self.api_port, Source.API, "API"),
            Port("tcp", 2379, 2380, Source.MASTERS, "etcd"),
        )
        sources = (Source.PUBLISHED, *((Source.SUBNETS,) if options.cloud_provider else ()))
        nodes = tuple(
            Port(protocol, 30000, 32767, source, "services of type NodePort")
            for source in sources
            for protocol in ("tcp", "udp")
        )
        return common + (masters if role == "master" else nodes)

    def boot(self, facts: Facts) -> Boot:
        """Scripts and units; on masters also the keys of the cluster, its configuration and its add-ons."""
        keys, options, master = current(facts.generations), options_of(facts.spec), facts.role == "master"
        check_subnets(facts.cidrs, options)
        scripts = [*SCRIPTS, *(["api-proxy.sh"] if kubeadm.proxied(facts) else [])]
        return Boot(
            settings=_settings(facts, options),
            files=[
                *join_ssh.files(facts.generations, facts.role, self.name),
                *pki.files(keys, facts.role),
                *containerd.files(facts.spec.registry),
                user_data.unit(self.name, UNIT),
                *(user_data.script(self.name, name) for name in scripts),
                *(_master_files(facts, options) if master else []),
            ],
            units=[UNIT, *(MASTER_UNITS if master else join_ssh.units(keys, facts.role))],
            users=[join_ssh.user()] if master else [],
            host_key=join_ssh.host_key(keys) if master else None,
            engine_paths=["/var/lib/containerd", "/var/lib/kubelet"],
            state_paths=["/var/lib/etcd"],
            services=["containerd.service", "kubelet.service"],
        )

    def client_files(self, client: Client) -> dict[str, str]:
        """A kubeconfig, and the same certificate in files of its own, for who speaks to the API without kubectl."""
        keys = current(client.generations)
        return {
            "config": pki.client_config(client, keys),
            "ca.pem": keys["ca_cert"],
            "cert.pem": pki.client_certificate(client.bay, keys),
            "key.pem": keys["client_key"],
        }

    def turned_to(self, files: Mapping[str, str], address: str) -> dict[str, str]:
        """With the context of that address as the current one."""
        return {**files, "config": pki.turned_to(files["config"], address)}

    def client_environment(self, _addresses: Sequence[str], folder: str) -> dict[str, str]:
        """What `kubectl` reads."""
        return {"KUBECONFIG": f"{folder}/config"}

    def node_health(self, answer: Any) -> dict[str, str]:
        """A node whose kubelet and network are ready is healthy."""
        return {node["metadata"]["name"]: "HEALTHY" if _ready(node) else "UNHEALTHY" for node in answer["items"]}


def _ready(node: Mapping[str, Any]) -> bool:
    conditions = node["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _uses_cloud(options: KubernetesOptions) -> bool:
    return options.cloud_provider or options.volume_driver == "cinder"


NETWORKS = {"flannel": flannel, "calico": calico}


def _settings(facts: Facts, options: KubernetesOptions) -> dict[str, str | int | Sequence[str]]:
    group = facts.group_spec
    host, port = kubeadm.endpoint(facts)
    labels = labels_of(facts.bay, facts.spec, facts.group)
    arguments = {ARGUMENT: ",".join(f"{key}={value}" for key, value in labels.items()), **options.kubelet_args}
    if options.cloud_provider:
        arguments["cloud-provider"] = "external"
    settings: dict[str, str | int | Sequence[str]] = {
        **join_ssh.settings(),
        "BAY_VERSION": options.version,
        "BAY_IMAGES": options.image_repository or KUBERNETES_IMAGES,
        "BAY_CLUSTER": f"{host}:{port}",
        "BAY_KUBELET_ARGS": [f"{name}={value}" for name, value in arguments.items()],
        "BAY_TAINTS": getattr(group, "taints", ()),
    }
    if facts.spec.proxy.http or facts.spec.proxy.https:
        inside = [options.pods, options.services, ".svc", f".{options.cluster_domain}"]
        settings["BAY_NO_PROXY"] = ",".join([*user_data.no_proxy(facts), *inside])
    return settings


def _master_files(facts: Facts, options: KubernetesOptions) -> list[File]:
    return [
        File(CLUSTER, dump(*kubeadm.documents(facts, options))),
        *apiserver.files(current(facts.generations), options),
        *_manifests(facts, options),
        *(user_data.unit("kubernetes", name) for name in MASTER_UNITS),
        *(user_data.unit("kubernetes", f"{name.partition('.')[0]}.service") for name in MASTER_UNITS),
        *(user_data.script("kubernetes", name) for name in MASTER_SCRIPTS),
    ]


def _manifests(facts: Facts, options: KubernetesOptions) -> list[File]:
    """What the scripts apply once there is a cluster; a site's snippets may put more beside them."""
    host, port = kubeadm.endpoint(facts)
    network = NETWORKS[options.network_driver]
    found = [
        File(f"{MANIFESTS}/access.yaml", dump(*node_identity.manifests(**network.WRITES))),
        File(f"{MANIFESTS}/network.yaml", dump(*network.manifests(options, host, port))),
        File(f"{MANIFESTS}/dns.yaml", dump(*dns.manifests())),
    ]
    if facts.cloud is not None and _uses_cloud(options):
        cloud = cloud_provider.manifests(options, facts.cloud, facts.bay_id)
        found.append(File(f"{MANIFESTS}/cloud.yaml", dump(*cloud), "0600"))
    if facts.cloud is not None and options.keystone_auth:
        found.append(File(f"{MANIFESTS}/keystone.yaml", dump(*keystone.manifests(options, facts.cloud))))
    return found


ENGINE = Kubernetes()
