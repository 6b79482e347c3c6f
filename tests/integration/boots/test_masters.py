"""Three masters and two nodes: one master may die or be made again, all servers may restart, and the work goes on.

Each test leaves the bay as it found it: healthy.
"""

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.integration.boots.standing import MASTERS, SERVERS, Standing
from tests.integration.boots.story import comes

pytestmark = [
    pytest.mark.boot,
    pytest.mark.sandbox,
    pytest.mark.long,
    pytest.mark.timeout(900, func_only=True),
    pytest.mark.parametrize(
        "standing", ["swarm", "kubernetes-virtual-ip", "kubernetes-flat"], indirect=True, scope="session"
    ),
]

HEALTHY = dict.fromkeys(["", *SERVERS], "HEALTHY")
BUSY = 300.0  # seconds for what takes one on an idle machine


@dataclass(frozen=True)
class Work:
    """What a user types to deploy a web service with two replicas, to count them, and to know the cluster again."""

    deploy: str
    answers: str
    known_by: str
    masters: str


POD = {"containers": [{"name": "web", "image": "localhost/bay/web:1", "imagePullPolicy": "IfNotPresent"}]}
LABELS = {"app": "web"}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": LABELS},
        "template": {"metadata": {"labels": LABELS}, "spec": POD},
    },
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"type": "NodePort", "selector": LABELS, "ports": [{"port": 80, "targetPort": 8080, "nodePort": 30080}]},
}
KUBECTL = "kubectl --request-timeout 10s"
WORK: Mapping[str, Work] = {
    "swarm": Work(
        deploy="""docker service create --quiet --name web --replicas 2 --no-resolve-image \\
            --publish mode=host,target=8080,published=30080 localhost/bay/web:1""",
        answers="""docker service ps web --filter desired-state=running --format '{{.CurrentState}}' |
            grep -c ^Running""",
        known_by="""docker info --format '{{.Swarm.Cluster.ID}}'; docker service inspect web --format '{{.ID}}'""",
        masters="""docker node ls --filter role=manager --format '{{.Hostname}} {{.ManagerStatus}}' |
            sed -E 's/ (Leader|Reachable)$//' | sort""",
    ),
    "kubernetes": Work(
        deploy=f"""printf %s '{json.dumps(DEPLOYMENT)}' '{json.dumps(SERVICE)}' | kubectl apply -f -
            kubectl rollout status deployment/web --timeout=150s""",
        answers=f"""{KUBECTL} get --raw /api/v1/namespaces/default/services/web:80/proxy/ >/dev/null
            {KUBECTL} get deployment web --output 'jsonpath={{.status.readyReplicas}}'""",
        known_by=f"""{KUBECTL} get namespace kube-system --output 'jsonpath={{.metadata.uid}}'
            {KUBECTL} get deployment web --output 'jsonpath={{.metadata.uid}}'""",
        masters=f"""{KUBECTL} get nodes --selector node-role.kubernetes.io/control-plane --no-headers |
            awk '$2 == "Ready" {{print $1}}' | sort""",
    ),
}
ETCD = """cd /etc/kubernetes/pki/etcd; curl -s --cacert ca.crt --cert server.crt --key server.key --data '{}' \\
    https://127.0.0.1:2379/v3/cluster/member/list | grep -o '"name":"[^"]*"' | cut -d'"' -f4 | sort"""
SYSTEM = f"""{KUBECTL} get daemonset,deployment --namespace kube-system --no-headers --output \\
    'custom-columns=A:.metadata.name,B:.status.numberReady,C:.status.readyReplicas' | tr -s ' '"""
DNS_SERVERS = f"""{KUBECTL} get pods --namespace kube-system --selector k8s-app=kube-dns --no-headers --output \\
    'custom-columns=A:.spec.nodeName' | sort -u | wc -l"""


def works(bay: Standing) -> str:
    """ "2": both replicas run and, in Kubernetes, one has answered."""
    return bay.type(WORK[bay.engine].answers, fails="it does not answer")


def masters(bay: Standing) -> list[str]:
    """Those that the engine counts on."""
    return [name.removeprefix(f"{bay.name}-") for name in bay.type(WORK[bay.engine].masters, fails="").split()]


@pytest.fixture
def known_by(standing: Standing) -> str:
    """What the cluster and its work are known by, before a test; the work is there once the first one wants it."""
    work = WORK[standing.engine]
    if (
        standing.type("docker service ls -q" if standing.engine == "swarm" else f"{KUBECTL} get deployment -o name")
        == ""
    ):
        standing.type(work.deploy)
    comes("2", lambda: works(standing), BUSY)
    return standing.type(work.known_by)


def is_whole(bay: Standing, known_by: str) -> None:
    """All servers are in the one cluster, whose work runs."""
    start = time.monotonic()
    comes(HEALTHY, bay.health, BUSY)
    comes(list(MASTERS), lambda: masters(bay), BUSY)
    comes("2", lambda: works(bay), BUSY)
    assert bay.type(WORK[bay.engine].known_by) == known_by
    if bay.engine == "kubernetes":
        assert bay.inside("master-1", ETCD).split() == [f"{bay.name}-{master}" for master in MASTERS]
    print(f"{bay.kind}: whole again after {time.monotonic() - start:.0f} s")


def test_the_engine_is_healthy_on_every_server(standing: Standing) -> None:
    assert standing.health() == HEALTHY
    assert masters(standing) == list(MASTERS)
    if standing.engine == "kubernetes":
        assert standing.type(f"{KUBECTL} get nodes --no-headers | awk '{{print $2}}' | sort -u") == "Ready"
        wanted = ["coredns <none> 2", "flannel 5 <none>", "kube-proxy 5 <none>"]
        comes(wanted, lambda: sorted(standing.type(SYSTEM).splitlines()), BUSY)
        comes("2", lambda: standing.type(DNS_SERVERS))


ASKED = 400
"""Requests, ten a second and more: for longer than the masters need to agree on another leader."""


def asked(bay: Standing) -> str:
    """What goes wrong with requests to the service at a node, asked on that node; last that all were asked."""
    ask = f"curl --silent --show-error --fail --max-time 5 http://{bay.address('node-0')}:30080/"
    return bay.inside(
        "node-0", f"for i in {{1..{ASKED}}}; do {ask} 2>&1 >/dev/null || true; sleep 0.1; done; echo asked"
    )


def test_one_master_of_three_may_die(standing: Standing, known_by: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(asked, standing)
        standing.node("master-0").container.kill()  # as when its host loses power
        start = time.monotonic()
        comes("2", lambda: works(standing), 90)
    assert lost.result() == "asked", "the service does not miss the master"
    print(f"{standing.kind}: answers again after {time.monotonic() - start:.1f} s")
    ill = {**HEALTHY, "": "UNHEALTHY", "master-0": "UNHEALTHY"}
    comes(ill, standing.health, 150)
    print(f"{standing.kind}: bay show names it after {time.monotonic() - start:.0f} s")
    assert standing.status() == {**dict.fromkeys(SERVERS, "ACTIVE"), "master-0": "SHUTOFF"}
    if standing.engine == "kubernetes":
        names = f"{KUBECTL} exec deployment/web -- web dig web.default.svc.cluster.local"
        comes(True, lambda: bool(standing.type(names, fails="")), 60)
    standing.cloud.compute.start_server(standing.server("master-0"))
    is_whole(standing, known_by)


def test_a_first_master_that_is_made_again_joins_the_same_cluster(standing: Standing, known_by: str) -> None:
    lost = standing.server("master-0")
    standing.cloud.compute.delete_server(lost)
    standing.cloud.compute.wait_for_delete(lost, interval=0.2, wait=90)
    standing.run("repair", standing.name, "--yes")
    assert standing.server("master-0").id != lost.id
    is_whole(standing, known_by)


def test_all_three_masters_are_rebuilt_one_by_one_and_the_service_misses_none(
    standing: Standing, known_by: str
) -> None:
    before = {server: standing.server(server).id for server in SERVERS}
    addresses = [standing.address(master) for master in MASTERS]
    flavors = {standing.server(master).flavor["original_name"] for master in MASTERS}
    other = "m1.medium" if flavors == {"m1.small"} else "m1.small"
    standing.run("update", standing.name, "--set", f"masters.flavor={other}", "--yes")
    with ThreadPoolExecutor(1) as pool:
        rebuilt = pool.submit(standing.run, "rebuild", standing.name, "--yes")
        heard = []
        while not rebuilt.done():
            heard.append(asked(standing))
        rebuilt.result()
    assert set(heard) == {"asked"}
    print(f"{standing.kind}: {len(heard) * ASKED} requests while three masters were rebuilt")
    after = {server: standing.server(server).id for server in SERVERS}
    assert sorted(server for server in SERVERS if before[server] != after[server]) == list(MASTERS)
    assert [standing.address(master) for master in MASTERS] == addresses
    is_whole(standing, known_by)


@pytest.mark.parametrize("kind", ["SOFT", "HARD"])
def test_all_servers_may_restart_at_the_same_time(standing: Standing, known_by: str, kind: str) -> None:
    before = {server: standing.node(server).container.first_process() for server in SERVERS}
    for server in SERVERS:
        standing.cloud.compute.reboot_server(standing.server(server).id, kind)
    comes(True, lambda: all(standing.node(s).container.first_process() not in (None, before[s]) for s in SERVERS), BUSY)
    is_whole(standing, known_by)
