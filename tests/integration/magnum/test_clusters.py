"""Clusters of a real Magnum whose driver is ours: created, changed and deleted by its API, whatever is killed."""

import os
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest
from cryptography import x509
from openstack.connection import Connection

from bay.sandbox import Sandbox
from tests.integration.magnum.clusters import LATEST, Clusters

pytestmark = [pytest.mark.sandbox, pytest.mark.long]


def conductor_folder(sandbox: Sandbox) -> Path:
    return sandbox.state / "magnum"


def test_a_swarm_is_created_resized_and_deleted_and_nothing_is_left(
    clusters: Clusters, magnum: Sandbox, service: Connection
) -> None:
    secrets = len(list(service.key_manager.secrets()))
    credentials = len(list(clusters.cloud.identity.application_credentials(clusters.cloud.current_user_id)))
    uuid = clusters.create("swarm", name="Physics.1")

    made = clusters.wait(uuid, "CREATE_COMPLETE")
    assert clusters.servers(uuid) == ["master-0", "node-0"]
    assert made["api_address"].startswith("tcp://")
    assert (len(made["master_addresses"]), len(made["node_addresses"])) == (1, 1)
    assert clusters.ask("GET", f"/clustertemplates/{made['cluster_template_id']}")["coe"] == "swarm"
    authority = x509.load_pem_x509_certificate(clusters.ask("GET", f"/certificates/{uuid}")["pem"].encode())
    assert authority.subject.rfc4514_string() == "CN=Physics.1"

    clusters.resize(uuid, 3)
    clusters.resize(uuid, 2)  # while the first one runs
    assert len(clusters.wait(uuid, "UPDATE_COMPLETE")["node_addresses"]) == 2
    assert clusters.servers(uuid) == ["master-0", "node-0", "node-1"]

    bay = made["cluster_id"]
    (first,) = clusters.cloud.compute.servers(name=f"^{bay}-node-0$")
    clusters.resize(uuid, 1, [first.id])
    clusters.wait(uuid, "UPDATE_COMPLETE")
    assert clusters.servers(uuid) == ["master-0", "node-1"]

    group = {"name": "gpu", "flavor_id": "m1.medium", "node_count": 1, "min_node_count": 0, "max_node_count": 3}
    clusters.ask("POST", f"/clusters/{uuid}/nodegroups", group)
    clusters.wait_until_begun(uuid)
    clusters.wait(uuid, "UPDATE_COMPLETE")
    assert "gpu-0" in clusters.servers(uuid)
    answer = clusters.api.delete(f"/clusters/{uuid}/nodegroups/gpu", headers=LATEST)
    assert answer.status_code == 204
    clusters.wait_until_begun(uuid)
    clusters.wait(uuid, "UPDATE_COMPLETE")
    assert clusters.servers(uuid) == ["master-0", "node-1"]

    clusters.delete(uuid)
    assert list(clusters.cloud.compute.servers(name=f"^{bay}-")) == []
    assert len(list(clusters.cloud.identity.application_credentials(clusters.cloud.current_user_id))) == credentials
    assert len(list(service.key_manager.secrets())) == secrets
    assert not (conductor_folder(magnum) / "clusters" / uuid).exists()


def test_kubernetes_and_mesos_are_created_at_the_same_time(clusters: Clusters) -> None:
    uuids = {template: clusters.create(template, name=template) for template in ("kubernetes", "mesos")}
    addresses = {name: clusters.wait(uuid, "CREATE_COMPLETE")["api_address"] for name, uuid in uuids.items()}
    assert addresses["kubernetes"].startswith("https://")
    assert addresses["mesos"].startswith("http://")
    for uuid in uuids.values():
        assert clusters.servers(uuid) == ["master-0", "node-0"]


def test_a_creation_goes_on_after_magnum_and_its_job_were_killed(clusters: Clusters, magnum: Sandbox) -> None:
    uuid = clusters.create("swarm", name="killed")
    clusters.until(lambda: clusters.servers(uuid))
    (service,) = [one for one in magnum.status().services if one.name == "magnum"]
    assert service.pid
    os.kill(service.pid, signal.SIGKILL)
    for job in jobs_of(magnum):
        job.kill()
    magnum.start(print)
    clusters.wait(uuid, "CREATE_COMPLETE")
    assert clusters.servers(uuid) == ["master-0", "node-0"]


def test_a_deletion_interrupts_a_creation(clusters: Clusters) -> None:
    uuid = clusters.create("swarm", name="hasty", node_count=2)
    clusters.until(lambda: clusters.show(uuid)["cluster_id"])
    bay = clusters.show(uuid)["cluster_id"]
    clusters.delete(uuid)
    assert list(clusters.cloud.compute.servers(name=f"^{bay}-")) == []


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"labels": {"no_such_label": "1"}}, "label no_such_label"),
        ({"node_count": 500}, "quota"),
    ],
)
def test_what_cannot_be_created_says_why(clusters: Clusters, values: dict[str, Any], reason: str) -> None:
    uuid = clusters.create("swarm", name="wrong", **values)
    clusters.until(lambda: clusters.show(uuid)["status"] == "CREATE_FAILED")
    assert reason in clusters.show(uuid)["status_reason"]


def test_a_refused_rotation_leaves_the_authority_as_it_was(clusters: Clusters) -> None:
    uuid = clusters.create("swarm", name="kept")
    clusters.wait(uuid, "CREATE_COMPLETE")
    before = clusters.ask("GET", f"/certificates/{uuid}")["pem"]
    answer = clusters.api.patch(f"/certificates/{uuid}", headers=LATEST)
    assert answer.status_code == 400
    assert clusters.ask("GET", f"/certificates/{uuid}")["pem"] == before


def jobs_of(sandbox: Sandbox) -> list[psutil.Process]:
    """The processes that carry out jobs of this sandbox's Magnum."""
    found = []
    for process in psutil.process_iter():
        try:
            is_runner = "bay.magnum.runner" in process.cmdline()
            if is_runner and process.cwd() == str(sandbox.state):
                found.append(process)
        except psutil.Error:
            continue
    return found
