"""What cloud-provider-openstack makes is known by the bay's id in it, and nothing else is."""

from types import SimpleNamespace
from typing import Any

import pytest

from bay.components.engines import ENGINES
from bay.components.engines.kubernetes.ownership import OWNERSHIP_RULES
from bay.components.engines.ownership_rules import OwnershipRule
from tests.paths import DOCS

MINE = "3f0d8a52-5d52-4c5e-9d7c-0f5a4b3c2d1e"
OTHER = "3f0d8a52-5d52-4c5e-9d7c-0f5a4b3c2d1f"
CINDER = "cinder.csi.openstack.org/cluster"
UID = "0b0f8a7e-8c4f-4d3e-9d2b-111111111111"

# Each as version 1.34.1 writes it (pkg/openstack, pkg/ingress, pkg/csi/cinder).
MADE = [
    ("load balancer", {"name": f"kube_service_{MINE}_default_web", "tags": [f"kube_service_{MINE}_default_web"]}),
    ("load balancer", {"name": f"kube_service_{MINE}_default_{'x' * 220}"[:255]}),
    ("load balancer", {"name": "web", "description": f"Kubernetes external service default/web from cluster {MINE}"}),
    ("load balancer", {"name": f"kube_ingress_{MINE}_default_web"}),
    ("listener", {"name": f"listener_0_kube_service_{MINE}_default_web", "tags": [f"kube_service_{MINE}_default_web"]}),
    ("floating IP", {"description": f"Floating IP for Kubernetes external service default/web from cluster {MINE}"}),
    (
        "floating IP",
        {"description": f"Floating IP for Kubernetes ingress web in namespace default from cluster {MINE}"},
    ),
    (
        "security group",
        {
            "name": f"lb-sg-{UID}-default-web",
            "description": f"Security Group for default/web Service LoadBalancer in cluster {MINE}",
        },
    ),
    ("security group", {"description": f"Security group created for Ingress default/web from cluster {MINE}"}),
    ("volume", {"name": f"pvc-{UID}", "metadata": {CINDER: MINE, "csi.storage.k8s.io/pvc/name": "data"}}),
    ("snapshot", {"name": f"snapshot-{UID}", "metadata": {CINDER: MINE}}),
    ("backup", {"name": f"snapshot-{UID}", "metadata": {CINDER: MINE}}),
]

NOT_MINE = [
    ("load balancer", {"name": f"kube_service_{OTHER}_default_web"}),
    ("load balancer", {"name": "kube_service_physics_default_web"}),
    ("load balancer", {"name": f"kube_service_{MINE}2_default_web"}),
    ("load balancer", {"name": f"my_kube_service_{MINE}_default_web"}),
    ("load balancer", {"name": MINE, "description": f"for {MINE}"}),
    ("load balancer", {"name": "shared", "tags": [f"kube_service_{MINE}_default_web"]}),
    (
        "listener",
        {"tags": [f"kube_service_{OTHER}_default_web"], "name": f"listener_0_kube_service_{MINE}_default_web"},
    ),
    ("listener", {"tags": None}),
    ("floating IP", {"description": f"Floating IP for Kubernetes external service default/web from cluster {OTHER}"}),
    ("floating IP", {"description": f"not a Floating IP for Kubernetes external service x from cluster {MINE}"}),
    ("floating IP", {"description": ""}),
    ("security group", {"name": f"lb-sg-{UID}-default-web", "description": ""}),
    ("security group", {"description": f"Security Group for default/web Service LoadBalancer in cluster {OTHER}"}),
    ("volume", {"name": f"pvc-{UID}", "metadata": {}}),
    ("volume", {"name": f"pvc-{UID}", "metadata": {CINDER: OTHER}}),
    ("volume", {"name": f"pvc-{UID}", "metadata": {CINDER: f"{MINE}2"}}),
    ("volume", {"name": f"pvc-{MINE}", "metadata": {"bay:kept-from": "physics"}}),
    ("snapshot", {"metadata": None}),
]


def signature(kind: str, fields: dict[str, Any]) -> str:
    """The first sign of the kind that fits."""
    thing = SimpleNamespace(**fields)
    return next((found for sign in OWNERSHIP_RULES if sign.kind == kind and (found := sign.match(thing, MINE))), "")


@pytest.mark.parametrize(("kind", "fields"), MADE)
def test_what_the_provider_makes_is_the_bays(kind: str, fields: dict[str, Any]) -> None:
    assert MINE in signature(kind, fields)


@pytest.mark.parametrize(("kind", "fields"), NOT_MINE)
def test_what_names_another_cluster_or_none_is_not(kind: str, fields: dict[str, Any]) -> None:
    assert signature(kind, fields) == ""


def test_a_load_balancer_that_another_cluster_shares_says_so() -> None:
    sign = next(sign for sign in OWNERSHIP_RULES if sign.kind == "listener")
    own, other = f"kube_service_{MINE}_default_web", f"kube_service_{OTHER}_default_api"
    assert sign.match_other(SimpleNamespace(tags=[own, other]), MINE) == other
    assert sign.match_other(SimpleNamespace(tags=[own, "production"]), MINE) == ""


def test_a_sign_that_names_no_bay_is_refused() -> None:
    with pytest.raises(ValueError, match="names no bay"):
        OwnershipRule("volume", "name", "pvc-*")


@pytest.mark.parametrize("engine", ["swarm", "mesos"])
def test_engines_without_a_login_to_the_cloud_make_nothing_there(engine: str) -> None:
    assert tuple(ENGINES[engine].ownership_rules) == ()


def test_the_provider_is_told_the_bays_id_as_its_cluster() -> None:
    from bay.components.engines.kubernetes import cloud_provider
    from bay.components.engines.kubernetes.options import KubernetesOptions

    options = KubernetesOptions(cloud_provider=True, volume_driver="cinder")
    login = SimpleNamespace(
        auth_url="", region="", credential_id="", credential_secret="", subnet_id=None, external_network_id=None
    )
    text = str(cloud_provider.manifests(options, login, MINE))  # type: ignore[arg-type]
    assert f"'--cluster-name={MINE}'" in text
    assert f"'--cluster={MINE}'" in text


def test_the_page_on_deleting_has_every_sign() -> None:
    page = (DOCS / "delete.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| ") and "`" in line]
    for sign in OWNERSHIP_RULES:
        assert any(sign.kind in row and f"`{sign.field}`" in row and f"`{sign.pattern}`" in row for row in rows), (
            f"docs/delete.md lacks {sign}"
        )
