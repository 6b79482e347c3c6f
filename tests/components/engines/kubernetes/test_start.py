"""A whole boot of a server, up to the mark that it is ready."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from tests.components.engines.kubernetes.machine import CERTIFICATE, TOKEN, KubernetesMachine
from tests.components.engines.machine import MASTERS

FIRST, SECOND, THIRD = MASTERS.values()
ALONE = {"demo-master-0": FIRST}


def start(machine: KubernetesMachine) -> None:
    started = machine.run("start", str(machine.folder / "env"))
    assert started.returncode == 0, started.stderr


def given(machine: KubernetesMachine) -> list[Any]:
    """The configuration that kubeadm got, without the kubeconfig for discovery before it."""
    return [part for part in yaml.safe_load_all(machine.read("given").replace("apiVersion", "---\napiVersion")) if part]


def test_a_node_waits_for_a_master_joins_and_drops_its_key(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, masters=ALONE, taints="gpu=yes:NoSchedule slow:PreferNoSchedule")
    machine.answer(FIRST, "certificate", "3 ", f"0 {CERTIFICATE}")
    machine.answer(FIRST, "forget", "0 ")
    start(machine)
    assert machine.marks() == [
        "runtime",
        "cluster",
        "cluster state=waiting reason=no-master-lets-it-in",
        f"cluster state=joining master={FIRST}",
        "ready",
    ]
    assert machine.calls("ssh")[-1] == f"{FIRST} forget"
    assert not machine.has("join_key")
    assert machine.has("etc/bay/member")
    assert not machine.has("run/bay/discovery.conf")
    assert not machine.has("run/bay/kubelet.key"), "it is of no use any more"
    assert not machine.has("run/bay/kubeadm.yaml")


def test_a_node_tells_kubeadm_whom_to_trust_and_what_it_is(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, masters=ALONE, taints="gpu=yes:NoSchedule slow:PreferNoSchedule")
    machine.answer(FIRST, "certificate", f"0 {CERTIFICATE}")
    machine.answer(FIRST, "forget", "0 ")
    start(machine)
    config, join = given(machine)
    assert config["clusters"][0]["cluster"] == {
        "server": "https://127.0.0.1:7443",
        "certificate-authority": f"{tmp_path}/etc/bay/pki/ca.crt",
    }
    assert config["users"][0]["user"] == {
        "client-certificate-data": CERTIFICATE,
        "client-key": f"{tmp_path}/run/bay/kubelet.key",
    }
    assert join["kind"] == "JoinConfiguration"
    assert "controlPlane" not in join
    assert join["nodeRegistration"] == {
        "name": "demo-node-0",
        "criSocket": "unix:///run/containerd/containerd.sock",
        "ignorePreflightErrors": ["NumCPU", "HTTPProxyCIDR"],
        "kubeletExtraArgs": [
            {"name": "node-ip", "value": "10.80.0.99"},
            {"name": "node-labels", "value": "bay.name=demo,disk=fast"},
            {"name": "v", "value": "2"},
        ],
        "taints": [
            {"key": "gpu", "value": "yes", "effect": "NoSchedule"},
            {"key": "slow", "value": "", "effect": "PreferNoSchedule"},
        ],
    }


def test_a_node_asks_for_a_certificate_of_its_own_name_and_keeps_the_key(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, masters=ALONE)
    machine.answer(FIRST, "certificate", "5 ", f"0 {CERTIFICATE}")
    machine.answer(FIRST, "forget", "0 ")
    start(machine)
    asked = [line.split() for line in machine.read("said").splitlines() if " certificate " in line]
    assert [words[:4] for words in asked] == [
        [FIRST, "certificate", "demo-node-0", machine.read("proof").strip()] for _ in range(2)
    ]
    requests = [x509.load_der_x509_csr(base64.b64decode(words[4])) for words in asked]
    assert {request.subject.rfc4514_string() for request in requests} == {"CN=system:node:demo-node-0,O=system:nodes"}
    assert all(request.is_signature_valid for request in requests)
    assert len({request.public_key().public_numbers() for request in requests}) == 1  # type: ignore[union-attr]


def test_a_master_of_an_earlier_version_lets_a_node_in_by_a_token(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, masters=ALONE)
    machine.answer(FIRST, "certificate", "2 ")
    machine.answer(FIRST, "token", f"0 {TOKEN}")
    machine.answer(FIRST, "forget", "2 ", "0 ")
    start(machine)
    config, _ = given(machine)
    assert config["users"][0]["user"] == {"token": TOKEN}
    assert machine.calls("ssh")[-1] == f"{FIRST} forget demo-node-0"


def test_the_first_master_makes_the_cluster_with_the_keys_of_the_bay(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", masters=ALONE)
    start(machine)
    assert machine.calls("kubeadm") == [
        f"init --config {tmp_path}/run/bay/kubeadm.yaml --skip-phases bootstrap-token,show-join-command"
    ]
    assert machine.read("etc/kubernetes/pki/ca.crt") == "the authority\n"
    init, cluster = given(machine)
    assert init["kind"] == "InitConfiguration"
    assert init["localAPIEndpoint"] == {"advertiseAddress": FIRST, "bindPort": 6443}
    assert "bootstrapTokens" not in init
    assert "taints" not in init["nodeRegistration"], "kubeadm gives masters theirs"
    assert cluster is None or cluster == {"kind": "ClusterConfiguration"}
    assert machine.marks()[-1] == "ready"
    assert "start --no-block bay-manifests.service" in machine.calls("systemctl")


def test_what_others_need_not_read_is_closed(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, member=True)
    files = ["var/lib/kubelet/config.yaml", "etc/cni/net.d/10-flannel.conflist"]
    files += ["usr/lib/systemd/system/kubelet.service", "etc/systemd/system/kubelet.service.d/bay-prepare.conf"]
    for name in files:
        machine.write(name, "")
        (tmp_path / name).chmod(0o644)
    start(machine)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in files} == {0o600}


def test_the_only_master_built_anew_keeps_what_its_volume_holds(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", masters=ALONE)
    machine.write("var/lib/etcd/member/wal", "everything")
    machine.write("fails", "")
    start(machine)
    calls = machine.calls("kubeadm")
    assert [call.split()[0] for call in calls] == ["init", "init"], "a reset would empty the volume"
    assert "DirAvailable--var-lib-etcd" in calls[0]
    assert machine.read("var/lib/etcd/member/wal") == "everything"
    assert machine.read("etc/kubernetes/pki/ca.crt") == "the authority\n"
    assert "cluster state=resuming" in machine.marks()
    assert machine.marks()[-1] == "ready"


def test_a_later_master_joins_as_one_under_its_own_listed_address(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, "demo-master-2")
    machine.answer(FIRST, "certificate", f"0 {CERTIFICATE}")
    machine.answer(FIRST, "forget", "0 ")
    start(machine)
    _, join = given(machine)
    assert join["controlPlane"] == {"localAPIEndpoint": {"advertiseAddress": THIRD, "bindPort": 6443}}
    assert join["nodeRegistration"]["kubeletExtraArgs"][0] == {"name": "node-ip", "value": THIRD}


def test_a_server_built_anew_waits_until_its_old_entry_is_gone(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, "demo-master-2")
    machine.write("var/lib/etcd/member/wal", "of the earlier server, on its volume")
    machine.answer(FIRST, "certificate", f"0 {CERTIFICATE}")
    machine.answer(FIRST, "forget", "4 ", "0 ")
    start(machine)
    assert "cluster state=waiting reason=name-is-taken-for-now" in machine.marks()
    assert len(machine.calls("kubeadm")) == 1
    assert not machine.has("var/lib/etcd/member"), "its place in etcd is lost"


def test_what_a_failed_attempt_left_is_removed_before_the_next(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, masters=ALONE)
    machine.answer(FIRST, "certificate", f"0 {CERTIFICATE}")
    machine.answer(FIRST, "forget", "0 ")
    machine.write("fails", "")
    start(machine)
    assert [call.split()[0] for call in machine.calls("kubeadm")] == ["join", "reset", "join"]
    assert f"cluster state=waiting reason=join-at-{FIRST}-failed" in machine.marks()
    assert not machine.has("etc/bay/attempt")


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, member=True)
    start(machine)
    machine.write("calls", "")
    start(machine)
    assert machine.calls("kubeadm") == []
    assert machine.calls("ssh") == []
    assert machine.calls("systemctl") == [
        "enable containerd.service kubelet.service",
        "start containerd.service",
        "enable haproxy.service",
        "start haproxy.service",
    ]


def test_containerd_uses_the_pause_image_that_kubeadm_knows(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, member=True)
    start(machine)
    settings = machine.read("etc/containerd/config.toml")
    assert '  sandbox_image = "images.example/pause:3.10.1"\n' in settings
    assert "      SystemdCgroup = true\n" in settings
    assert "restart containerd.service" in machine.calls("systemctl")


@pytest.mark.parametrize(("capabilities", "restricted"), [("000001ffffffffff", "false"), ("000001fffeffffff", "true")])
def test_a_server_that_may_not_adjust_oom_scores_does_not_try(
    tmp_path: Path, capabilities: str, restricted: str
) -> None:
    machine = KubernetesMachine.make(tmp_path)
    machine.write("status", f"CapInh:\t0\nCapEff:\t{capabilities}\n")
    script = machine.read("lib/runtime.sh").replace("/proc/self/status", f"{tmp_path}/status")
    machine.write("lib/runtime.sh", script)
    assert f"restrict_oom_score_adj = {restricted}\n" in machine.call("containerd_settings")


def test_a_container_has_no_kernel_to_verify(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path)
    machine.fake("systemd-detect-virt", "")
    ignored = "ignorePreflightErrors: [NumCPU, HTTPProxyCIDR, SystemVerification]\n"
    assert ignored in machine.call("registration 10.80.0.9")


def test_servers_without_an_address_for_all_masters_have_a_proxy_to_them(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path)
    settings = [line.strip() for line in machine.call("proxy_settings").splitlines()]
    assert "bind 127.0.0.1:7443" in settings
    assert "option httpchk GET /readyz" in settings
    assert settings[-3:] == [f"server {name} {address}:6443" for name, address in MASTERS.items()]


def test_an_image_without_kubeadm_and_without_packages_is_an_error_that_says_so(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path)
    (tmp_path / "bin" / "kubeadm").unlink()
    started = machine.run("start", str(tmp_path / "env"))
    assert started.returncode != 0, "the unit tries again"
    assert machine.marks()[-1] == "failed reason=image-lacks-kubeadm"
