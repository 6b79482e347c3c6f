"""How the cluster follows when masters of a later version take the place of earlier ones; the real scripts."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.components.engines.kubernetes.machine import CERTIFICATE, KubernetesMachine
from tests.components.engines.machine import MASTERS

FIRST, _, THIRD = MASTERS.values()
ADMIN = "init phase kubeconfig admin"
IMAGE = "registry.k8s.io/kube-{}:v{}"


def joining(folder: Path, cluster: str, name: str = "demo-master-2") -> KubernetesMachine:
    """A server with kubeadm 1.34.2 that another master lets in; cluster: version of what is there."""
    machine = KubernetesMachine.make(folder, name)
    machine.write("cluster", f"apiServer: {{}}\nkubernetesVersion: v{cluster}\n")
    machine.answer(FIRST, "certificate", f"0 {CERTIFICATE}")
    machine.answer(FIRST, "forget", "0 ")
    return machine


def start(machine: KubernetesMachine) -> None:
    started = machine.run("start", str(machine.folder / "env"))
    assert started.returncode == 0, started.stderr


def phases(machine: KubernetesMachine) -> list[str]:
    """What kubeadm was told to do, without files."""
    return [call.split(" --")[0] for call in machine.calls("kubeadm")]


def test_the_first_master_of_a_version_brings_the_configuration_to_it_and_then_joins(tmp_path: Path) -> None:
    machine = joining(tmp_path, "1.33.6")
    start(machine)
    assert phases(machine) == [ADMIN, "init phase upload-config kubeadm", "join"]
    assert "cluster state=upgrading from=1.33.6 to=1.34.2" in machine.marks()
    own, cluster = [part for part in yaml.safe_load_all(machine.read("init.given")) if part]
    assert own["localAPIEndpoint"] == {"advertiseAddress": THIRD, "bindPort": 6443}
    assert cluster["kind"] == "ClusterConfiguration"
    folder = machine.calls("kubeadm")[0].split("--kubeconfig-dir ")[1].split()[0]
    assert f"--kubeconfig {folder}/admin.conf" in machine.calls("kubeadm")[1]
    assert not Path(folder).exists(), "an administrator's key stays nowhere"
    assert machine.marks()[-1] == "ready"


@pytest.mark.parametrize("cluster", ["1.34.2", "1.34.10", "1.35.0"])
def test_a_cluster_of_the_same_or_a_later_version_keeps_its_configuration(tmp_path: Path, cluster: str) -> None:
    machine = joining(tmp_path, cluster)
    start(machine)
    assert phases(machine) == ["join"]


def test_a_node_changes_no_configuration(tmp_path: Path) -> None:
    machine = joining(tmp_path, "1.33.6", "demo-node-0")
    start(machine)
    assert phases(machine) == ["join"]


def test_a_master_does_not_join_where_the_configuration_cannot_be_written(tmp_path: Path) -> None:
    machine = joining(tmp_path, "1.33.6")
    machine.write("refuses.upload-config", "")
    machine.fake("sleep", 'note; rm -f "$FAKE/refuses.upload-config"\n')
    start(machine)
    once = [ADMIN, "init phase upload-config kubeadm"]
    assert phases(machine) == [*once, "reset", *once, "join"]
    assert f"cluster state=waiting reason=no-configuration-from-{FIRST}" in machine.marks()


@pytest.fixture
def master(tmp_path: Path) -> KubernetesMachine:
    """A master of 1.34.2 that is in; the cluster's pods are still of the version before."""
    machine = KubernetesMachine.make(tmp_path, "demo-master-2", member=True)
    machine.write("etc/bay/manifests/network.yaml", "kind: network\n")
    machine.write("proxy", IMAGE.format("proxy", "1.33.6"))
    machine.write("apiservers", "\n".join([IMAGE.format("apiserver", "1.34.2")] * 2))
    return machine


def apply(master: KubernetesMachine) -> int:
    return master.run("apply-manifests", str(master.folder / "env")).returncode


def applied(master: KubernetesMachine) -> list[str]:
    return [call.rpartition("/")[2] for call in master.calls("kubectl") if "--filename" in call]


def test_the_last_master_brings_the_pods_to_the_version_and_then_the_add_ons(master: KubernetesMachine) -> None:
    assert apply(master) == 0
    assert phases(master) == [ADMIN, "init phase upload-config kubelet", ADMIN, "init phase addon all"]
    assert applied(master) == ["network.yaml"]


def test_pods_and_add_ons_wait_for_the_last_master(master: KubernetesMachine) -> None:
    images = [IMAGE.format("apiserver", version) for version in ("1.34.2", "1.33.6")]
    master.write("apiservers", "\n".join(images))
    assert apply(master) == 1, "the unit tries again"
    assert phases(master) == [ADMIN, "init phase upload-config kubelet"], "for the kubelets of those that come next"
    assert applied(master) == []
    master.write("apiservers", images[0])
    assert apply(master) == 0
    assert applied(master) == ["network.yaml"]


@pytest.mark.parametrize("proxy", ["1.34.2", "1.34.10", "1.35.0", ""])
def test_a_master_of_the_same_or_an_earlier_version_leaves_the_pods_alone(
    master: KubernetesMachine, proxy: str
) -> None:
    master.write("proxy", IMAGE.format("proxy", proxy) if proxy else "")
    assert apply(master) == 0
    assert phases(master) == []
    assert applied(master) == ["network.yaml"]


def test_a_step_that_fails_is_tried_again(master: KubernetesMachine) -> None:
    master.write("refuses.addon", "")
    assert apply(master) == 1
    assert applied(master) == []
    (master.folder / "refuses.addon").unlink()
    assert apply(master) == 0
    assert phases(master)[-1] == "init phase addon all"


@pytest.mark.parametrize(
    ("one", "other", "older"),
    [("1.33.9", "1.33.10", True), ("1.33.10", "1.33.9", False), ("1.9.9", "1.10.0", True), ("1.34.2", "1.34.2", False)],
)
def test_versions_are_compared_by_their_numbers(tmp_path: Path, one: str, other: str, older: bool) -> None:
    KubernetesMachine.make(tmp_path, "demo-master-0")
    command = f". {tmp_path}/lib/upgrade.sh; is_older {one} {other} && echo yes || echo no"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == ("yes\n" if older else "no\n")
