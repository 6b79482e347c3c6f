"""A pretended server of a Kubernetes bay: the real scripts, with kubeadm, kubectl, ssh and more replaced on PATH."""

import shlex
import time
from collections.abc import Mapping
from pathlib import Path

import common_machine
from common_machine import MASTERS, Machine
from swarm_machine import FAKES as SSH_FAKES

from bay.components.cloudinit import environment

FILES = Path(__file__).parents[2] / "components" / "engines" / "files" / "kubernetes"
TOKEN = "abcdef.0123456789abcdef"
MOVED = ("/etc/", "/run/bay", "/var/lib/etcd", "/opt/cni", "/usr/lib/cni")

# What kubeadm was given stands in $FAKE/given.
KUBEADM = """
case "$*" in
  version*) cat "$FAKE/version" ;;
  "config images list"*) echo "${!#}/pause:3.10.1" ;;
  "token create"*) note; cat "$FAKE/token" || exit 1 ;;
  init*|join*) note; cat "$FAKE/run/bay/discovery.conf" "$FAKE/run/bay/kubeadm.yaml" >"$FAKE/given" 2>/dev/null
    if [ -e "$FAKE/fails" ]; then rm "$FAKE/fails"; exit 1; fi ;;
  *) note ;;
esac
"""
KUBECTL = """
case "$*" in
  *kubelet.conf*) echo True ;;
  *"get node"*) cat "$FAKE/node" 2>/dev/null || true ;;
  *) note ;;
esac
"""
CURL = 'case "$*" in */list*) cat "$FAKE/members" ;; *) note ;; esac\n'
FAKES = {
    **{name: SSH_FAKES[name] for name in ("ssh", "ssh-keyscan", "sudo")},
    "kubeadm": KUBEADM,
    "kubectl": KUBECTL,
    "curl": CURL,
    "ip": 'echo "10.80.0.10 via 10.80.0.1 dev ens3 src 10.80.0.99 uid 0"\n',
    "systemd-detect-virt": "exit 1\n",
    **{name: "note\n" for name in ("modprobe", "sysctl", "haproxy", "containerd", "kubelet", "conntrack")},
    "apparmor_parser": "note\n",
}
TOOLS = ("chmod", "find", "mktemp", "seq", "shuf", "ss", "tail", "timeout")


def kubernetes_machine(
    folder: Path,
    name: str = "demo-node-0",
    *,
    masters: Mapping[str, str] = MASTERS,
    age: int = 60,
    member: bool = False,
    **settings: str,
) -> "KubernetesMachine":
    """age: seconds since the bay was made. member: whether it is in the cluster already."""
    Machine.make(folder, name)
    machine = KubernetesMachine(folder)
    for command, body in FAKES.items():
        machine.fake(command, body)
    machine.use(*TOOLS)
    for script in (*FILES.iterdir(), *common_machine.SCRIPTS.iterdir()):
        machine.copy(script)
    values = {
        **common_machine._settings(folder),
        "BAY_ROLE": "master" if "-master-" in name else "node",
        "BAY_MADE_AT": int(time.time()) - age,
        "BAY_MASTER_NAMES": list(masters),
        "BAY_MASTER_ADDRESSES": list(masters.values()),
        "BAY_JOIN_KEY": f"{folder}/join_key",
        "BAY_SSH_CONFIG": "/etc/bay/ssh_config",
        "BAY_API_PORT": 6443,
        "BAY_VERSION": "1.34.2",
        "BAY_IMAGES": "images.example",
        "BAY_CLUSTER": "127.0.0.1:7443",
        "BAY_KUBELET_ARGS": "node-labels=bay.name=demo,disk=fast v=2",
        "BAY_TAINTS": "",
        **settings,
    }
    machine.write("env", environment(values))
    machine.write("etc/bay/env", environment(values))
    machine.write("etc/bay/kubeadm.yaml", "---\nkind: ClusterConfiguration\n")
    machine.write("etc/bay/pki/ca.crt", "the authority\n")
    machine.write("opt/cni/bin/bridge", "")
    (folder / "opt/cni/bin/bridge").chmod(0o755)
    for part in ("answers", "listening"):
        (folder / part).mkdir()
    machine.write("join_key", "a key")
    machine.write("version", "v1.34.2\n")
    machine.write("token", f"{TOKEN}\n")
    machine.write("calls", "")
    if member:
        machine.write("etc/bay/member", "")
    return machine


class KubernetesMachine(Machine):
    """One pretended server in a folder of its own."""

    def copy(self, script: Path) -> None:
        """A script as the server has it, with its paths moved."""
        text = script.read_text()
        for path in MOVED:
            text = text.replace(path, f"{self.folder}{path}")
        target = self.folder / "lib" / script.name
        target.write_text(text)
        target.chmod(0o755)

    def answer(self, address: str, request: str, *answers: str) -> None:
        """What the master at `address` says to a request, one after the other: ``CODE TEXT``."""
        self.write(f"listening/{address}", "")
        self.write(f"answers/{address}.{request}", "".join(f"{answer}\n" for answer in answers))

    def call(self, line: str) -> str:
        """What a line of shell prints that has all of the server's scripts."""
        library = shlex.quote(str(self.folder / "lib"))
        parts = ("common.sh", "join.sh", "runtime.sh", "kubeadm.sh", "cluster.sh", "api-proxy.sh")
        sources = "; ".join(f". {library}/{name}" for name in parts)
        self.fake("line", f"set -Eeuo pipefail; . {shlex.quote(str(self.folder / 'env'))}; {sources}; {line}\n")
        self.copy(self.folder / "bin" / "line")
        done = self.run("line")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def decide(self, attempt: int = 1) -> str:
        """What the server would do next."""
        return self.call(f"decide {attempt}").strip()

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.folder / name.lstrip("/")).exists()
