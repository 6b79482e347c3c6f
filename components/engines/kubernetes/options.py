"""What a spec's `options` may say for Kubernetes, and what is wrong for Kubernetes alone."""

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from bay.components.engines import Options
from bay.components.errors import InvalidInput
from bay.components.spec.types import HostName, Ipv4Cidr, Word, Words

if TYPE_CHECKING:
    from bay.components.spec import BaySpec

Tag = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
Image = Literal[
    "cinder-csi-plugin",
    "cni",
    "csi-attacher",
    "csi-node-driver-registrar",
    "csi-provisioner",
    "csi-resizer",
    "flannel",
    "flannel-cni-plugin",
    "k8s-keystone-auth",
    "kube-controllers",
    "node",
    "openstack-cloud-controller-manager",
]
"""Last part of the name of each image of an add-on; cni, kube-controllers and node are Calico's."""
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Arguments = dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")], Annotated[str, Field(pattern=r'^[^\s"\\]*$')]]
"""Command line options of a program, without the leading dashes."""

RESERVED_DOMAINS = ("kubernetes.io", "k8s.io")
OWN_LABELS = ("kubelet.kubernetes.io", "node.kubernetes.io")
"""Domains of labels that a kubelet may set on its own node, though they are Kubernetes' own."""


class Versions(Options):
    """Tags of the images of add-ons."""

    coredns: Tag | None = Field(None, description="CoreDNS; empty: what kubeadm chooses.")
    etcd: Tag | None = Field(None, description="etcd; empty: what kubeadm chooses.")
    flannel: Tag = Field("v0.26.7", description="flannel.")
    flannel_cni: Tag = Field("v1.6.2-flannel1", description="flannel's CNI plugin.")
    calico: Tag = Field("v3.29.6", description="Calico.")
    cloud_provider: Tag = Field("v1.34.1", description="cloud-provider-openstack: controller, Cinder CSI, Keystone.")
    csi_attacher: Tag = Field("v4.10.0", description="csi-attacher.")
    csi_provisioner: Tag = Field("v5.3.0", description="csi-provisioner.")
    csi_resizer: Tag = Field("v1.14.0", description="csi-resizer.")
    csi_registrar: Tag = Field("v2.15.0", description="csi-node-driver-registrar.")


class KubernetesOptions(Options):
    """Options of a Kubernetes bay; what Magnum had as labels."""

    version: Annotated[str, Field(pattern=r"^1\.(33|34|35)\.\d{1,2}$")] = Field(
        "1.34.2",
        description="Version of the control plane, 1.33.N to 1.35.N; the image's kubelet and kubeadm must fit.",
    )
    network_driver: Literal["flannel", "calico"] = Field("flannel", description="Network of the pods.")
    flannel_backend: Literal["vxlan", "host-gw"] = Field(
        "vxlan",
        description="How flannel carries packets; host-gw needs a network that passes addresses which are not the "
        "servers' own.",
    )
    calico_encapsulation: Literal["vxlan", "ipip"] = Field("vxlan", description="How Calico carries packets.")
    pods: Ipv4Cidr = Field("10.100.0.0/16", description="Address range of the pods.")
    node_prefix: int = Field(24, ge=16, le=28, description="Prefix length of each server's part of `pods`.")
    services: Ipv4Cidr = Field("10.254.0.0/16", description="Address range of services.")
    cluster_domain: HostName = Field("cluster.local", description="DNS domain of services.")
    proxy_mode: Literal["nftables", "iptables"] = Field("nftables", description="How kube-proxy sets up services.")
    image_repository: Word | None = Field(
        None, description="Prefix of all images of the cluster, for example registry.example/k8s; empty: each its own."
    )
    pod_security: Literal["privileged", "baseline", "restricted"] = Field(
        "baseline",
        description="Pod Security level of namespaces (but kube-system) whose labels name no other; privileged: none.",
    )
    admission_plugins: Words = Field(
        (), description="Admission plugins beside NodeRestriction, DenyServiceExternalIPs and the default ones."
    )
    apiserver_args: Arguments = Field(default_factory=dict, description="More options of kube-apiserver.")
    controller_manager_args: Arguments = Field(
        default_factory=dict, description="More options of kube-controller-manager."
    )
    scheduler_args: Arguments = Field(default_factory=dict, description="More options of kube-scheduler.")
    kubelet_args: Arguments = Field(default_factory=dict, description="More options of the kubelet.")
    kube_proxy_config: dict[str, Any] = Field(default_factory=dict, description="More of KubeProxyConfiguration.")
    versions: Versions = Field(Versions(), description="Versions of add-ons.")
    digests: dict[Image, Digest] = Field(
        default_factory=dict,
        description="Digests (sha256:...) of images of add-ons by the last part of their names: no other content runs.",
    )
    cloud_provider: bool = Field(
        False, description="Whether services of type LoadBalancer get a load balancer of the cloud (Octavia)."
    )
    volume_driver: Literal["none", "cinder"] = Field("none", description="Where persistent volumes come from.")
    keystone_auth: bool = Field(False, description="Whether users may log in with tokens of Keystone.")
    keystone_roles: dict[Word, Literal["admin", "edit", "view"]] = Field(
        {"admin": "admin", "member": "edit", "reader": "view"},
        description="Role in the bay's project -> what its holders may do: everything; everything outside the "
        "system's namespaces; see everything but secrets.",
    )


def options_of(spec: "BaySpec") -> KubernetesOptions:
    """The options, typed."""
    return KubernetesOptions.model_validate(spec.options)


def check(spec: "BaySpec") -> None:
    """Raise ValueError ("field: what is wrong")."""
    options = options_of(spec)
    _check_ranges(spec, options)
    _check_room(spec, options)
    for name, group in {"masters": spec.masters, "nodes": spec.nodes, **_named(spec)}.items():
        for key in group.labels:
            domain = key.rpartition("/")[0]
            if _below(domain, RESERVED_DOMAINS) and not _below(domain, OWN_LABELS):
                raise ValueError(f"{name}.labels: {key} is of Kubernetes' own, which no server may give itself")


def check_subnets(cidrs: Sequence[str], options: KubernetesOptions) -> None:
    """Raise BayError where the subnets that the servers are in, known only now, collide with the options."""
    for name, own in (("pods", options.pods), ("services", options.services)):
        for cidr in cidrs:
            if overlap(own, cidr):
                hint = f"name another range: --set options.{name}=CIDR"
                raise InvalidInput(f"options.{name}: {own} overlaps the servers' subnet, {cidr}", hint)


def overlap(cidr: str, other: str) -> bool:
    """Whether two ranges have an address in common."""
    one, two = ipaddress.ip_network(cidr), ipaddress.ip_network(other)
    return one.version == two.version and one.overlaps(two)


def _check_ranges(spec: "BaySpec", options: KubernetesOptions) -> None:
    ranges = {"options.pods": options.pods, "options.services": options.services}
    if spec.own_network:
        ranges["network.cidr"] = spec.network.cidr
    names = list(ranges)
    for i, name in enumerate(names):
        for other in names[i + 1 :]:
            if overlap(ranges[name], ranges[other]):
                raise ValueError(f"{name}: {ranges[name]} overlaps {other}, {ranges[other]}")
    bits = 32 - ipaddress.ip_network(options.services).prefixlen
    if not 4 <= bits <= 20:
        raise ValueError(f"options.services: {options.services} must have a prefix length from 12 to 28")


def _check_room(spec: "BaySpec", options: KubernetesOptions) -> None:
    """Each server gets a part of the pods' range."""
    bits = options.node_prefix - ipaddress.ip_network(options.pods).prefixlen
    servers = sum(group.count for group in spec.groups.values())
    if not 0 <= bits <= 16 or servers > 1 << bits:
        room = f"has room for {1 << bits if 0 <= bits <= 16 else 0} servers of /{options.node_prefix} each"
        raise ValueError(f"options.pods: {options.pods} {room}, not for {servers}; see also options.node_prefix")


def _named(spec: "BaySpec") -> dict[str, Any]:
    return {f"node_groups.{name}": group for name, group in spec.node_groups.items()}


def _below(domain: str, parents: tuple[str, ...]) -> bool:
    return any(domain == parent or domain.endswith(f".{parent}") for parent in parents)
