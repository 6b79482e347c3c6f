"""What masters apply once there is a cluster, and when they do."""

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from bay.components.engines import CloudLogin, Facts
from bay.components.engines.kubernetes.options import Image
from bay.components.errors import BayError
from bay.components.spec.merge import build_spec
from tests.components.engines.kubernetes.facts import documents, files, kubernetes_facts
from tests.components.engines.kubernetes.machine import KubernetesMachine

LOGIN = CloudLogin("https://cloud.example:5000", "north", "p1", "the-id", "the-secret", "the-subnet", "the-external")
MANIFESTS = "/etc/bay/manifests"


def objects(facts: Facts, file: str) -> dict[tuple[str, str], Any]:
    return {(one["kind"], one["metadata"]["name"]): one for one in documents(facts, f"{MANIFESTS}/{file}.yaml")}


def pods(facts: Facts) -> dict[str, Any]:
    """The pods' part of all workloads, by name."""
    names = [path for path in files(facts, "master") if path.startswith(MANIFESTS)]
    found = [one for path in names for one in documents(facts, path) if one["kind"] in ("DaemonSet", "Deployment")]
    specs = {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in found}
    return {name: spec for name, spec in specs.items() if "containers" in spec}  # not a part of what kubeadm makes


def images(facts: Facts) -> set[str]:
    parts = [part for pod in pods(facts).values() for part in (*pod.get("initContainers", []), *pod["containers"])]
    return {part["image"] for part in parts}


def everything(facts: Facts, **options: Any) -> Facts:
    wanted = {"cloud_provider": True, "volume_driver": "cinder", "keystone_auth": True, **options}
    return replace(kubernetes_facts(facts, options=wanted), cloud=LOGIN)


def variables(container: Any) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in container["env"]}


@pytest.mark.parametrize(("driver", "name"), [("flannel", "flannel"), ("calico", "calico-node")])
def test_the_network_reaches_the_api_without_its_service(driver: str, name: str, facts: Facts) -> None:
    given = kubernetes_facts(facts, options={"network_driver": driver})
    (container,) = pods(given)[name]["containers"]
    found = variables(container)
    assert (found["KUBERNETES_SERVICE_HOST"], found["KUBERNETES_SERVICE_PORT"]) == ("127.0.0.1", "7443")
    assert pods(given)[name]["tolerations"] == [{"operator": "Exists"}], "also on servers that are not ready"


def test_flannel_is_told_the_pods_range_and_how_packets_travel(facts: Facts) -> None:
    settings = objects(kubernetes_facts(facts, options={"proxy_mode": "iptables"}), "network")["ConfigMap", "flannel"]
    assert settings["data"]["net-conf.json"] == (
        '{"Network": "10.100.0.0/16", "EnableNFTables": false, "Backend": {"Type": "vxlan"}}'
    )


@pytest.mark.parametrize(("mode", "vxlan", "ipip"), [("vxlan", "Always", "Never"), ("ipip", "Never", "Always")])
def test_calico_sends_no_packet_with_a_pods_address(mode: str, vxlan: str, ipip: str, facts: Facts) -> None:
    options = {"network_driver": "calico", "calico_encapsulation": mode}
    found = variables(pods(kubernetes_facts(facts, options=options))["calico-node"]["containers"][0])
    assert (found["CALICO_IPV4POOL_VXLAN"], found["CALICO_IPV4POOL_IPIP"]) == (vxlan, ipip)
    assert found["CALICO_IPV4POOL_CIDR"] == "10.100.0.0/16"


def test_calicos_types_have_their_names_in_the_plural(facts: Facts) -> None:
    found = objects(kubernetes_facts(facts, options={"network_driver": "calico"}), "network")
    names = {name.partition(".")[0] for kind, name in found if kind == "CustomResourceDefinition"}
    assert {"blockaffinities", "caliconodestatuses", "ipamblocks", "globalnetworkpolicies", "networksets"} <= names


def test_pods_with_the_clouds_login_run_on_masters_only(facts: Facts) -> None:
    holders = {
        name: pod
        for name, pod in pods(everything(facts)).items()
        if any(volume.get("secret", {}).get("secretName") == "cloud-config" for volume in pod["volumes"])
    }
    assert set(holders) == {"openstack-cloud-controller-manager", "csi-cinder-controllerplugin"}
    assert {str(pod["nodeSelector"]) for pod in holders.values()} == {"{'node-role.kubernetes.io/control-plane': ''}"}


def test_the_clouds_login_is_that_of_the_bay_and_load_balancers_are_on_its_subnet(facts: Facts) -> None:
    text = objects(everything(facts), "cloud")["Secret", "cloud-config"]["stringData"]["cloud.conf"]
    assert text.splitlines() == [
        "[Global]",
        'auth-url="https://cloud.example:5000"',
        'region="north"',
        'application-credential-id="the-id"',
        'application-credential-secret="the-secret"',
        "[LoadBalancer]",
        'subnet-id="the-subnet"',
        'floating-network-id="the-external"',
    ]


def test_what_the_cloud_makes_for_the_bay_bears_its_mark(facts: Facts) -> None:
    found = pods(everything(facts))
    manager = found["openstack-cloud-controller-manager"]["containers"][0]["args"]
    plugin = found["csi-cinder-controllerplugin"]["containers"][-1]["args"]
    assert f"--cluster-name={facts.bay_id}" in manager
    assert f"--cluster={facts.bay_id}" in plugin


def test_keystones_roles_count_in_the_bays_project_only(facts: Facts) -> None:
    found = objects(everything(facts, keystone_roles={"operator": "admin"}), "keystone")
    policies = found["ConfigMap", "k8s-keystone-auth"]["data"]["policies"]
    assert '"type": "project"' in policies
    assert '"p1"' in policies
    assert '"operator"' in policies
    arguments = pods(everything(facts))["k8s-keystone-auth"]["containers"][0]["args"]
    assert "--keystone-url=https://cloud.example:5000/v3" in arguments
    assert "--listen=127.0.0.1:8443" in arguments


def test_all_images_come_from_the_users_own_repository_if_there_is_one(facts: Facts) -> None:
    given = everything(facts, image_repository="registry.example/k8s", network_driver="calico")
    assert images(given)
    assert all(name.startswith("registry.example/k8s/") and name.count("/") == 2 for name in images(given))


@pytest.fixture
def master(tmp_path: Path) -> KubernetesMachine:
    machine = KubernetesMachine.make(tmp_path, "demo-master-0", member=True)
    for name in ("network", "site"):
        machine.write(f"etc/bay/manifests/{name}.yaml", f"kind: {name}\n")
    return machine


def applied(master: KubernetesMachine) -> list[str]:
    return [call.rpartition("/")[2] for call in master.calls("kubectl") if "--filename" in call]


def apply(master: KubernetesMachine) -> int:
    return master.run("apply-manifests", str(master.folder / "env")).returncode


def test_manifests_are_applied_once_and_again_when_they_change(master: KubernetesMachine) -> None:
    assert apply(master) == 0
    assert applied(master) == ["network.yaml", "site.yaml"]
    master.write("calls", "")
    assert apply(master) == 0
    assert applied(master) == []
    master.write("etc/bay/manifests/site.yaml", "kind: another\n")
    assert apply(master) == 0
    assert applied(master) == ["site.yaml"]


def test_a_manifest_that_is_refused_stops_no_other_and_is_tried_again(master: KubernetesMachine) -> None:
    master.fake("kubectl", 'note\ncase "$*" in *network.yaml) exit 1 ;; esac\n')
    assert apply(master) == 1
    assert applied(master) == ["network.yaml", "site.yaml"]
    master.write("calls", "")
    assert apply(master) == 1
    assert applied(master) == ["network.yaml"]


SHA = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize("prefix", [{}, {"image_repository": "registry.example/k8s"}])
def test_an_image_of_an_add_on_is_named_by_its_digest_where_the_spec_has_one(
    facts: Facts, prefix: dict[str, str]
) -> None:
    names = get_args(Image)
    pinned = dict.fromkeys(names, SHA)
    found: set[str] = set()
    for driver in ("flannel", "calico"):
        tagged = images(everything(facts, network_driver=driver, **prefix))
        digested = images(everything(facts, network_driver=driver, digests=pinned, **prefix))
        assert digested == {f"{image}@{SHA}" for image in tagged}, "the tag stays, for people"
        found |= {image.rpartition("/")[2].partition(":")[0] for image in tagged}
    assert found == set(names), "every image can be pinned, and no other name is taken"


def test_what_is_no_image_or_no_digest_is_refused() -> None:
    for wrong in ({"flanel": SHA}, {"flannel": "v1"}, {"flannel": SHA[:-1]}):
        with pytest.raises(BayError, match="digests"):
            build_spec([{"model": "kubernetes", "options": {"digests": wrong}}])
