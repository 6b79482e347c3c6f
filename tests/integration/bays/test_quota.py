"""Quotas: what does not fit is refused before anything is made; one that shrinks meanwhile ends in the middle."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from openstack.connection import Connection

from bay.components.engines import ENGINES
from bay.components.openstack.resolve import resolve
from bay.components.quota_demand import Resource, total
from bay.components.spec.merge import build_spec
from bay.stacks.cloud import quotas
from tests.integration.bays.harness import Bay, Inventory

pytestmark = pytest.mark.sandbox

KEPT = "resources created so far are kept: free some quota and run the same command again, or 'bay delete full'"
THREE_NODES = ("full", "--model", "swarm", "--nodes", "3")


@contextmanager
def instances(admin: Connection, project: str, limit: int) -> Iterator[None]:
    """Limit the servers of a project."""
    before = admin.compute.get_quota_set(project).instances
    admin.compute.update_quota_set(project, instances=limit, force=True)  # also below what is used
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


def table(text: str) -> dict[str, tuple[int, int, int]]:
    """Resource -> needed, used, limit: the rows of the table that a person sees."""
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in text.splitlines() if line[:1] == "│"]
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows if row[0] != "resource"}


def used(cloud: Connection) -> dict[str, int]:
    """Resource -> how much the project uses, as the services say."""
    found = quotas.get_limits(cloud, cloud.current_project_id, list(Resource), lambda *_: None)
    return {resource: limit.used for resource, limit in found.items()}


def test_what_does_not_fit_is_refused_and_nothing_is_made(
    bay: Bay, clouds: list[Connection], admin: Connection, holdings: Callable[[], Inventory]
) -> None:
    before = holdings()
    project = clouds[0].current_project_id
    with instances(admin, project, 2), routers(admin, project, 0):
        result = bay.run("create", *THREE_NODES)
        assert result.code == 3
        assert result.out == ""
        assert table(result.err) == {"instances": (4, 0, 2), "routers": (1, 0, 0)}
        assert result.error == (
            "bay full does not fit the project's quotas: instances (by 2), routers (by 1)",
            "ask for less, free some, or have the quotas raised to instances 4, routers 1; 'openstack quota show' has "
            "all of them",
        )
        assert bay.names() == []
        assert holdings() == before
        dry = bay.run("create", *THREE_NODES, "--dry-run")
        assert (dry.code, table(dry.err)["instances"], dry.error) == (3, (4, 0, 2), result.error)


def test_a_preview_shows_plan_and_table_and_says_whether_it_fits(
    bay: Bay, clouds: list[Connection], admin: Connection
) -> None:
    fits = bay.run("preview", *THREE_NODES)
    assert fits.code == 2
    assert table(fits.err)["members of server group full-node"] == (3, 0, 100)
    with instances(admin, clouds[0].current_project_id, 3):
        over = bay.run("preview", *THREE_NODES, "-f", "json")
        assert over.code == 3
        assert {change["operation"] for change in over.json["changes"]} == {"create"}, "one document, the plan"
        assert over.error[0] == "bay full does not fit the project's quotas: instances (by 1)"
        report = bay.run("preview", *THREE_NODES, "-f", "markdown")
        assert report.code == 3
        assert "| instances | 4 | 0 | 3 |\n" in report.out, "a reviewer reads both"


@pytest.mark.filterwarnings("ignore:The field 'maxPersonality")  # openstacksdk warns of what Nova answers
def test_a_bay_takes_what_was_counted(bay: Bay, clouds: list[Connection]) -> None:
    cloud = clouds[0]
    values = {
        "endpoint": {"kind": "load-balancer"},
        "masters": {"state_volume": 5},
        "nodes": {"count": 1, "flavor": "m1.medium", "engine_volume": 20},
    }
    spec = build_spec([{"model": "swarm"}, values])
    counted = total("full", spec, resolve(spec, cloud), ENGINES["swarm"])
    before = used(cloud)
    bay.make(
        "full",
        *("--nodes", "1", "--set", "endpoint.kind=load-balancer", "--set", "masters.state_volume=5"),
        *("--set", "nodes.flavor=m1.medium", "--set", "nodes.engine_volume=20"),
    )
    after = used(cloud)
    taken = {resource: after[resource] - before.get(resource, 0) for resource in after}
    # A cloud whose network has no port for DHCP, as the sandbox's, takes one less.
    (network,) = cloud.network.networks(name="full")
    if not any(cloud.network.ports(network_id=network.id, device_owner="network:dhcp")):
        taken[Resource.PORTS] += 1
    compared = [resource for resource in Resource if resource is not Resource.GROUP_MEMBERS]
    assert {r: taken[r] for r in compared} == {r: counted[r] for r in compared}
    (listed,) = bay.run("list", "--usage", "-f", "json").json
    assert {field: listed[field] for field in listed if field not in ("coe", "status")} == {
        "name": "full",
        "servers": 2,
        "cores": 3,
        "ram_mib": 2048 + 4096,
        "volumes": 2,
        "volumes_gib": 25,
    }


def test_with_more_quota_create_goes_on(bay: Bay, clouds: list[Connection], admin: Connection) -> None:
    project = clouds[0].current_project_id
    run = bay.start("create", *THREE_NODES)
    run.until(lambda: any(clouds[0].network.networks(name="full")))
    with instances(admin, project, 2):  # after it was compared, before a server is made
        result = run.wait()
        assert result.code == 3
        assert result.error[0].startswith("the project's quota is used up: Quota exceeded for instances: Requested 1")
        assert result.error[1] == KEPT
        status, reason = bay.run("show", "full", "-f", "value", "-c", "status", "-c", "status_reason").out.splitlines()
        assert status == "CREATE_FAILED"
        assert reason.startswith("missing: full-")
        networks = {network.id for network in clouds[0].network.networks(name="full")}
        assert len(networks) == 1, "what was made is kept"

    with instances(admin, project, 4), routers(admin, project, 1):  # no more than the bay needs in all
        plan = bay.run("preview", "full", "-f", "json")
        assert plan.code == 2
        assert {change["operation"] for change in plan.json["changes"]} <= {"create", "replace"}, plan
        again = bay.run("create", *THREE_NODES)
        assert again.code == 0, again
    assert servers(clouds[0]) == dict.fromkeys(
        ["full-master-0", "full-node-0", "full-node-1", "full-node-2"], "ACTIVE"
    ), "servers that Nova took and could not make are made anew"
    assert {network.id for network in clouds[0].network.networks(name="full")} == networks
    assert bay.run("preview", "full").code == 0

    with instances(admin, project, 4):
        more = bay.run("scale", "full", "5")
        assert (more.code, table(more.err)) == (3, {"instances": (2, 4, 4)})
        larger = bay.run("update", "full", "--set", "nodes.count=4")
        assert (larger.code, table(larger.err)) == (3, {"instances": (1, 4, 4)})
        assert bay.run("preview", "full").code == 0, "nothing was changed"
        assert bay.run("show", "full", "-f", "value", "-c", "status").out.endswith("_COMPLETE\n")
    with instances(admin, project, 1):
        assert bay.run("scale", "full", "2", "--yes").code == 0, "less always fits"


def test_instead_delete_takes_back_what_was_made(bay: Bay, clouds: list[Connection], admin: Connection) -> None:
    run = bay.start("create", "full", "--model", "swarm")
    run.until(lambda: any(clouds[0].network.networks(name="full")))
    with instances(admin, clouds[0].current_project_id, 0):
        result = run.wait()
        assert result.code == 3
        assert result.error[0].startswith("the project's quota is used up: Quota exceeded for instances")
        assert result.error[1] == KEPT
        assert any(clouds[0].network.networks(name="full")), "what was made is kept"
        assert bay.run("delete", "full", "--yes").code == 0
    assert bay.names() == []
    # The fixture compares what both projects hold with what they held before.
