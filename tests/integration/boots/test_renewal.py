"""A booted master of Kubernetes whose certificates last minutes: it renews them, untouched, and the API serves on."""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.integration.bays.harness import Bay
from tests.integration.boots.booted_bay import OPEN, tools
from tests.integration.boots.standing import LONG, node_of
from tests.integration.boots.story import comes

pytestmark = [
    pytest.mark.boot,
    pytest.mark.sandbox,
    pytest.mark.long,
    pytest.mark.timeout(2400, func_only=True),
]

ADMIN = "kubectl --request-timeout 10s --kubeconfig /etc/kubernetes/admin.conf"
MINUTES = f"""
{ADMIN} --namespace kube-system get configmap kubeadm-config --output yaml |
  sed 's/certificateValidityPeriod: .*/certificateValidityPeriod: 4m0s/' |
  {ADMIN} apply --server-side --force-conflicts -f -
kubeadm certs renew all
mkdir -p /etc/systemd/system/bay-certificates.timer.d /etc/systemd/system/bay-certificates.service.d
printf '[Timer]\\nOnCalendar=\\nOnCalendar=*:*:0/10\\nRandomizedDelaySec=0\\nAccuracySec=1s\\n' \\
  >/etc/systemd/system/bay-certificates.timer.d/minutes.conf
printf '[Service]\\nEnvironment=BAY_RENEWAL_SLOT=0\\n' >/etc/systemd/system/bay-certificates.service.d/minutes.conf
systemctl daemon-reload
systemctl restart bay-certificates.timer
"""
"""The test's own setting: certificates last minutes, and a master looks every ten seconds, at any hour."""
SHOWN = "openssl s_client -connect 127.0.0.1:6443 </dev/null 2>/dev/null | openssl x509 -noout -enddate"
"""Of the certificate that the API server shows."""
FILES = "for one in apiserver etcd/server; do openssl x509 -in /etc/kubernetes/pki/$one.crt -noout -enddate; done"
CHECKED = "curl -sS --max-time 10 --cacert /etc/bay/pki/ca.crt https://127.0.0.1:6443/readyz 2>&1"
ARGUMENTS = {"image-gc-high-threshold": "100", "eviction-hard": "memory.available<100Mi"}
IMAGES = f"options.kubelet_args={json.dumps(ARGUMENTS)}"
"""No registry has the images: one that a kubelet removes for a full disk, while its program restarts, is gone."""
PATIENCE = 600.0
"""Seconds for a renewal and a restart of all programs, on a busy machine."""


class Master:
    """The master of a bay of one, as root sees it."""

    def __init__(self, user: Bay, bay: str) -> None:
        rows = {row["name"]: row["id"] for row in user.run("node", "list", bay, "-f", "json").json}
        self.node = node_of(user, rows[f"{bay}-master-0"])

    def run(self, script: str) -> str:
        first = self.node.container.first_process()
        words = ["nsenter", f"--target={first}", "--all", "bash", "-c", script]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
        return (done.stdout + done.stderr).strip()

    def ends(self, script: str) -> datetime:
        """When the first of the certificates ends that a script prints the ends of."""
        lines = [line.partition("=")[2] for line in self.run(script).splitlines() if line.startswith("notAfter=")]
        assert lines, self.run(script)
        return min(datetime.strptime(line, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC) for line in lines)


def test_a_master_renews_its_certificates_and_serves_on(user: Bay, need_image: Callable[[str], None]) -> None:
    need_image("kubernetes")
    words = ("--nodes", "1", "--set", "masters.flavor=m1.small", "--set", "nodes.flavor=m1.small")
    made = user.start("create", "short", "--model", "kubernetes", *words, *OPEN, "--set", IMAGES).wait(LONG)
    assert made.code == 0, made
    master = Master(user, "short")
    assert master.run("systemctl is-active bay-certificates.timer") == "active"
    assert "failed" not in master.run("systemctl start bay-certificates; systemctl is-failed bay-certificates").split()
    assert (master.ends(FILES) - datetime.now(UTC)).days > 1800, "nothing is due in a new bay"

    print(master.run(f"set -e; {MINUTES}"))
    first = master.ends(FILES)
    assert (first - datetime.now(UTC)).total_seconds() < 300
    # Twice: the first renewal has the programs use certificates of minutes, the second comes in time for them.
    for renewal in (1, 2):
        before = master.ends(FILES)
        comes(True, lambda before=before: master.ends(FILES) > before, PATIENCE)
        comes("ok", lambda: master.run(CHECKED), PATIENCE)
        comes("", lambda: master.run("cat /etc/bay/certificates-pending 2>/dev/null"), PATIENCE)
        print(f"renewal {renewal}:", master.run("journalctl --unit bay-certificates --output cat | tail -5"))
    comes(True, lambda: datetime.now(UTC) > first and master.ends(SHOWN) > datetime.now(UTC), PATIENCE)
    assert master.run(CHECKED) == "ok"
    script = 'eval "$(bay config short)"; kubectl get nodes --output name'
    path = tools(user)
    typed = user.execute(["bash", "-euo", "pipefail", "-c", script], PATH=path)
    assert typed.out.split() == ["node/short-master-0", "node/short-node-0"], typed

    # The control: where nobody renews, the API is lost, and a renewal afterwards brings it back.
    master.run("systemctl stop bay-certificates.timer")
    comes(True, lambda: datetime.now(UTC) > master.ends(SHOWN), PATIENCE)
    assert "certificate has expired" in master.run(CHECKED)
    assert user.execute(["bash", "-euo", "pipefail", "-c", script], PATH=path).code != 0
    print(master.run("systemctl start bay-certificates; journalctl --unit bay-certificates --output cat | tail -9"))
    comes("ok", lambda: master.run(CHECKED), PATIENCE)
    ready = "jsonpath={.status.conditions[?(@.type=='Ready')].status}"
    comes("True", lambda: master.run(f'{ADMIN} get node short-node-0 --output "{ready}"'), PATIENCE)
