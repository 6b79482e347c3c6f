"""What the node image for Kubernetes is made of; images of several versions are side by side in the cache."""

from dataclasses import dataclass
from pathlib import Path

from bay.sandbox.images.common import BASE, BUSYBOX, WEB, web_container
from bay.sandbox.images.containers import Archives, Container
from bay.sandbox.images.node import Node
from bay.sandbox.images.programs import Programs

KUBERNETES = "v1.34.2"
ETCD = "3.6.5-0"
COREDNS = "v1.12.1"
PAUSE = "3.10.1"
FLANNEL = "v0.26.7"
FLANNEL_CNI = "v1.6.2-flannel1"
CLOUD_PROVIDER = "v1.34.1"
"""As kubeadm of that version asks for them; of add-ons as their own manifests do. The modules in go/ have the same."""

REGISTRY = "registry.k8s.io"
CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
ON_CLOUD = ("openstack-cloud-controller-manager", "k8s-keystone-auth")
ON_NODES = ("kubeadm", "kubelet", "kubectl")

VERSION_OF = "k8s.io/component-base/version.gitVersion"


@dataclass(frozen=True)
class _ModulePrograms(Programs):
    """Programs whose part has another name than the folder of their module in go/."""

    folder: str = ""

    @property
    def module(self) -> Path:
        """Its sources."""
        return super().module.with_name(self.folder or self.name)


@dataclass(frozen=True)
class Release:
    """A version of Kubernetes that there is an image of.

    name: of the image, and in the names of its parts. version: as ``v1.34.2``. folder: in go/, with the module that its
    programs are of. etcd, coredns: folders of theirs, and tags of their container images, as that version of kubeadm
    asks for them; pause likewise.
    """

    name: str
    version: str
    folder: str = "kubernetes"
    etcd: tuple[str, str] = ("etcd", ETCD)
    coredns: tuple[str, str] = ("coredns", COREDNS)
    pause: str = PAUSE

    @property
    def programs(self) -> Programs:
        """All of its programs, those of the control plane among them."""
        return _ModulePrograms(
            name=self.name,
            title=f"Kubernetes {self.version}",
            space=600,
            packages=tuple(f"k8s.io/kubernetes/cmd/{name}" for name in (*ON_NODES, *CONTROL_PLANE, "kube-proxy")),
            linker=f"-s -w -X {VERSION_OF}={self.version} -X k8s.io/client-go/pkg/version.gitVersion={self.version}",
            folder=self.folder,
        )

    @property
    def programs_etcd(self) -> Programs:
        """Of the server, and those that look after it."""
        folder, version = self.etcd
        packages = (".", "go.etcd.io/etcd/etcdctl/v3", "go.etcd.io/etcd/etcdutl/v3")
        return Programs(name=folder, title=f"etcd {version}", space=90, packages=packages)

    @property
    def programs_coredns(self) -> Programs:
        """The server of names."""
        folder, version = self.coredns
        return Programs(name=folder, title=f"CoreDNS {version}", space=60)


@dataclass(frozen=True)
class _ReleaseNode(Node):
    """Every version's image has the files of the first."""

    @property
    def source(self) -> Path:
        """The folder of its files."""
        return super().source.with_name(CURRENT.name)


CURRENT = Release("kubernetes", KUBERNETES)
PREVIOUS = Release(
    "kubernetes-1.33", "v1.33.5", "kubernetes-1.33", ("etcd-3.5", "3.5.21-0"), ("coredns-1.12.0", "v1.12.0"), "3.10"
)
"""One minor version before, to upgrade from."""

PROGRAMS = CURRENT.programs
PROGRAMS_PAUSE = Programs(name="pause", title="the program that holds a pod", space=5)
PROGRAMS_FLANNEL = Programs(
    name="flannel",
    title=f"flannel {FLANNEL}",
    space=60,
    packages=("github.com/flannel-io/flannel",),
    linker=f"-s -w -X github.com/flannel-io/flannel/pkg/version.Version={FLANNEL}",
    c_library=True,  # it does not compile without: one of its backends is in C
)
PROGRAMS_FLANNEL_CNI = Programs(name="flannel-cni", title="flannel's plugin for pods", space=10)
PROGRAMS_CLOUD = Programs(
    name="cloud-provider",
    title=f"cloud-provider-openstack {CLOUD_PROVIDER}",
    space=200,
    packages=tuple(f"k8s.io/cloud-provider-openstack/cmd/{name}" for name in ON_CLOUD),
    linker=f"-s -w -X k8s.io/component-base/version.gitVersion={CLOUD_PROVIDER}",
)

NETFILTER = ("usr/sbin/nft", "usr/sbin/xtables-nft-multi", "usr/lib/*/xtables/*.so")
IPTABLES = tuple(
    (f"usr/sbin/{name}{action}", "xtables-nft-multi")
    for name in ("iptables", "ip6tables")
    for action in ("", "-save", "-restore")
)


def _control_plane(release: Release, name: str) -> Container:
    program = f"usr/local/bin/{name}"
    return Container(
        file=name,
        names=(f"{REGISTRY}/{name}:{release.version}",),
        programs=((f"{release.name}/{name}", program),),
        entrypoint=(f"/{program}",),
    )


def _kube_proxy(release: Release, file: str = "kube-proxy") -> Container:
    return Container(
        file=file,
        names=(f"{REGISTRY}/kube-proxy:{release.version}",),
        programs=((f"{release.name}/kube-proxy", "usr/local/bin/kube-proxy"),),
        tools=NETFILTER,
        links=IPTABLES,
        folders=("run", "tmp", "var/lib"),
        entrypoint=("/usr/local/bin/kube-proxy",),
    )


def _on_cloud(name: str) -> Container:
    return Container(
        file=name,
        names=(f"{REGISTRY}/provider-os/{name}:{CLOUD_PROVIDER}",),
        programs=((f"cloud-provider/{name}", f"bin/{name}"),),
        tools=("etc/ssl/certs/ca-certificates.crt",),
        command=(f"/bin/{name}",),  # not the entry point: manifests name the program among its arguments
    )


def _beside_control_plane(release: Release) -> tuple[Container, ...]:
    etcd, etcd_version = release.etcd
    coredns, coredns_version = release.coredns
    return (
        Container(
            file="etcd",
            names=(f"{REGISTRY}/etcd:{etcd_version}",),
            programs=tuple((f"{etcd}/{name}", f"usr/local/bin/{name}") for name in ("etcd", "etcdctl", "etcdutl")),
            command=("/usr/local/bin/etcd",),
        ),
        Container(
            file="coredns",
            names=(f"{REGISTRY}/coredns/coredns:{coredns_version}",),
            programs=((f"{coredns}/coredns", "coredns"),),
            entrypoint=("/coredns",),
        ),
        Container(
            file="pause",
            # The latter: Debian's containerd's own default.
            names=(f"{REGISTRY}/pause:{release.pause}", f"{REGISTRY}/pause:3.6"),
            programs=(("pause/pause", "pause"),),
            entrypoint=("/pause",),
        ),
    )


OF_ALL = (
    Container(
        file="flannel",
        names=(f"docker.io/flannel/flannel:{FLANNEL}",),
        programs=(("flannel/flannel", "opt/bin/flanneld"),),
        tools=(*NETFILTER, "usr/bin/busybox", "usr/bin/ip"),
        links=(*IPTABLES, *BUSYBOX),
        folders=("run", "tmp", "var/lib"),
        entrypoint=("/opt/bin/flanneld",),
    ),
    Container(
        file="flannel-cni-plugin",
        names=(f"docker.io/flannel/flannel-cni-plugin:{FLANNEL_CNI}",),
        programs=(("flannel-cni/flannel-cni", "flannel"),),
        tools=("usr/bin/busybox",),
        links=BUSYBOX,
    ),
    web_container(1),
    web_container(2),
)


def containers(release: Release, beside: tuple[Release, ...] = ()) -> tuple[Container, ...]:
    """Images of a version. beside: versions whose kube-proxy is there too, since a bay that is upgraded runs both for a
    while, and the sandbox has no registry."""
    return (
        *(_control_plane(release, name) for name in CONTROL_PLANE),
        *map(_on_cloud, ON_CLOUD),
        _kube_proxy(release),
        *(_kube_proxy(other, f"kube-proxy-{other.version}") for other in beside),
        *_beside_control_plane(release),
        *OF_ALL,
    )


def node(release: Release, beside: tuple[Release, ...] = ()) -> Node:
    """The image of servers with a version of Kubernetes; beside: as for `containers`."""
    programs = release.programs
    archives = Archives(
        name=f"{release.name}-images",
        title="container images of Kubernetes",
        space=900,
        needs=(
            BASE,
            *(WEB, programs, release.programs_etcd, release.programs_coredns),
            *(PROGRAMS_PAUSE, PROGRAMS_FLANNEL, PROGRAMS_FLANNEL_CNI, PROGRAMS_CLOUD),
            *(other.programs for other in beside),
        ),
        containers=containers(release, beside),
    )
    return _ReleaseNode(
        name=release.name,
        title="the image of nodes with Kubernetes",
        space=2900,
        needs=(BASE, archives, programs, PROGRAMS_FLANNEL_CNI),
        packages=("containerd", "runc", "containernetworking-plugins"),
        programs=(
            *((f"{release.name}/{name}", f"usr/bin/{name}") for name in ON_NODES),
            ("flannel-cni/flannel-cni", "usr/lib/cni/flannel"),
        ),
        archives="var/lib/bay/images",
        preloaded=True,
    )


CONTAINERS = containers(CURRENT)
NODE = node(CURRENT)
PREVIOUS_NODE = node(PREVIOUS, beside=(CURRENT,))
