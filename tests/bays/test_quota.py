"""A quota that ends in the middle: what was made is kept, and create goes on from there or delete takes it back."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from openstack.connection import Connection

from .harness import Bay

pytestmark = pytest.mark.sandbox

KEPT = "what was made is kept: free some quota and run the same command again, or 'bay delete full'"


@contextmanager
def instances(admin: Connection, project: str, limit: int) -> Iterator[None]:
    """Limit the servers of a project."""
    before = admin.compute.get_quota_set(project).instances
    admin.compute.update_quota_set(project, instances=limit)
    try:
        yield
    finally:
        admin.compute.update_quota_set(project, instances=before)


@contextmanager
def routers(admin: Connection, project: str, limit: int) -> Iterator[None]:
    """Limit the routers of a project."""
    before = admin.network.get_quota(project).routers
    admin.network.update_quota(project, router=limit)
    try:
        yield
    finally:
        admin.network.update_quota(project, router=before)


def servers(cloud: Connection) -> dict[str, str]:
    """Name -> status of the project's servers; a name twice is twice in it."""
    found = list(cloud.compute.servers())
    assert len({server.name for server in found}) == len(found), "nothing is doubled"
    return {server.name: server.status for server in found}


def test_with_more_quota_create_goes_on(bay: Bay, clouds: list[Connection], admin: Connection) -> None:
    words = ("create", "full", "--model", "swarm", "--nodes", "3")
    with instances(admin, clouds[0].current_project_id, 2):
        result = bay.run(*words)
        assert result.code == 3
        assert result.error[0].startswith("the project's quota is used up: Quota exceeded for instances: Requested 1")
        assert result.error[1] == KEPT
        status, reason = bay.run("show", "full", "-f", "value", "-c", "status", "-c", "status_reason").out.splitlines()
        assert status == "CREATE_FAILED"
        assert reason.startswith("missing: full-")
        networks = {network.id for network in clouds[0].network.networks(name="full")}
        assert len(networks) == 1, "what was made is kept"

    plan = bay.run("preview", "full", "-f", "json")
    assert {change["operation"] for change in plan.json} <= {"create", "replace"}, plan
    assert bay.run(*words).code == 0
    assert servers(clouds[0]) == dict.fromkeys(
        ["full-master-0", "full-node-0", "full-node-1", "full-node-2"], "ACTIVE"
    ), "servers that Nova took and could not make are made anew"
    assert {network.id for network in clouds[0].network.networks(name="full")} == networks
    assert bay.run("preview", "full").code == 0

    with instances(admin, clouds[0].current_project_id, 4):
        more = bay.run("scale", "full", "5")
        assert (more.code, more.error[1]) == (3, KEPT)
        assert bay.run("show", "full", "-f", "value", "-c", "status").out == "UPDATE_FAILED\n"
        assert bay.run("scale", "full", "3", "--yes").code == 0, "and back to what fits"
    assert bay.run("preview", "full").code == 0


def test_instead_delete_takes_back_what_was_made(bay: Bay, clouds: list[Connection], admin: Connection) -> None:
    with routers(admin, clouds[0].current_project_id, 0):
        result = bay.run("create", "full", "--model", "swarm")
        assert result.code == 3
        assert result.error == ("the project's quota is used up: Quota exceeded for resources: ['router']", KEPT)
        assert any(clouds[0].network.networks(name="full")), "what was made is kept"
        assert bay.run("delete", "full", "--yes").code == 0
    assert bay.names() == []
    # The fixture compares what both projects hold with what they held before.
