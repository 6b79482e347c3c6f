"""A master renews its certificates when a third of their life is left, and its programs use them one by one."""

import base64
import os
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from bay.components.node import certificates
from bay.components.node.credentials import new_generation
from tests.components.engines.kubernetes.machine import KubernetesMachine
from tests.components.engines.kubernetes.test_start import ALONE

DAY = timedelta(days=1)
KEYS = new_generation("demo", 1, datetime.now(UTC) - 1000 * DAY)
ISSUER = certificates.Authority(KEYS["ca_key"], KEYS["ca_cert"])
PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
PENDING = "etc/bay/certificates-pending"
MANIFEST = """\
apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubeadm.kubernetes.io/etcd.advertise-client-urls: https://10.80.0.10:2379
  labels:
    component: {name}
    tier: control-plane
  name: {name}
  namespace: kube-system
spec:
  containers: []
"""
# A program is another process each time that its manifest has changed.
PGREP = """
note
for name in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  [ "$2" != "${name:0:15}" ] || cat "$FAKE/etc/kubernetes/manifests/$name.yaml" | sha256sum
done
"""
KUBEADM = """
note
[ ! -e "$FAKE/fails" ] || exit 1
cp "$FAKE/new.crt" "$FAKE/etc/kubernetes/pki/apiserver.crt"
"""
CURL = (
    """note; [ ! -e "$FAKE/silent" ] || exit 7; case "$*" in */health) echo '{"health":"true","reason":""}' ;; esac\n"""
)


def certificate(left: timedelta) -> str:
    """Dated back, as some kubeadm do."""
    begin = datetime.now(UTC).replace(microsecond=0) - 500 * DAY
    return certificates.client(ISSUER, KEYS["client_key"], "x", begin, None, 500 * DAY + left)


def put(machine: KubernetesMachine, name: str, age: timedelta, left: timedelta) -> None:
    text = certificate(left)
    if name.endswith(".conf"):
        data = base64.b64encode(text.encode()).decode()
        text = f"users:\n- name: x\n  user:\n    client-certificate-data: {data}\n    client-key-data: eA==\n"
    machine.write(f"etc/kubernetes/{name}", text)
    made = time.time() - age.total_seconds()
    os.utime(machine.folder / "etc/kubernetes" / name, (made, made))


@pytest.fixture
def machine(tmp_path: Path) -> KubernetesMachine:
    """A master whose certificates are good for long."""
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", masters=ALONE)
    for command, body in (("kubeadm", KUBEADM), ("curl", CURL), ("pgrep", PGREP)):
        machine.fake(command, body)
    machine.write("has-etcd", "")
    for name in PROGRAMS:
        machine.write(f"etc/kubernetes/manifests/{name}.yaml", MANIFEST.format(name=name))
    for name in ("ca.crt", "ca.key", "server.crt", "server.key", "peer.crt", "peer.key"):
        machine.write(f"etc/kubernetes/pki/etcd/{name}", "of etcd")
    machine.write("etc/kubernetes/pki/ca.crt", KEYS["ca_cert"])
    machine.write("var/lib/etcd/member", "")
    machine.write("new.crt", certificate(90 * DAY))
    for name in ("pki/apiserver.crt", "controller-manager.conf"):
        put(machine, name, 0 * DAY, 90 * DAY)
    return machine


def renew(machine: KubernetesMachine, **settings: str) -> "subprocess.CompletedProcess[str]":
    return machine.run("renew-certificates", str(machine.folder / "env"), **{"BAY_RENEWAL_SLOT": "0", **settings})


def restarted(machine: KubernetesMachine) -> list[str]:
    """Programs whose manifests say when they got new certificates."""
    manifests = machine.folder / "etc/kubernetes/manifests"
    labels = {name: yaml.safe_load((manifests / f"{name}.yaml").read_text())["metadata"]["labels"] for name in PROGRAMS}
    assert sorted(path.name for path in manifests.iterdir()) == sorted(f"{name}.yaml" for name in PROGRAMS)
    assert all((label["component"], label["tier"]) == (name, "control-plane") for name, label in labels.items())
    return [name for name, label in labels.items() if "bay.renewed" in label]


@pytest.mark.parametrize(
    ("name", "age", "left", "due"),
    [
        ("pki/apiserver.crt", 59 * DAY, 31 * DAY, False),
        ("pki/apiserver.crt", 61 * DAY, 29 * DAY, True),
        ("pki/etcd/peer.crt", timedelta(minutes=5), timedelta(minutes=2), True),
        ("controller-manager.conf", timedelta(minutes=1), timedelta(minutes=5), False),
        ("controller-manager.conf", 100 * DAY, -DAY, True),
    ],
)
def test_it_renews_when_a_third_of_a_life_is_left(
    name: str, age: timedelta, left: timedelta, due: bool, machine: KubernetesMachine
) -> None:
    put(machine, name, age, left)
    done = renew(machine)
    assert done.returncode == 0, done.stderr
    assert machine.calls("kubeadm") == (["certs renew all"] if due else [])
    assert restarted(machine) == (list(PROGRAMS) if due else [])


def test_authorities_and_what_the_kubelet_renews_are_no_matter(machine: KubernetesMachine) -> None:
    for name in ("pki/ca.crt", "pki/front-proxy-ca.crt", "pki/etcd/ca.crt", "kubelet.conf"):
        put(machine, name, 100 * DAY, -DAY)
    assert renew(machine).returncode == 0
    assert machine.calls("kubeadm") == []


def test_the_programs_are_restarted_one_after_the_other_each_waited_for(machine: KubernetesMachine) -> None:
    put(machine, "pki/apiserver.crt", 61 * DAY, 29 * DAY)
    done = renew(machine)
    assert done.stdout.splitlines() == [f"{name} uses its new certificates" for name in PROGRAMS]
    ports = [call.rpartition("127.0.0.1:")[2] for call in machine.calls("curl")]
    assert ports == ["2381/health", "6443/readyz", "10257/healthz", "10259/healthz"]
    assert len(machine.calls("chown")) == 1, "etcd has copies of its keys"
    assert not machine.has(PENDING)
    again = machine.read("etc/kubernetes/manifests/etcd.yaml")
    assert renew(machine).returncode == 0
    assert machine.read("etc/kubernetes/manifests/etcd.yaml") == again, "once is enough"


def test_it_stops_at_the_first_that_does_not_answer_and_goes_on_with_it(machine: KubernetesMachine) -> None:
    put(machine, "pki/apiserver.crt", 61 * DAY, 29 * DAY)
    machine.write("silent", "")
    done = renew(machine, BAY_RENEWAL_PATIENCE="1")
    assert (done.returncode, done.stderr) == (1, "etcd does not answer with its new certificates\n")
    assert restarted(machine) == ["etcd"]
    assert machine.read(PENDING).split() == list(PROGRAMS)
    (machine.folder / "silent").unlink()
    time.sleep(1)  # a manifest says the second in which it was changed
    assert renew(machine, BAY_RENEWAL_SLOT="9999999999").returncode == 0, "in any hour"
    assert restarted(machine) == list(PROGRAMS)
    assert machine.calls("kubeadm") == ["certs renew all"]
    assert not machine.has(PENDING)


def test_where_kubeadm_fails_nothing_is_restarted_and_it_tries_again(machine: KubernetesMachine) -> None:
    put(machine, "pki/apiserver.crt", 61 * DAY, 29 * DAY)
    machine.write("fails", "")
    for _ in range(2):
        assert renew(machine).returncode == 1
    assert restarted(machine) == []
    (machine.folder / "fails").unlink()
    assert renew(machine).returncode == 0
    assert len(machine.calls("kubeadm")) == 3
    assert restarted(machine) == list(PROGRAMS)


@pytest.mark.parametrize("slot", [0, 2, 6])
def test_each_master_has_an_hour_of_its_own(slot: int, machine: KubernetesMachine) -> None:
    put(machine, "pki/apiserver.crt", 61 * DAY, 29 * DAY)
    hour = 10**7 * 7 + slot
    machine.fake("date", f'case "$*" in +%s) echo {hour * 3600 + 60} ;; *) /bin/date "$@" ;; esac\n')
    machine.write("name", "demo-master-9.novalocal\n")
    assert machine.run("renew-certificates", str(machine.folder / "env")).returncode == 0
    assert bool(machine.calls("kubeadm")) is (slot == 9 % 7)


@pytest.mark.parametrize("has", [True, False])
def test_keystones_webhook_serves_with_the_certificate_of_the_api(has: bool, machine: KubernetesMachine) -> None:
    put(machine, "pki/apiserver.crt", 61 * DAY, 29 * DAY)
    if has:
        machine.write("etc/bay/manifests/keystone.yaml", "")
    assert renew(machine).returncode == 0
    assert len([call for call in machine.calls("kubectl") if "app=k8s-keystone-auth" in call]) == has
