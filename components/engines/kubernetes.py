"""Kubernetes by kubeadm: the control plane on the masters, containerd everywhere, flannel or Calico between pods.

Its parts are in ``kubernetes_*.py``, its scripts in ``files/kubernetes``; why they are so: docs/decisions/0020.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bay.components import boot, join_door
from bay.components.belongings import Belonging
from bay.components.boot import SETTINGS, Boot
from bay.components.cloudinit import File
from bay.components.credentials import Secret, current
from bay.components.engines import (
    Client,
    Facts,
    Options,
    Port,
    Question,
    Source,
    kubernetes_apiserver,
    kubernetes_calico,
    kubernetes_cloud,
    kubernetes_containerd,
    kubernetes_dns,
    kubernetes_flannel,
    kubernetes_keys,
    kubernetes_keystone,
    kubernetes_kubeadm,
    kubernetes_options,
)
from bay.components.engines.kubernetes_belongings import BELONGINGS
from bay.components.engines.kubernetes_kubeadm import API_PORT
from bay.components.engines.kubernetes_manifests import KUBERNETES_IMAGES, dump
from bay.components.engines.kubernetes_options import KubernetesOptions, options_of
from bay.components.terms import Terms

if TYPE_CHECKING:
    from bay.components.spec import BaySpec

UNIT = "bay-kubernetes.service"
MANIFEST_UNITS = ("bay-manifests.path", "bay-manifests.service")
SCRIPTS = ("start", "runtime.sh", "kubeadm.sh", "cluster.sh")
MANIFESTS = f"{SETTINGS}/manifests"
CLUSTER = f"{SETTINGS}/kubeadm.yaml"
"""kubeadm's configuration of the whole cluster."""

JOIN_ROLES = {"master": "master", "node": "node"}

TERMS = Terms(
    work="pods",
    moves="are evicted to other nodes while the server shuts down (40 s for that; what a disruption budget holds "
    "longer ends with it); those without a controller do not start again",
    keeper="etcd",
    meanwhile="running pods go on, nothing is rescheduled",
)


@dataclass(frozen=True)
class Kubernetes:
    """Kubernetes 1.33 to 1.35."""

    name: str = "kubernetes"
    title: str = "Kubernetes"
    api_port: int = API_PORT
    options: type[Options] = KubernetesOptions
    secrets: Mapping[str, Secret] = field(default_factory=lambda: kubernetes_keys.SECRETS)
    terms: Terms = TERMS
    fixed_masters: bool = False
    belongings: Sequence[Belonging] = BELONGINGS
    certificate_power: str = (
        "logs in as the user of its common name, in the groups of its organisations; system:masters has full power"
    )
    question: Question = field(default_factory=lambda: Question("/api/v1/nodes"))

    def check(self, spec: "BaySpec") -> None:
        """Address ranges that collide or are too small, labels that no kubelet may set."""
        kubernetes_options.check(spec)

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
        kubernetes_options.check_subnets(facts.cidrs, options)
        scripts = [*SCRIPTS, *(["api-proxy.sh"] if kubernetes_kubeadm.proxied(facts) else [])]
        return Boot(
            settings=_settings(facts, options),
            files=[
                *join_door.files(keys, facts.role, self.name),
                *kubernetes_keys.files(keys, facts.role),
                *kubernetes_containerd.files(facts.spec.registry),
                boot.unit(self.name, UNIT),
                *(boot.script(self.name, name) for name in scripts),
                *(_master_files(facts, options) if master else []),
            ],
            units=[UNIT, *(MANIFEST_UNITS[:1] if master else join_door.units(keys, facts.role))],
            users=[join_door.user(keys, JOIN_ROLES)] if master else [],
            host_key=join_door.host_key(keys) if master else None,
            engine_paths=["/var/lib/containerd", "/var/lib/kubelet"],
            state_paths=["/var/lib/etcd"],
            services=["containerd.service", "kubelet.service"],
        )

    def client_files(self, client: Client) -> dict[str, str]:
        """A kubeconfig, and the same certificate in files of its own, for who speaks to the API without kubectl."""
        keys = current(client.generations)
        return {
            "config": kubernetes_keys.client_config(client, keys),
            "ca.pem": keys["ca_cert"],
            "cert.pem": kubernetes_keys.client_certificate(client.bay, keys),
            "key.pem": keys["client_key"],
        }

    def turned_to(self, files: Mapping[str, str], address: str) -> dict[str, str]:
        """With the context of that address as the current one."""
        return {**files, "config": kubernetes_keys.turned_to(files["config"], address)}

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


NETWORKS = {"flannel": kubernetes_flannel, "calico": kubernetes_calico}


def _settings(facts: Facts, options: KubernetesOptions) -> dict[str, str | int | Sequence[str]]:
    group = facts.group_spec
    host, port = kubernetes_kubeadm.endpoint(facts)
    labels = {"bay.name": facts.bay, "bay.group": facts.group, **group.labels}
    arguments = {"node-labels": ",".join(f"{key}={value}" for key, value in labels.items()), **options.kubelet_args}
    if options.cloud_provider:
        arguments["cloud-provider"] = "external"
    settings: dict[str, str | int | Sequence[str]] = {
        **join_door.settings(),
        "BAY_VERSION": options.version,
        "BAY_IMAGES": options.image_repository or KUBERNETES_IMAGES,
        "BAY_CLUSTER": f"{host}:{port}",
        "BAY_KUBELET_ARGS": [f"{name}={value}" for name, value in arguments.items()],
        "BAY_TAINTS": getattr(group, "taints", ()),
    }
    if facts.spec.proxy.http or facts.spec.proxy.https:
        inside = [options.pods, options.services, ".svc", f".{options.cluster_domain}"]
        settings["BAY_NO_PROXY"] = ",".join([*boot.no_proxy(facts), *inside])
    return settings


def _master_files(facts: Facts, options: KubernetesOptions) -> list[File]:
    return [
        File(CLUSTER, dump(*kubernetes_kubeadm.documents(facts, options))),
        *kubernetes_apiserver.files(current(facts.generations), options),
        *_manifests(facts, options),
        *(boot.unit("kubernetes", name) for name in MANIFEST_UNITS),
        boot.script("kubernetes", "apply-manifests"),
    ]


def _manifests(facts: Facts, options: KubernetesOptions) -> list[File]:
    """What the scripts apply once there is a cluster; a site's snippets may put more beside them."""
    host, port = kubernetes_kubeadm.endpoint(facts)
    found = [
        File(f"{MANIFESTS}/network.yaml", dump(*NETWORKS[options.network_driver].manifests(options, host, port))),
        File(f"{MANIFESTS}/dns.yaml", dump(*kubernetes_dns.manifests())),
    ]
    if facts.cloud is not None and _uses_cloud(options):
        cloud = kubernetes_cloud.manifests(options, facts.cloud, facts.bay_id)
        found.append(File(f"{MANIFESTS}/cloud.yaml", dump(*cloud), "0600"))
    if facts.cloud is not None and options.keystone_auth:
        found.append(File(f"{MANIFESTS}/keystone.yaml", dump(*kubernetes_keystone.manifests(options, facts.cloud))))
    return found


ENGINE = Kubernetes()
