"""Clusters, templates and node groups of Magnum, as layers of a bay's spec."""

from typing import Any

import pytest

from bay.components.errors import BayError
from bay.components.spec.merge import build_spec
from bay.magnum.clusters import addresses, bay_name, group_layer, group_name, layers, removals

UUID = "6b0d0d3e-9f2c-4c5b-8d11-6a1f0e3f8a01"
TEMPLATE: dict[str, Any] = {
    **{"id": 1, "uuid": UUID, "name": "swarm", "project_id": "p", "user_id": "u", "public": True, "hidden": False},
    **{"coe": "kubernetes", "image_id": "debian-12-kubernetes", "cluster_distro": "debian", "driver": "bay"},
    **{"keypair_id": "key", "external_network_id": "public", "dns_nameserver": "192.0.2.53", "apiserver_port": None},
    **{"network_driver": "flannel", "volume_driver": None, "docker_storage_driver": "overlay2", "server_type": "vm"},
    **{"flavor_id": "m1.small", "master_flavor_id": "m1.small", "docker_volume_size": None, "labels": {}},
    **{"floating_ip_enabled": True, "master_lb_enabled": False, "tls_disabled": False, "registry_enabled": False},
    **{"http_proxy": None, "https_proxy": None, "no_proxy": None, "insecure_registry": None, "tags": None},
    **{"fixed_network": None, "fixed_subnet": None},
}
CLUSTER: dict[str, Any] = {
    **{"uuid": UUID, "name": "Physics.1", "keypair": "key", "labels": {}, "docker_volume_size": None},
    **{"flavor_id": "m1.medium", "master_flavor_id": "m1.small", "fixed_network": None, "fixed_subnet": None},
    **{"floating_ip_enabled": True, "master_lb_enabled": False},
}


def group(name: str, count: int = 1, **more: Any) -> dict[str, Any]:
    role = "master" if name == "default-master" else "worker"
    own = {"is_default": name.startswith("default-"), "flavor_id": "m1.small", "image_id": "debian-12-kubernetes"}
    limits = {"min_node_count": 0, "max_node_count": None, "docker_volume_size": None}
    return {"uuid": UUID, "name": name, "role": role, "node_count": count, **own, **limits, **more}


GROUPS = [group("default-master"), group("default-worker", 2, flavor_id="m1.medium")]


def spec(cluster: dict[str, Any] | None = None, template: dict[str, Any] | None = None, *more: dict[str, Any]) -> Any:
    made = layers({**CLUSTER, **(cluster or {})}, {**TEMPLATE, **(template or {})}, [*GROUPS, *more], ["192.0.2.0/24"])
    return build_spec(made, [], ())


def test_a_cluster_of_kubernetes() -> None:
    made = spec()
    assert (made.model, made.coe, made.image, made.keypair) == ("kubernetes", "kubernetes", TEMPLATE["image_id"], "key")
    assert (made.masters.count, made.nodes.count, made.nodes.flavor) == (1, 2, "m1.medium")
    assert (made.network.external, made.network.dns) == ("public", ("192.0.2.53",))
    assert (made.endpoint.kind, made.floating_ips, made.options["network_driver"]) == ("masters", "all", "flannel")
    assert made.access.api == ("192.0.2.0/24",)


def test_the_attributes_of_a_cluster_win_over_its_templates() -> None:
    made = spec({"floating_ip_enabled": False, "fixed_network": "provider", "docker_volume_size": 5})
    assert (made.floating_ips, made.network.existing) == ("none", "provider")
    assert (made.nodes.engine_volume.size, made.masters.engine_volume.size) == (5, 5)


@pytest.mark.parametrize(
    ("labels", "model", "coe"),
    [
        ({"bay_coe": "swarm"}, "swarm", "swarm"),
        ({"bay_coe": "swarm-mode", "bay_network_driver": "docker"}, "swarm", "swarm"),
        ({"bay_coe": "mesos"}, "mesos", "mesos"),
        ({"bay_model": "swarm-ha", "bay_coe": "swarm"}, "swarm-ha", "swarm"),
        ({"bay_model": "swarm"}, "swarm", "swarm"),
        ({"bay_model": "kubernetes-ha"}, "kubernetes-ha", "kubernetes"),
    ],
)
def test_the_engine_and_model_are_those_of_the_templates_labels(labels: dict[str, str], model: str, coe: str) -> None:
    made = spec(None, {"labels": labels})
    assert (made.model, made.coe) == (model, coe)
    kept = spec({"labels": {"bay_access_api": "192.0.2.1/32"}}, {"labels": labels})
    assert (kept.model, kept.coe) == (model, coe), "labels of the cluster take none of them away"


def test_labels_of_a_cluster_are_in_the_place_of_its_templates() -> None:
    made = spec({"labels": {"kube_tag": "v1.34.1"}}, {"labels": {"boot_volume_size": "20"}})
    assert made.nodes.boot_volume is None
    assert made.options["version"] == "1.34.1"


def test_who_reaches_the_api_may_be_said_by_a_label() -> None:
    assert spec({"labels": {"bay_access_api": "192.0.2.1/32; 198.51.100.0/24"}}).access.api == (
        "192.0.2.1/32",
        "198.51.100.0/24",
    )
    assert spec({"labels": {"master_lb_allowed_cidrs": "192.0.2.7/32"}}).access.api == ("192.0.2.7/32",)


@pytest.mark.parametrize(
    ("cluster", "template", "named"),
    [
        ({"labels": {"auto_scaling_enabled": "true"}}, {}, "label auto_scaling_enabled=true"),
        ({"labels": {"no_such_label": "1"}}, {}, "label no_such_label"),
        ({"labels": {"availability_zone": "nova"}}, {"labels": {"bay_coe": "swarm"}}, "label availability_zone"),
        ({}, {"tls_disabled": True}, "template tls_disabled=true"),
        ({}, {"registry_enabled": True}, "template registry_enabled=true"),
        ({}, {"coe": "dcos"}, "there is no engine 'dcos'"),
    ],
)
def test_what_has_no_counterpart_is_an_error(cluster: dict[str, Any], template: dict[str, Any], named: str) -> None:
    with pytest.raises(BayError, match=named):
        spec(cluster, template)


def test_a_label_that_says_no_to_what_there_is_not_is_none() -> None:
    """Horizon sends these of every cluster."""
    off = {"auto_scaling_enabled": "false", "auto_healing_enabled": "false", "ingress_controller": ""}
    assert spec({"labels": off}) == spec()


def test_groups_have_their_own_flavor_image_limits_labels_and_taints() -> None:
    made = spec(
        None,
        None,
        group(
            "gpu",
            1,
            flavor_id="m1.large",
            image_id="own",
            min_node_count=1,
            max_node_count=3,
            docker_volume_size=7,
            node_labels={"kind": "gpu"},
            node_taints=[{"key": "gpu", "value": "", "effect": "NoSchedule"}],
        ),
    )
    gpu = made.node_groups["gpu"]
    assert (gpu.flavor, gpu.image, gpu.min, gpu.max, gpu.engine_volume.size) == ("m1.large", "own", 1, 3, 7)
    assert (gpu.labels, gpu.taints) == ({"kind": "gpu"}, ("gpu:NoSchedule",))


def test_limits_of_the_default_group_may_be_those_of_labels() -> None:
    assert spec({"labels": {"min_node_count": "1", "max_node_count": "5"}}).nodes.max == 5
    assert group_layer(GROUPS, "debian-12-kubernetes")["nodes"] == {"count": 2, "flavor": "m1.medium"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("default-master", "master"),
        ("default-worker", "node"),
        ("gpu", "gpu"),
        ("GPU.nodes", "g6b0d0d3e9f2c"),
        ("node", "g6b0d0d3e9f2c"),
        ("master", "g6b0d0d3e9f2c"),
        ("a-group-with-a-long-name", "g6b0d0d3e9f2c"),
    ],
)
def test_groups_are_called_as_in_magnum_where_a_bay_can(name: str, expected: str) -> None:
    assert group_name(group(name)) == expected


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("physics", "physics-"),
        ("Physics.1", "physics-1-"),
        ("x" * 242, "x" * 27 + "-"),
        ("_", "bay-"),
        (None, "bay-"),
        ("7up", "bay-"),
    ],
)
def test_a_bays_name_is_unique_and_fits_a_host_name(name: str | None, begins: str) -> None:
    made = bay_name({"name": name, "uuid": UUID})
    assert made == begins + "6b0d0d3e9f2c"
    assert len(made) <= 40


def test_nodes_that_are_to_go_are_collected() -> None:
    left = removals(None, ["a", "b"], {})
    assert left == {"node": ["a", "b"]}
    assert removals(group("gpu"), ["1", 2], {"node": ["a"], "gpu": ["1"]}) == {"node": ["a"], "gpu": ["1", "2"]}  # type: ignore[list-item]
    assert removals(None, [], left) == left


def test_each_group_has_the_addresses_of_its_servers() -> None:
    servers = [{"group": "node", "address": "192.0.2.1"}, {"group": "master", "address": "192.0.2.2"}]
    assert list(addresses(GROUPS, [*servers, {"group": "node", "address": None}])) == [["192.0.2.2"], ["192.0.2.1"]]
