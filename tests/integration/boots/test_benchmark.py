"""A booted Kubernetes bay beside the CIS benchmark: every row holds but for those that are said to be otherwise."""

import pytest

from tests.integration.boots.benchmark import DEVIATIONS, GATHER, MASTER, WORKER, Server, fails
from tests.integration.boots.standing import Standing

pytestmark = [
    pytest.mark.boot,
    pytest.mark.sandbox,
    pytest.mark.long,
    pytest.mark.timeout(600, func_only=True),
    pytest.mark.parametrize("standing", ["kubernetes-virtual-ip"], indirect=True, scope="session"),
]


def look(bay: Standing, place: str) -> Server:
    settings = bay.type(f"kubectl get --raw /api/v1/nodes/{bay.name}-{place}/proxy/configz")
    return Server.read(bay.inside(place, GATHER), settings)


@pytest.mark.parametrize("place", ["master-0", "master-1"])
def test_a_master_is_as_the_benchmark_asks(standing: Standing, place: str) -> None:
    server = look(standing, place)
    assert fails({**MASTER, **WORKER}, server) == set(DEVIATIONS)
    assert set(server.flags) >= {"kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kubelet"}
    print(f"{place}: {len(MASTER) + len(WORKER)} rows, {len(DEVIATIONS)} otherwise")


def test_a_worker_is_as_the_benchmark_asks(standing: Standing) -> None:
    server = look(standing, "node-0")
    assert fails(WORKER, server) == set()
    assert not set(server.flags) & {"kube-apiserver", "etcd"}
    print(f"node-0: {len(WORKER)} rows")


def test_a_row_sees_what_is_otherwise(standing: Standing) -> None:
    """The control: each kind of row, on a server that is changed for it."""
    changes = "chmod 0644 /var/lib/kubelet/config.yaml; chown etcd /etc/kubernetes/pki/ca.crt"
    back = "chmod 0600 /var/lib/kubelet/config.yaml; chown root /etc/kubernetes/pki/ca.crt"
    standing.inside("master-0", changes)
    try:
        found = fails({**MASTER, **WORKER}, look(standing, "master-0"))
    finally:
        standing.inside("master-0", back)
    assert found - set(DEVIATIONS) == {"4.1.9", "1.1.20", "4.1.7"}
