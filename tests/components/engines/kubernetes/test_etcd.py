"""etcd of a master: a user of its own, who has what it needs before it starts."""

from pathlib import Path

import yaml

from tests.components.engines.kubernetes.machine import KubernetesMachine
from tests.components.engines.kubernetes.test_start import ALONE, FIRST, given, start


def test_etcd_is_a_user_of_its_own_with_copies_of_its_keys(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", masters=ALONE)
    start(machine)
    assert machine.calls("useradd") == ["--system --user-group --no-create-home --shell /usr/sbin/nologin etcd"]
    keys = tmp_path / "etc/kubernetes/etcd"
    assert sorted(path.name for path in keys.iterdir()) == [
        "ca.crt",
        "peer.crt",
        "peer.key",
        "server.crt",
        "server.key",
    ]
    assert keys.stat().st_mode & 0o777 == 0o700
    assert machine.calls("chown") == [f"-R etcd:etcd {keys} {tmp_path}/var/lib/etcd"]
    assert (machine.has("made.etcd-server"), machine.has("made.etcd-peer")) == (True, True), "before kubeadm starts it"
    assert f'advertiseAddress: "{FIRST}"' in machine.read("etcd.given")
    init, _ = given(machine)
    patch = yaml.safe_load((Path(init["patches"]["directory"]) / "etcd.json").read_text())
    assert patch["spec"]["securityContext"] == {"runAsUser": 117, "runAsGroup": 117}
    assert patch["spec"]["volumes"] == [{"name": "etcd-certs", "hostPath": {"path": str(keys)}}]


def test_at_a_boot_etcd_gets_its_files_again(tmp_path: Path) -> None:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", masters=ALONE)
    start(machine)
    machine.write("etc/kubernetes/manifests/etcd.yaml", "")
    machine.write("etc/kubernetes/pki/etcd/peer.key", "renewed")
    machine.write("calls", "")
    start(machine)
    assert machine.read("etc/kubernetes/etcd/peer.key") == "renewed"
    assert len(machine.calls("chown")) == 1
