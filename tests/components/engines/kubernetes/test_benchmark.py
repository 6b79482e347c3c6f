"""Rows of the benchmark see a setting that is missing or weak, each by itself."""

import pytest

from tests.integration.boots.benchmark import DEVIATIONS, MASTER, WORKER, Server

BAD = {
    "kube-apiserver": {
        "profiling": "true",
        "token-auth-file": "/x",
        "authorization-mode": "AlwaysAllow",
        "enable-admission-plugins": "AlwaysAdmit",
        "disable-admission-plugins": "ServiceAccount,NamespaceLifecycle",
        "service-account-lookup": "false",
        "client-ca-file": "/x",
        "tls-cipher-suites": "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    },
    "kube-controller-manager": {"feature-gates": "RotateKubeletServerCertificate=false"},
    "kube-scheduler": {},
    "etcd": {"trusted-ca-file": "/x", "auto-tls": "true", "peer-auto-tls": "true"},
    "kubelet": {},
}
WEAK = {
    "authentication": {"anonymous": {"enabled": True}, "x509": {}},
    "authorization": {"mode": "AlwaysAllow"},
    "readOnlyPort": 10255,
    "streamingConnectionIdleTimeout": "0s",
    "makeIPTablesUtilChains": False,
    "eventRecordQPS": -1,
    "podPidsLimit": -1,
}
HOLD = {"1.2.25"}
"""Rows that the bad server must pass so that another one can be looked at."""


@pytest.mark.parametrize("number", [*MASTER, *WORKER])
def test_no_row_holds_for_a_server_that_has_nothing_or_the_opposite(number: str) -> None:
    server = Server(flags=BAD, files={}, texts={}, kubelet=WEAK)
    assert {**MASTER, **WORKER}[number](server) is (number in HOLD)


def test_every_deviation_is_a_row() -> None:
    assert set(DEVIATIONS) <= set(MASTER)
    assert all(len(reason) > 20 for reason in DEVIATIONS.values())
