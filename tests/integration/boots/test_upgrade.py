"""Upgrades of bays whose servers boot, with 100 requests a second on a service of two replicas: none fails.

Three masters and three nodes. Each node that requests are sent to is replaced as well, so the requests go to the last
node until its batch begins, and to the first one, which is new by then, from there on.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest
from openstack.connection import Connection

from bay.sandbox.images import kubernetes
from tests.integration.bays.harness import Bay, Running, eventually
from tests.integration.boots.booted_bay import OPEN, health
from tests.integration.boots.load import Load, under_load
from tests.integration.boots.services import PORT, WEB, Kubernetes, Service, Swarm, on_bay

pytestmark = [pytest.mark.boot, pytest.mark.sandbox, pytest.mark.long, pytest.mark.timeout(3600)]

LAST, FIRST = "real-node-2", "real-node-0"
BEFORE = kubernetes.PREVIOUS.version.removeprefix("v")
AFTER = kubernetes.KUBERNETES.removeprefix("v")

FULL_DISK = {"image-gc-high-threshold": "100", "eviction-hard": "memory.available<100Mi"}
"""For kubelets, whose disk is this machine's: one that is nearly full is no matter of an upgrade."""


@contextmanager
def image(cloud: Connection, name: str, rootfs: str, properties: Mapping[str, str]) -> Iterator[None]:
    """An image of this project alone, whose servers boot a root file system of the cache."""
    made = cloud.image.create_image(
        name,
        container_format="bare",
        disk_format="raw",
        data=b"x" * 512,
        allow_duplicates=True,
        os_distro="debian",
        sandbox_rootfs=rootfs,
        **properties,
    )
    try:
        yield
    finally:
        cloud.image.delete_image(made.id)


@dataclass(frozen=True)
class PatientKubernetes(Kubernetes):
    """Six servers, with a control plane on three of them, take longer than four on a machine with much else to do."""

    def deploy(self, user: Bay) -> None:
        (user.home / "web.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": WEB}))
        status = "kubectl rollout status deployment/web --timeout 480s"
        on_bay(user, f"kubectl apply --filename web.json; {status} || {{ kubectl get pods -A -o wide; false; }}")


class Upgrade:
    """A bay of three masters and three nodes, its service, and an upgrade of it."""

    def __init__(self, user: Bay, cloud: Connection, service: Service, *words: str) -> None:
        self.user, self.cloud, self.service = user, cloud, service
        size = ("--nodes", "3", "--set", "masters.flavor=m1.small", "--set", "nodes.flavor=m1.small")
        made = user.start("create", "real", *words, *size, *OPEN, "--set", "floating_ips=all").wait(1200)
        assert made.code == 0, made
        self.healthy = dict.fromkeys(["real", *self.ids()], "HEALTHY")
        eventually(lambda: health(user, "real") == self.healthy, 300)
        service.deploy(user)
        self.answers(LAST)

    def ids(self) -> dict[str, str]:
        """Server -> Nova's id."""
        return {server.name: server.id for server in self.cloud.compute.servers(name="^real-")}

    def address(self, node: str) -> str:
        """Its floating IP."""
        found = self.cloud.compute.find_server(node, ignore_missing=False, details=True)
        every = [one for many in self.cloud.compute.get_server(found.id).addresses.values() for one in many]
        return next(str(one["addr"]) for one in every if one["OS-EXT-IPS:type"] == "floating")

    def answers(self, node: str) -> None:
        """Wait until both replicas do, at a node."""

        def both() -> bool:
            load = Load(self.address(node), PORT)
            for _ in range(8):
                load.ask()
            return not load.failed and len(load.served) == 2

        eventually(both, 180)

    def under_load(self, *words: str) -> list[Load]:
        """The upgrade to its end while requests come; the counts."""
        before, loads = self.ids(), []
        running = self.user.start("upgrade", "real", *words, "--yes", "--timeout", "20")
        with under_load(self.address(LAST), PORT) as load:
            running.until(lambda: _batch_of(running) == LAST, 2400)
        loads.append(load)
        self.answers(FIRST)
        with under_load(self.address(FIRST), PORT) as load:
            done = running.wait(900)
            time.sleep(5)
        loads.append(load)
        assert done.code == 0, done
        after = self.ids()
        assert before.keys() == after.keys()
        assert not set(before.values()) & set(after.values()), "every server is another one"
        eventually(lambda: health(self.user, "real") == self.healthy, 300)
        print(*(f"{self.service.model}, upgrade: {load}" for load in loads), sep="\n")
        return loads


def _batch_of(running: Running) -> str:
    """Servers of the batch that goes on."""
    found = re.findall(r"^batch \d+ of \d+: (.+)$", running.err.read_text(), re.MULTILINE)
    return str(found[-1]) if found else ""


SWARM_IDS = "docker info --format '{{.Swarm.Cluster.ID}}'; docker service inspect web --format '{{.ID}}'"


def test_swarm_between_two_images(user: Bay, cloud: Connection, need_image: Callable[[str], None]) -> None:
    """Of the same Docker, since Debian has one; what is checked of versions is that the engine tells its own."""
    need_image("docker")
    with ExitStack() as stack:
        version = {"docker_version": "20.10.24"}
        stack.enter_context(image(cloud, "docker-weekly", "docker", version))
        stack.callback(user.delete_all)  # before the image
        bay = Upgrade(user, cloud, Swarm(), "--model", "swarm-ha")
        known = on_bay(user, SWARM_IDS)
        plan = user.run("upgrade", "real", "--image", "docker-weekly", "--dry-run", "-f", "json").json
        names = [row["name"].removeprefix("real-") for row in plan]
        assert names == ["master-0", "master-1", "master-2", "node-0", "node-1", "node-2"]
        assert {(row["from"], row["to"]) for row in plan} == {("20.10.24", "20.10.24")}
        back = user.run("upgrade", "real", "--version", "19.3.0")
        assert "no image brings Docker 19.3.0" in back.error[0]
        loads = bay.under_load("--image", "docker-weekly")
        assert on_bay(user, SWARM_IDS) == known
        assert [load.failed for load in loads] == [{}, {}]
        assert all(load.steady for load in loads)


VERSIONS = """get="kubectl --namespace kube-system get"
each() { tr ' ' '\\n' | sed 's/.*://' | sort -u; echo; }
$get nodes --output 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}' | each
$get pods --selector tier=control-plane,component!=etcd --output 'jsonpath={.items[*].spec.containers[0].image}' | each
$get daemonset kube-proxy --output 'jsonpath={.spec.template.spec.containers[0].image}' | each
$get configmap kubeadm-config --output 'jsonpath={.data.ClusterConfiguration}' | sed -n 's/^kubernetesVersion: //p'"""
"""Of kubelets, of the control plane's pods, of kube-proxy and of the cluster's configuration; each once."""


@contextmanager
def earlier_bay(user: Bay, cloud: Connection, need_image: Callable[[str], None]) -> Iterator[tuple[str, ...]]:
    """Images of both versions; options of a bay of the earlier one. Afterwards the bays go before their image."""
    need_image("kubernetes")
    need_image(kubernetes.PREVIOUS.name)
    with image(cloud, "earlier", kubernetes.PREVIOUS.name, {"kube_version": BEFORE}):
        try:
            words = ("--set", "image=earlier", "--set", f"options.version={BEFORE}")
            yield (*words, "--set", f"options.kubelet_args={json.dumps(FULL_DISK)}")
        finally:
            user.delete_all()


CLUSTER_ID = "kubectl get namespace kube-system --output 'jsonpath={.metadata.uid}'"


def test_the_only_master_takes_its_data_to_the_next_minor_version(
    user: Bay, cloud: Connection, need_image: Callable[[str], None]
) -> None:
    with earlier_bay(user, cloud, need_image) as words:
        size = ("--nodes", "1", "--set", "masters.state_volume=2", "--set", "masters.flavor=m1.small")
        made = user.start("create", "real", "--model", "kubernetes", *words, *size, *OPEN).wait(1200)
        assert made.code == 0, made
        known = on_bay(user, CLUSTER_ID)
        assert on_bay(user, VERSIONS).split() == [f"v{BEFORE}"] * 4
        done = user.start("upgrade", "real", "--version", AFTER, "--yes", "--timeout", "20").wait(1800)
        assert done.code == 0, done
        eventually(lambda: on_bay(user, VERSIONS).split() == [f"v{AFTER}"] * 4, 300)
        assert on_bay(user, CLUSTER_ID) == known
        etcd = "kubectl get pods --namespace kube-system --selector component=etcd"
        images = on_bay(user, f"{etcd} --output 'jsonpath={{.items[*].spec.containers[0].image}}'")
        assert images.split() == [f"{kubernetes.REGISTRY}/etcd:{kubernetes.ETCD}"]


def test_kubernetes_to_the_next_minor_version(user: Bay, cloud: Connection, need_image: Callable[[str], None]) -> None:
    with earlier_bay(user, cloud, need_image) as words:
        bay = Upgrade(user, cloud, PatientKubernetes(), "--model", "kubernetes-ha", *words)
        assert on_bay(user, VERSIONS).split() == [f"v{BEFORE}"] * 4
        known = on_bay(user, CLUSTER_ID)
        skip = user.run("upgrade", "real", "--version", "1.33.9", "--image", "earlier")
        assert f"brings Kubernetes {BEFORE}, not 1.33.9" in skip.error[0]
        loads = bay.under_load("--version", AFTER)
        eventually(lambda: on_bay(user, VERSIONS).split() == [f"v{AFTER}"] * 4, 180)
        assert on_bay(user, CLUSTER_ID) == known
        system = "kubectl get daemonset,deployment --namespace kube-system --output json"
        assert _ready(on_bay(user, system)) == {"coredns": 2, "flannel": 6, "kube-proxy": 6}
        assert [load.failed for load in loads] == [{}, {}]
        assert all(load.steady for load in loads)


def _ready(text: str) -> dict[str, int]:
    """Workload -> pods that are ready."""
    items = json.loads(text)["items"]
    return {
        one["metadata"]["name"]: one["status"].get("numberReady") or one["status"].get("readyReplicas") or 0
        for one in items
    }
