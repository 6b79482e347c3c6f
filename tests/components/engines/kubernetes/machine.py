"""A pretended server of a Kubernetes bay: the real scripts, with kubeadm, kubectl, ssh and more replaced on PATH."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

from tests.components.engines.joining_machine import JoiningMachine
from tests.components.engines.machine import MASTERS, NOTED, Settings

CERTIFICATE = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmZha2UK"
"""What a master gives a node, in base64."""
TOKEN = "abcdef.0123456789abcdef"
"""What one of an earlier version gives it."""

# What kubeadm was given stands in $FAKE/given.
KUBEADM = """
certificates() {
  mkdir -p "$FAKE/etc/kubernetes/pki/etcd"
  for name in ca.crt ca.key server.crt server.key peer.crt peer.key; do
    echo "$name" >"$FAKE/etc/kubernetes/pki/etcd/$name"
  done
}
case "$*" in
  version*) cat "$FAKE/version" ;;
  "config images list"*) echo "${!#}/pause:3.10.1" ;;
  "init phase kubeconfig"*|"init phase upload-config"*|"init phase addon"*) note; cp "${!#}" "$FAKE/init.given"
    [ ! -e "$FAKE/refuses.$3" ] ;;
  "init phase"*) cp "${!#}" "$FAKE/etcd.given"; certificates; touch "$FAKE/made.${4}" ;;
  init*|join*) note; cat "$FAKE/run/bay/discovery.conf" "$FAKE/run/bay/kubeadm.yaml" >"$FAKE/given" 2>/dev/null
    if [ -e "$FAKE/fails" ]; then rm "$FAKE/fails"; exit 1; fi ;;
  *) note ;;
esac
"""
KUBECTL = """
case "$*" in
  *kubelet.conf*) echo True ;;
  *" create "*) note; cat >"$FAKE/created" ;;
  *"get certificatesigningrequests"*) cat "$FAKE/certificate" 2>/dev/null || true ;;
  *"get configmap/kubeadm-config"*) cat "$FAKE/cluster" ;;
  *"get daemonset/kube-proxy"*) cat "$FAKE/proxy" 2>/dev/null || true ;;
  *"get pods"*"component=kube-apiserver"*) cat "$FAKE/apiservers" 2>/dev/null || true ;;
  *"get node"*) cat "$FAKE/node" 2>/dev/null || true ;;
  *) note ;;
esac
"""
CURL = 'case "$*" in */list*) cat "$FAKE/members" ;; *) note ;; esac\n'


class KubernetesMachine(JoiningMachine):
    """A master or node of Kubernetes."""

    SCRIPTS = ("common", "kubernetes")
    FAKES: ClassVar[Mapping[str, str]] = {
        **JoiningMachine.FAKES,
        "kubeadm": KUBEADM,
        "kubectl": KUBECTL,
        "curl": CURL,
        "ip": 'echo "10.80.0.10 via 10.80.0.1 dev ens3 src 10.80.0.99 uid 0"\n',
        "systemd-detect-virt": "exit 1\n",
        "id": '[ -e "$FAKE/has-etcd" ] || [ $# = 2 ] && echo 117\n',
        "useradd": 'note; touch "$FAKE/has-etcd"\n',
        "chown": NOTED,
        **dict.fromkeys(("modprobe", "sysctl", "haproxy", "containerd", "kubelet", "conntrack", "pgrep"), NOTED),
    }
    SOURCED = ("common.sh", "masters.sh", "join.sh", "runtime.sh", "kubeadm.sh", "cluster.sh", "api-proxy.sh")

    @classmethod
    def make(
        cls,
        folder: Path,
        name: str = "demo-node-0",
        *,
        masters: Mapping[str, str] = MASTERS,
        age: int = 60,
        member: bool = False,
        taints: str = "",
    ) -> Self:
        """age: seconds since the bay was made. member: whether it is in the cluster already."""
        settings: Settings = {
            "BAY_API_PORT": 6443,
            "BAY_VIRTUAL_IP": "",
            "BAY_NO_PROXY": "",
            "BAY_VERSION": "1.34.2",
            "BAY_IMAGES": "images.example",
            "BAY_CLUSTER": "127.0.0.1:7443",
            "BAY_KUBELET_ARGS": "node-labels=bay.name=demo,disk=fast v=2",
            "BAY_TAINTS": taints,
        }
        machine = cls.furnish(folder, name, settings, masters=masters, age=age)
        machine.write("etc/bay/env", machine.read("env"))
        machine.write("etc/bay/kubeadm.yaml", "---\nkind: ClusterConfiguration\n")
        machine.write("etc/bay/pki/ca.crt", "the authority\n")
        machine.write("opt/cni/bin/bridge", "")
        (folder / "opt/cni/bin/bridge").chmod(0o755)
        machine.write("version", "v1.34.2\n")
        machine.write("cluster", "apiVersion: kubeadm.k8s.io/v1beta4\nkubernetesVersion: v1.34.2\n")
        machine.write("certificate", f"{CERTIFICATE}\n")
        if member:
            machine.write("etc/bay/member", "")
        return machine

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.folder / name.lstrip("/")).exists()
