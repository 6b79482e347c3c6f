"""What exactly lands on a server of a Kubernetes bay."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bay.components.engines import CloudLogin, Facts
from bay.components.node import cloudinit
from bay.components.node import user_data as boot_data
from tests import quick_yaml
from tests.components.engines.boot_golden import shown
from tests.components.engines.kubernetes.facts import (
    KUBERNETES,
    LIBRARY,
    alone,
    document,
    documents,
    files,
    kubernetes_facts,
)
from tests.paths import ENGINE_FILES, GOLDEN
from tests.reviewed import require_reviewed

GOLDEN = GOLDEN / "boot"
ROLES = ("master", "node")
LOGIN = CloudLogin("https://cloud.example:5000", "north", "p1", "the-id", "the-secret", "the-subnet", "the-external")
EVERYTHING = {"cloud_provider": True, "volume_driver": "cinder", "keystone_auth": True, "network_driver": "calico"}
ENDPOINT = "10.80.0.99"


def boot(role: str, facts: Facts) -> str:
    return boot_data.user_data(KUBERNETES, replace(facts, group=role))


def with_everything(facts: Facts) -> Facts:
    return replace(kubernetes_facts(facts, options=EVERYTHING), cloud=LOGIN)


def settings(facts: Facts, role: str) -> dict[str, str]:
    text = files(facts, role)["/etc/bay/env"]["content"]
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in text.splitlines())}


@pytest.mark.parametrize("role", ROLES)
def test_boot_data_is_the_reviewed_one(role: str, facts: Facts) -> None:
    require_reviewed(GOLDEN / f"kubernetes-{role}.yaml", shown(boot(role, kubernetes_facts(facts))))


@pytest.mark.parametrize("role", ROLES)
def test_boot_data_is_the_same_in_every_run(role: str, facts: Facts) -> None:
    given = kubernetes_facts(facts)
    assert cloudinit.packed(boot(role, given)) == cloudinit.packed(boot(role, given))


@pytest.mark.parametrize(("role", "limit"), [("master", 23800), ("node", 12200)])
def test_boot_data_is_short_because_the_state_holds_it_for_each_server(role: str, limit: int, facts: Facts) -> None:
    assert len(cloudinit.packed(boot(role, kubernetes_facts(facts)))) < limit


def test_boot_data_with_everything_is_well_below_the_limit_of_nova(facts: Facts) -> None:
    assert len(cloudinit.packed(boot("master", with_everything(facts)))) < 29800


@pytest.mark.parametrize("role", ROLES)
def test_cloud_init_itself_finds_no_fault(role: str, facts: Facts, tmp_path: Path) -> None:
    if shutil.which("cloud-init") is None:
        pytest.skip("cloud-init is not installed: apt-get install cloud-init")
    path = tmp_path / "user-data"
    path.write_text(boot(role, with_everything(facts)))
    checked = subprocess.run(["cloud-init", "schema", "-c", str(path)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Valid" in checked.stdout


def kubeadm() -> str:
    """The real one: installed, or in the sandbox's image of nodes."""
    image = Path.home() / ".cache/bay/sandbox/nodes/kubernetes/rootfs/usr/bin/kubeadm"
    found = shutil.which("kubeadm") or (str(image) if image.exists() else None)
    if found is None:
        pytest.skip("there is no kubeadm: install it, or build the sandbox's node image for Kubernetes")
    return found


@pytest.mark.parametrize(
    "options",
    [
        {},
        EVERYTHING,
        {"image_repository": "registry.example/k8s", "proxy_mode": "iptables", "versions": {"etcd": "3.6.5-0"}},
        {
            "apiserver_args": {"oidc-issuer-url": "https://login.example"},
            "kube_proxy_config": {"nodePortAddresses": []},
        },
    ],
)
def test_kubeadm_itself_finds_no_fault(options: dict[str, Any], facts: Facts, tmp_path: Path) -> None:
    given = replace(kubernetes_facts(facts, options=options), cloud=LOGIN)
    path = tmp_path / "kubeadm.yaml"
    path.write_text(files(given, "master")["/etc/bay/kubeadm.yaml"]["content"])
    command = [kubeadm(), "config", "validate", "--config", str(path)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "unknown field" not in checked.stderr


@pytest.mark.parametrize(
    ("changes", "endpoint"),
    [
        ({}, "127.0.0.1:7443"),
        ({"endpoint_address": ENDPOINT}, f"{ENDPOINT}:6443"),
    ],
)
def test_several_masters_are_reached_by_their_address_or_by_a_proxy_on_each_server(
    changes: dict[str, str], endpoint: str, facts: Facts
) -> None:
    given = replace(kubernetes_facts(facts), **changes)
    assert documents(given, "/etc/bay/kubeadm.yaml")[0]["controlPlaneEndpoint"] == endpoint
    for role in ROLES:
        assert settings(given, role)["BAY_CLUSTER"] == endpoint
        assert (f"{LIBRARY}/api-proxy.sh" in files(given, role)) is (not changes)


def test_a_master_alone_is_reached_by_its_own_address(facts: Facts) -> None:
    given = alone(kubernetes_facts(facts))
    assert documents(given, "/etc/bay/kubeadm.yaml")[0]["controlPlaneEndpoint"] == "10.80.0.10:6443"
    assert f"{LIBRARY}/api-proxy.sh" not in files(given, "node")


def test_the_apis_certificate_names_all_that_clients_may_use(facts: Facts) -> None:
    cluster = documents(kubernetes_facts(facts), "/etc/bay/kubeadm.yaml")[0]
    names = cluster["apiServer"]["certSANs"]
    assert {"demo-master-2", "10.80.0.12", "203.0.113.7", "127.0.0.1"} <= set(names)


def test_openid_connect_by_options_excludes_the_file_that_says_who_is_let_in(facts: Facts) -> None:
    given = kubernetes_facts(facts, options={"apiserver_args": {"oidc-issuer-url": "https://login.example"}})
    assert "/etc/kubernetes/bay/authentication.yaml" not in files(given, "master")
    arguments = {a["name"] for a in documents(given, "/etc/bay/kubeadm.yaml")[0]["apiServer"]["extraArgs"]}
    assert "oidc-issuer-url" in arguments
    assert "authentication-config" not in arguments


def test_labels_and_taints_of_a_group_are_given_at_registration(facts: Facts) -> None:
    group = {"gpu": {"count": 1, "labels": {"kind": "gpu"}, "taints": ["gpu=yes:NoSchedule"]}}
    given = kubernetes_facts(facts, node_groups=group, options={"kubelet_args": {"v": "2"}, "cloud_provider": True})
    known = settings(given, "gpu")
    labels = "node-labels=bay.name=demo,bay.group=gpu,kind=gpu"
    assert known["BAY_KUBELET_ARGS"] == f"{labels} v=2 cloud-provider=external"
    assert known["BAY_TAINTS"] == "gpu=yes:NoSchedule"
    assert settings(given, "master")["BAY_TAINTS"] == ""


def test_only_masters_apply_manifests_and_listen_for_joins(facts: Facts) -> None:
    given = kubernetes_facts(facts)
    assert "users" not in document(given, "node")
    for name in (
        "/etc/bay/door/authorized_keys",
        "/etc/bay/door/proof_keys",
        "/etc/bay/manifests/access.yaml",
        "/etc/bay/manifests/network.yaml",
        f"{LIBRARY}/apply-manifests",
        f"{LIBRARY}/join-root",
    ):
        assert name in files(given, "master")
        assert name not in files(given, "node")


def test_proxies_do_not_stand_between_the_control_plane_and_pods_or_services(facts: Facts) -> None:
    given = kubernetes_facts(facts, proxy={"https": "http://proxy.example:3128"})
    exceptions = settings(given, "master")["BAY_NO_PROXY"].split(",")
    assert {"10.100.0.0/16", "10.254.0.0/16", ".svc", ".cluster.local", "10.80.0.0/20"} <= set(exceptions)


def test_images_come_from_a_mirror_and_from_registries_that_show_any_certificate(facts: Facts) -> None:
    registry = {"mirror": "https://mirror.example", "insecure": ["lab.example:5000"]}
    found = files(kubernetes_facts(facts, registry=registry), "node")
    folder = "/etc/containerd/certs.d"
    assert found[f"{folder}/_default/hosts.toml"]["content"] == (
        '[host."https://mirror.example"]\n  capabilities = ["pull", "resolve"]\n'
    )
    assert "skip_verify = true" in found[f"{folder}/lab.example:5000/hosts.toml"]["content"]


def scripts() -> Iterator[Path]:
    return (path for path in sorted((ENGINE_FILES / "kubernetes").iterdir()) if path.suffix in ("", ".sh"))


def test_shellcheck_finds_no_fault() -> None:
    shellcheck = Path(sys.executable).parent / "shellcheck"
    folders = f"--source-path={ENGINE_FILES / 'common'}:{ENGINE_FILES / 'kubernetes'}"
    found = [str(path) for path in scripts()]
    command = [shellcheck, "--external-sources", folders, *found]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert len(found) > 6


@pytest.mark.parametrize("role", ROLES)
def test_scripts_without_their_comments_are_still_scripts(role: str, facts: Facts) -> None:
    for path, file in files(kubernetes_facts(facts), role).items():
        if path.startswith(f"{LIBRARY}/"):
            assert "<<'" not in file["content"], "a heredoc could hold lines that look like comments"
            subprocess.run(["bash", "-n"], input=file["content"], text=True, check=True)
            assert file["content"].startswith("#!") is (file["permissions"] == "0755"), path


def test_every_file_of_yaml_can_be_read(facts: Facts) -> None:
    for path, file in files(with_everything(facts), "master").items():
        if path.endswith(".yaml"):
            assert all(isinstance(one, dict) for one in quick_yaml.load_all(file["content"])), path
