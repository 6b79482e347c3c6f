"""Who reaches Magnum, and whose login a cluster has."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openstack
import pytest
from openstack.connection import Connection
from openstack.exceptions import ServiceDisabledException

from bay.sandbox import Sandbox
from tests.integration.bays.harness import connect
from tests.integration.magnum.clusters import LATEST, Clusters
from tests.integration.magnum.tempest import auth_url

pytestmark = [pytest.mark.sandbox, pytest.mark.long]

TYPE = "container-infra"
FILTER = "/OS-EP-FILTER"


@contextmanager
def without_magnum(admin: Connection, project: str) -> Iterator[None]:
    """A project whose catalog has everything else, as docs/magnum-service.md does it."""
    identity: Any = admin.identity
    made = []
    try:
        for service in identity.services():
            if service.type != TYPE:
                body = {"endpoint_group": {"name": service.id, "filters": {"service_id": service.id}}}
                answer = identity.post(f"{FILTER}/endpoint_groups", json=body)
                assert answer.status_code == 201, answer.text
                made.append(answer.json()["endpoint_group"]["id"])
                answer = identity.put(f"{FILTER}/endpoint_groups/{made[-1]}/projects/{project}")
                assert answer.status_code == 204, answer.text
        yield
    finally:
        for group in made:
            identity.delete(f"{FILTER}/endpoint_groups/{group}/projects/{project}")
            identity.delete(f"{FILTER}/endpoint_groups/{group}")


def test_one_project_has_the_service_and_another_has_not(magnum: Sandbox) -> None:
    def templates(cloud: str) -> list[str]:
        with connect(magnum, cloud) as one:  # a token of its own
            return [template.name for template in one.container_infrastructure_management.cluster_templates()]

    with connect(magnum, "sandbox-other") as biology, connect(magnum, "sandbox-admin") as admin:
        project = biology.current_project_id
        assert "swarm" in templates("sandbox-other")
        with without_magnum(admin, project):
            with pytest.raises(ServiceDisabledException, match="not present in the service catalog"):
                templates("sandbox-other")
            with connect(magnum, "sandbox-other") as cloud:
                assert len(list(cloud.compute.flavors())) > 1, "all else is there"
            assert "swarm" in templates("sandbox")
    assert "swarm" in templates("sandbox-other")


@contextmanager
def member(magnum: Sandbox, name: str) -> Iterator[tuple[Any, Connection]]:
    """Another member of physics, who is gone afterwards at the latest."""
    with connect(magnum, "sandbox-admin") as admin:
        identity: Any = admin.identity
        project = identity.find_project("physics", ignore_missing=False)
        user = identity.create_user(name=name, password=name, domain_id="default")
        for role in ("member", "creator"):
            identity.assign_project_role_to_user(project, user, identity.find_role(role))
        auth = {"auth_url": auth_url(magnum), "username": name, "password": name, "project_id": project.id}
        try:
            with open_cloud(auth={**auth, "user_domain_name": "Default"}) as cloud:
                yield user, cloud
        finally:
            identity.delete_user(user)  # or it is gone already


def open_cloud(**login: Any) -> Connection:
    return openstack.connect(region_name="RegionOne", load_yaml_config=False, load_envvars=False, **login)


def test_a_cluster_outlives_its_user_when_another_member_gives_it_his_login(
    clusters: Clusters, magnum: Sandbox
) -> None:
    with member(magnum, "dora") as (_user, cloud):
        uuid = Clusters(magnum, cloud).create("swarm", name="inherited")
        clusters.made.append(uuid)
        clusters.wait(uuid, "CREATE_COMPLETE")
    clusters.resize(uuid, 2)
    clusters.until(lambda: clusters.show(uuid)["status"] == "UPDATE_FAILED")
    answer = clusters.api.patch(f"/credentials/{uuid}", headers=LATEST)
    assert answer.status_code < 300, answer.text
    clusters.resize(uuid, 2)
    clusters.wait(uuid, "UPDATE_COMPLETE")
    clusters.delete(uuid)


def test_a_restricted_application_credential_creates_no_cluster_and_its_user_is_told_why(
    clusters: Clusters, magnum: Sandbox
) -> None:
    identity: Any = clusters.cloud.identity
    user = clusters.cloud.current_user_id
    made = identity.create_application_credential(user, "ci")
    auth = {"auth_url": auth_url(magnum), "application_credential_id": made.id}
    auth["application_credential_secret"] = made.secret
    try:
        with open_cloud(auth_type="v3applicationcredential", auth=auth) as cloud:
            uuid = Clusters(magnum, cloud).create("swarm", name="ci")
            clusters.made.append(uuid)
        clusters.until(lambda: clusters.show(uuid)["status"] == "CREATE_FAILED")
    finally:
        identity.delete_application_credential(user, made)
    assert "an application credential that is unrestricted" in clusters.show(uuid)["status_reason"]
