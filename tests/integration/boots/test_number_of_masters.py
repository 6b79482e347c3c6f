"""More masters and fewer on a bay that serves: 100 requests a second, while masters join and leave, and none fails."""

import time
from collections.abc import Callable, Mapping, Sequence

import pytest
from openstack.connection import Connection

from tests.integration.bays.harness import Bay
from tests.integration.boots.booted_bay import OPEN, health
from tests.integration.boots.load import Load, under_load
from tests.integration.boots.services import PORT, Kubernetes, Service, Swarm, on_bay
from tests.integration.boots.story import comes

pytestmark = [pytest.mark.boot, pytest.mark.sandbox, pytest.mark.long, pytest.mark.timeout(2700)]

AFTERWARDS = 5.0
"""Seconds for which requests go on when a change is through."""
BUSY = 300.0
QUORUM = {
    "swarm": """docker node ls --filter role=manager --format '{{.Hostname}} {{.ManagerStatus}}' |
        sed -E 's/ (Leader|Reachable)$//' | sort""",
    "kubernetes": """pod=$(kubectl get pods -n kube-system -l component=etcd -o name | head -1)
        kubectl exec -n kube-system "$pod" -- etcdctl --endpoints https://127.0.0.1:2379 \\
            --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt \\
            --key /etc/kubernetes/pki/etcd/server.key member list | cut -d, -f2,3 | sed -n 's/^ started, //p' | sort""",
}
ARGUMENTS = '{eviction-hard: "imagefs.available<1%,nodefs.available<1%", image-gc-high-threshold: "100"}'
ALSO: Mapping[str, Sequence[str]] = {
    "swarm": (),
    # Pods run here though the disk of this machine is nearly full, and images stay that no pod uses yet.
    "kubernetes": (
        *("--set", "endpoint.kind=virtual-ip"),
        *("--set", f"options.kubelet_args={ARGUMENTS}"),
    ),
}


class Story:
    """A bay of one master with a service, asked at a node."""

    def __init__(self, user: Bay, cloud: Connection, service: Service) -> None:
        self.user, self.cloud, self.service = user, cloud, service
        words = ("--nodes", "2", *OPEN, "--set", "floating_ips=all", *ALSO[service.model], "--timeout", "9")
        made = user.start("create", "real", "--model", service.model, "--masters", "1", *words).wait(600)
        assert made.code == 0, made
        service.deploy(user)
        comes(2, lambda: len(set(service.holders(user))), BUSY)
        server = cloud.compute.find_server(service.holders(user)[0], ignore_missing=False, details=True)
        found = cloud.compute.get_server(server.id).addresses.values()
        self.address = next(one["addr"] for many in found for one in many if one["OS-EXT-IPS:type"] == "floating")
        comes(True, self.both_answer, BUSY)

    def both_answer(self) -> bool:
        load = Load(self.address, PORT)
        for _ in range(8):
            load.ask()
        return not load.failed and len(load.served) == 2

    def masters_become(self, count: int) -> Load:
        """By `bay scale`, while requests come; afterwards the engine counts on exactly these."""
        with under_load(self.address, PORT) as load:
            words = ("scale", "real", str(count), "--group", "master", "--allow", "masters", "--yes")
            start = time.monotonic()
            done = self.user.start(*words).wait(1500)
            seconds = time.monotonic() - start
            time.sleep(AFTERWARDS)
        print(f"{self.service.model}, to {count} masters in {seconds:.0f} s: {load}\n{done.err}")
        assert done.code == 0, done
        wanted = [f"real-master-{index}" for index in range(count)]
        comes(wanted, lambda: on_bay(self.user, QUORUM[self.service.model]).split(), BUSY)
        nodes = [f"real-node-{index}" for index in range(2)]
        assert self.service.entries(self.user) == [*wanted, *nodes]
        comes(dict.fromkeys(["real", *wanted, *nodes], "HEALTHY"), lambda: health(self.user, "real"), BUSY)
        assert sorted(one.name for one in self.cloud.compute.servers(name="^real-master")) == wanted
        return load


@pytest.mark.parametrize("counts", [(3, 1), (3, 5, 3, 1)], ids=["3", "5"])
@pytest.mark.parametrize("service", [Swarm(), Kubernetes()], ids=["swarm", "kubernetes"])
def test_no_request_fails_while_masters_join_and_leave(
    service: Service, counts: Sequence[int], user: Bay, cloud: Connection, need_image: Callable[[str], None]
) -> None:
    need_image(service.model)
    story = Story(user, cloud, service)
    for count in counts:
        load = story.masters_become(count)
        assert load.steady, load
        assert not load.failed, load
