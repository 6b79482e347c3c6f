"""What is in the built images, and that its programs run there. Builds them first, which takes minutes once."""

import os
import subprocess
from pathlib import Path

import pytest

from bay.sandbox.images import build, kubernetes
from tests.sandbox.images.conftest import CACHE

pytestmark = [pytest.mark.boot, pytest.mark.timeout(1800)]

OVERLAY = 'mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$2/merged" && shift 2'
"""Servers may run from the image: a test changes nothing in it."""


class Image:
    """A built image, to run commands in."""

    def __init__(self, engine: str, scratch: Path) -> None:
        self.folder = build(CACHE, engine, os.environ["PATH"], print)
        self.scratch = scratch
        for name in ("upper", "work", "merged"):
            (scratch / name).mkdir()

    def run(self, command: str) -> str:
        """What a shell command prints inside."""
        script = (
            f'{OVERLAY} && mount -t proc proc "{self.scratch}/merged/proc" && exec chroot "{self.scratch}/merged" "$@"'
        )
        words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", script, "sh"]
        arguments = [self.folder / "rootfs", self.scratch, "sh", "-ec", command]
        done = subprocess.run([*words, *arguments], capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return Image("swarm", tmp_path_factory.mktemp("docker"))


@pytest.fixture(scope="module")
def kubernetes_image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return Image("kubernetes", tmp_path_factory.mktemp("kubernetes"))


@pytest.fixture(scope="module")
def mesos(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return Image("mesos", tmp_path_factory.mktemp("mesos"))


@pytest.mark.parametrize("image", ["docker", "kubernetes_image", "mesos"])
def test_every_node_starts_as_nobody_and_with_what_every_bay_needs(image: str, request: pytest.FixtureRequest) -> None:
    node: Image = request.getfixturevalue(image)
    assert node.run("cat /etc/machine-id; ls /etc/ssh | grep host_key || true") == ""
    assert node.run("cat /etc/hostname 2>/dev/null || true") == ""
    for unit, state in {
        "ssh": "enabled",
        "systemd-networkd": "enabled",
        "systemd-resolved": "enabled",
        "bay-cgroups": "enabled",
        "haproxy": "disabled",
        "keepalived": "disabled",
    }.items():
        assert node.run(f"systemctl is-enabled {unit} || true") == f"{state}\n", unit
    tools = "cloud-init curl jq haproxy keepalived nft iptables conntrack socat mkfs.ext4 ssh sudo openssl ip"
    assert node.run(f"for tool in {tools}; do command -v $tool >/dev/null || echo $tool; done") == ""
    assert node.run("ls /usr/sbin/policy-rc.d /etc/apt/sources.list.d/*bay* 2>/dev/null || true") == ""


def test_docker_is_there_and_a_web_service_to_try_it_with(docker: Image) -> None:
    assert docker.run("docker --version").startswith("Docker version 20.10.")
    assert docker.run("systemctl is-enabled bay-images") == "enabled\n"
    assert docker.run("systemctl is-enabled docker docker.socket containerd || true") == "disabled\n" * 3
    assert docker.run("ls /opt/bay/images") == "proxy.tar\nweb-1.tar\nweb-2.tar\n"


def test_kubernetes_programs_are_all_of_one_version(kubernetes_image: Image) -> None:
    assert kubernetes_image.run("kubeadm version -o short") == f"{kubernetes.KUBERNETES}\n"
    assert kubernetes_image.run("kubelet --version") == f"Kubernetes {kubernetes.KUBERNETES}\n"
    assert f"Client Version: {kubernetes.KUBERNETES}\n" in kubernetes_image.run("kubectl version --client")
    assert kubernetes_image.run("systemctl is-enabled kubelet containerd || true") == "disabled\n" * 2
    plugins = kubernetes_image.run(
        "for name in bridge flannel host-local loopback portmap; do ls -L /opt/cni/bin/$name; done"
    )
    assert len(plugins.splitlines()) == 5


LIST_IMAGES = """
containerd --root /data >/dev/null 2>&1 &
until ctr version >/dev/null 2>&1; do kill -0 $!; sleep 0.2; done
ctr --namespace k8s.io images check | awk 'NR > 1 {print $1, $4, $NF}'
kill $!
"""


def test_containerd_has_every_image_that_kubeadm_asks_for_unpacked(kubernetes_image: Image) -> None:
    wanted = set(
        kubernetes_image.run("kubeadm config images list --kubernetes-version " + kubernetes.KUBERNETES).split()
    )
    assert len(wanted) == 7
    data = kubernetes_image.scratch / "upper" / "data"
    subprocess.run(["cp", "-a", "--reflink=auto", kubernetes_image.folder / "containerd", data], check=True)
    lines = [line.split() for line in kubernetes_image.run(LIST_IMAGES).splitlines()]
    listed = [line for line in lines if not line[0].startswith("sha256:")]  # what the kubelet's side calls them
    assert {name for name, _, _ in listed} == {name for one in kubernetes.CONTAINERS for name in one.names}
    assert wanted <= {name for name, _, _ in listed}
    assert {(status, unpacked) for _, status, unpacked in listed} == {("complete", "true")}


def test_zookeeper_and_its_java_are_there_and_nothing_starts_them_yet(mesos: Image) -> None:
    assert "openjdk version" in mesos.run("java -version 2>&1")
    assert (
        mesos.run("id -un zookeeper; ls /usr/share/zookeeper/bin/zkCli.sh /usr/share/java/zookeeper.jar").count("\n")
        == 3
    )
    assert mesos.run("ls /etc/init.d /lib/systemd/system | grep -i -e zookeeper -e mesos || true") == ""
