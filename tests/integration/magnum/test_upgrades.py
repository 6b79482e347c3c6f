"""Clusters of a real Magnum follow another template, or stay as they are and the user is told why."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.magnum.clusters import LATEST, Clusters

pytestmark = [pytest.mark.sandbox, pytest.mark.long]

OLD, NEW = "debian-12-docker", "debian-12-docker-28"


@pytest.fixture
def newer(clusters: Clusters) -> Iterator[str]:
    """A template whose image brings a newer Docker; both are deleted after the clusters."""
    image = clusters.cloud.image.create_image(
        NEW,
        container_format="bare",
        disk_format="raw",
        data=b"x" * 512,
        allow_duplicates=True,
        docker_version="28.0.1",
        os_distro="debian",
    )
    body = {
        **{"name": "swarm-28", "coe": "swarm", "image_id": NEW, "external_network_id": "public"},
        **{"flavor_id": "m1.small", "master_flavor_id": "m1.small", "master_lb_enabled": True},
        "labels": {"bay_model": "swarm-ha"},
    }
    template = clusters.ask("POST", "/clustertemplates", body)["uuid"]
    yield template
    clusters.delete_all()
    clusters.api.delete(f"/clustertemplates/{template}", headers=LATEST)
    clusters.cloud.image.delete_image(image.id)


def upgrade(clusters: Clusters, uuid: str, template: str, **values: Any) -> Any:
    body = {"cluster_template": template, "max_batch_size": 2, **values}
    return clusters.api.post(f"/clusters/{uuid}/actions/upgrade", json=body, headers=LATEST)


def images(clusters: Clusters, uuid: str) -> dict[str, str]:
    """Server -> name of the image that it was created from."""
    bay = clusters.show(uuid)["cluster_id"]
    names = {image.id: image.name for image in clusters.cloud.image.images()}
    return {
        server.name.removeprefix(f"{bay}-"): names[server.image.id]
        for server in clusters.cloud.compute.servers(name=f"^{bay}-")
    }


def groups(clusters: Clusters, uuid: str) -> dict[str, tuple[str, str]]:
    """Node group -> its image and status."""
    found = clusters.ask("GET", f"/clusters/{uuid}/nodegroups")["nodegroups"]
    each = [clusters.ask("GET", f"/clusters/{uuid}/nodegroups/{one['uuid']}") for one in found]
    return {one["name"]: (one["image_id"], one["status"]) for one in each}


def test_a_cluster_follows_another_template_with_all_its_groups(clusters: Clusters, newer: str) -> None:
    uuid = clusters.create("swarm-ha", name="upgraded", master_count=3, node_count=2)
    clusters.wait(uuid, "CREATE_COMPLETE")
    group = {"name": "gpu", "flavor_id": "m1.medium", "node_count": 1, "min_node_count": 0}
    clusters.ask("POST", f"/clusters/{uuid}/nodegroups", group)
    clusters.wait_until_begun(uuid)
    clusters.wait(uuid, "UPDATE_COMPLETE")
    before = images(clusters, uuid)
    assert set(before.values()) == {OLD}

    answer = upgrade(clusters, uuid, newer)
    assert answer.status_code == 202, answer.text
    assert clusters.show(uuid)["status"] == "UPDATE_IN_PROGRESS"
    clusters.resize(uuid, 3)  # while it runs
    done = clusters.wait(uuid, "UPDATE_COMPLETE")
    assert images(clusters, uuid) == dict.fromkeys([*before, "node-2"], NEW)
    assert (done["cluster_template_id"], done["coe_version"]) == (newer, "v28.0.1")
    assert done["labels"]["bay_model"] == "swarm-ha"
    assert (len(done["master_addresses"]), len(done["node_addresses"])) == (3, 4)
    assert {image for image, _status in groups(clusters, uuid).values()} == {NEW}

    again = upgrade(clusters, uuid, newer)
    assert again.status_code == 202, again.text
    clusters.wait(uuid, "UPDATE_COMPLETE")
    assert images(clusters, uuid) == dict.fromkeys([*before, "node-2"], NEW)


def test_a_group_with_an_image_of_its_own_is_upgraded_by_itself(clusters: Clusters, newer: str) -> None:
    uuid = clusters.create(newer, name="group", master_count=3)
    clusters.wait(uuid, "CREATE_COMPLETE")
    group = {"name": "old", "flavor_id": "m1.small", "node_count": 2, "min_node_count": 0, "image_id": OLD}
    clusters.ask("POST", f"/clusters/{uuid}/nodegroups", group)
    clusters.wait_until_begun(uuid)
    clusters.wait(uuid, "UPDATE_COMPLETE")
    assert images(clusters, uuid)["old-0"] == OLD
    answer = upgrade(clusters, uuid, newer, nodegroup="old")
    assert answer.status_code == 202, answer.text
    clusters.wait(uuid, "UPDATE_COMPLETE")
    assert set(images(clusters, uuid).values()) == {NEW}
    assert groups(clusters, uuid)["old"] == (NEW, "UPDATE_COMPLETE")


@pytest.mark.parametrize(
    ("template", "reason"),
    [("", "is the only master, with its control-plane data on its own disk"), ("mesos", "is of mesos")],
)
def test_a_refused_upgrade_leaves_everything_as_it_was(
    clusters: Clusters, newer: str, template: str, reason: str
) -> None:
    uuid = clusters.create("swarm", name="refused")
    clusters.wait(uuid, "CREATE_COMPLETE")
    before = clusters.show(uuid), groups(clusters, uuid), images(clusters, uuid)
    answer = upgrade(clusters, uuid, template or newer)
    assert answer.status_code == 400
    assert reason in answer.text
    after = clusters.show(uuid), groups(clusters, uuid), images(clusters, uuid)
    for shown in (before[0], after[0]):
        del shown["health_status"], shown["health_status_reason"], shown["updated_at"]
    assert after == before
