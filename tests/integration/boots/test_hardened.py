"""Defaults of a hardened cluster, tried on booted servers; each with a control that shows what it keeps out."""

import json
from typing import Any

import pytest

from tests.integration.boots.standing import SERVERS, Standing
from tests.integration.boots.story import comes

pytestmark = [
    pytest.mark.boot,
    pytest.mark.sandbox,
    pytest.mark.long,
    pytest.mark.timeout(900, func_only=True),
]

WEB = {"name": "web", "image": "localhost/bay/web:1", "imagePullPolicy": "IfNotPresent"}
LEVEL = "pod-security.kubernetes.io/enforce"
HOUR = 3600
BEYOND = {
    "hostNetwork": {"hostNetwork": True},
    "hostPID": {"hostPID": True},
    "hostPath": {"volumes": [{"name": "root", "hostPath": {"path": "/"}}]},
    "privileged": {"containers": [{**WEB, "securityContext": {"privileged": True}}]},
    "capability": {"containers": [{**WEB, "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}]},
    "hostPort": {"containers": [{**WEB, "ports": [{"containerPort": 80, "hostPort": 80}]}]},
}
"""What makes a pod as good as root on its server, or takes the server's ports."""

on_kubernetes = pytest.mark.parametrize("standing", ["kubernetes-virtual-ip"], indirect=True, scope="session")
on_swarm = pytest.mark.parametrize("standing", ["swarm"], indirect=True, scope="session")
on_all = pytest.mark.parametrize("standing", ["swarm", "kubernetes-virtual-ip"], indirect=True, scope="session")


def create(bay: Standing, namespace: str, document: dict[str, Any], *, dry: bool = True) -> str:
    """What the API server says to it; "made" where it takes it."""
    words = "--dry-run=server" if dry else ""
    script = f"printf %s '{json.dumps(document)}' | kubectl create --namespace {namespace} {words} -f - 2>&1 || true"
    said = bay.type(script)
    return "made" if " created" in said else said


def pod(name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [WEB], **spec}}


@on_kubernetes
def test_no_pod_is_root_on_its_server_but_where_a_namespace_says_so(standing: Standing) -> None:
    standing.type(f"kubectl create namespace level; kubectl label namespace level {LEVEL}=privileged")
    comes("default", lambda: standing.type("kubectl get serviceaccount --namespace level --output name | cut -d/ -f2"))
    try:
        for what, spec in BEYOND.items():
            said = create(standing, "default", pod("beyond", **spec))
            assert 'violates PodSecurity "baseline' in said, (what, said)
            assert create(standing, "level", pod("beyond", **spec)) == "made", what
            assert create(standing, "kube-system", pod("beyond", **spec)) == "made", what
        assert create(standing, "default", pod("ordinary")) == "made"
    finally:
        standing.type("kubectl delete namespace level --wait=false")


@on_kubernetes
def test_no_service_takes_an_address_of_somebody_else(standing: Standing) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "taker"}}
    spec = {"ports": [{"port": 443}], "selector": {"app": "x"}}
    said = create(standing, "default", {**service, "spec": {**spec, "externalIPs": ["192.0.2.1"]}})
    assert "Use of external IPs is denied by admission control" in said
    assert create(standing, "default", {**service, "spec": spec}) == "made"


@on_kubernetes
def test_a_pods_token_lives_an_hour_and_its_processes_are_counted(standing: Standing) -> None:
    assert create(standing, "default", pod("counted"), dry=False) == "made"
    try:
        standing.type("kubectl wait --for condition=Ready pod/counted --timeout 120s")
        node = standing.type("kubectl get pod counted --output 'jsonpath={.spec.nodeName} {.metadata.uid}'")
        place, uid = node.removeprefix(f"{standing.name}-").split()
        files = f"/var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~projected/*/token"
        script = f"""python3 - {files} <<'END'
import base64, json, sys
part = open(sys.argv[1]).read().split(".")[1]
claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
print(claims["exp"] - claims["iat"])
END"""
        assert int(standing.inside(place, script)) <= HOUR + 60
        limits = f"find /sys/fs/cgroup -path '*pod{uid.replace('-', '_')}*' -o -path '*pod{uid}*'"
        limit = standing.inside(place, f"{limits} | grep -m 1 'slice/pids.max$\\|{uid}/pids.max$' | xargs cat")
        assert limit == "4096"
    finally:
        standing.type("kubectl delete pod counted --now")


@on_kubernetes
def test_etcd_is_nobodys_but_its_own_users(standing: Standing) -> None:
    for place in ("master-0", "master-1", "master-2"):
        assert standing.inside(place, "ps -o user= -C etcd") == "etcd"
        assert standing.inside(place, "find /var/lib/etcd ! -user etcd | grep -v lost+found") == ""
        assert standing.inside(place, "stat --format %a /var/lib/etcd /etc/kubernetes/etcd").split() == ["700", "700"]
        assert standing.inside(place, "ls /var/lib/etcd /etc/kubernetes/etcd 2>&1", "nobody").count("denied") == 2


@on_all
def test_no_ssh_server_takes_a_password(standing: Standing) -> None:
    for place in SERVERS:
        said = standing.inside(place, "sshd -T").splitlines()
        for line in ("passwordauthentication no", "kbdinteractiveauthentication no", "x11forwarding no"):
            assert line in said, (place, line)
    # A password that somebody sets by hand opens nothing: the way is not even offered.
    options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "PubkeyAuthentication=no")
    words = " ".join(f"-o {option}" for option in (*options, "PreferredAuthentications=password,keyboard-interactive"))
    asked = f"ssh -F none {words} debian@{standing.address('master-0')} </dev/null 2>&1"
    assert "Permission denied (publickey)" in standing.inside("node-0", asked)


@on_swarm
def test_containers_gain_no_rights_and_do_not_meet_on_the_default_bridge(standing: Standing) -> None:
    place, run = "node-0", "docker run --detach --rm"
    rights = "sed -n 's/^NoNewPrivs:[[:space:]]*//p' /proc/$(docker inspect --format '{{.State.Pid}}' {name})/status"

    def rights_of(name: str) -> str:
        return standing.inside(place, rights.replace("{name}", name))

    try:
        standing.inside(place, f"{run} --name plain localhost/bay/web:1; {run} --name other localhost/bay/web:1")
        standing.inside(place, f"{run} --name asked --security-opt no-new-privileges=false localhost/bay/web:1")
        assert (rights_of("plain"), rights_of("asked")) == ("1", "0")
        standing.inside(
            place, "docker network create meet; docker network connect meet plain; docker network connect meet other"
        )
        ask = "nsenter --target $(docker inspect --format '{{.State.Pid}}' other) --net curl --silent --max-time 3"
        address = "docker inspect --format '{{.NetworkSettings.Networks.NETWORK.IPAddress}}' plain"

        def answers(network: str) -> bool:
            at = standing.inside(place, address.replace("NETWORK", network))
            return standing.inside(place, f"{ask} http://{at}:8080/healthz >/dev/null && echo yes") == "yes"

        comes(True, lambda: answers("meet"), 60)
        assert not answers("bridge")
    finally:
        standing.inside(place, "docker rm --force plain other asked; docker network rm meet")


METADATA = "http://169.254.169.254/"
RELOADS = (
    "nft flush ruleset",
    "iptables -F; iptables -t mangle -F",
    "systemctl start nftables.service",
    "systemctl restart nftables.service",
    "systemctl reload nftables.service",
    "systemctl stop nftables.service",
)


@pytest.mark.parametrize("standing", ["mesos"], indirect=True, scope="session")
def test_no_reload_of_a_firewall_opens_the_metadata_service(standing: Standing) -> None:
    """On a node whose engine needs no rules of its own. Nobody's packets do not even leave, so nobody has to answer."""
    place = "node-0"

    def way(user: str) -> str:
        return standing.inside(place, "ip route get 169.254.169.254 >/dev/null 2>&1 && echo out || echo none", user)

    def refused() -> str:
        asked = f"curl --silent --show-error --max-time 2 {METADATA} 2>&1 || true"
        return "refused" if "timed out" not in standing.inside(place, asked, "nobody") else "left"

    kept = "/run/rules"
    standing.inside(place, f"iptables-save > {kept}")
    try:
        comes(("out", "refused"), lambda: (way("root"), refused()))  # nobody waited for its engine
        for reload in RELOADS:
            standing.inside(place, reload)
            assert (way("root"), refused()) == ("out", "refused"), reload
        # The control: what is left where both ways are taken.
        standing.inside(place, "nft flush ruleset; ip rule del priority 91")
        assert refused() == "left"
        standing.inside(place, "systemctl restart bay-metadata.service")
        assert refused() == "refused"
    finally:
        standing.inside(
            place, f"systemctl stop nftables.service; iptables-restore < {kept}; systemctl restart bay-metadata"
        )
