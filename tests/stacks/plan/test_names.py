"""Names beside the ids of a plan."""

import pytest
from openstack import exceptions

from bay.components.openstack.resolve import resolve
from bay.components.spec.merge import build_spec
from bay.stacks.plan.names import location, resolved_names, with_names
from bay.stacks.plan.types import Change, Diff, Group
from tests.fakes.openstack import AUTH_URL, PROJECT, REGION, FakeCloud, ordinary_cloud


def resized(*diffs: Diff) -> list[Change]:
    return [Change("resize", Group.NODES, "Instance", "demo-node-0", diffs)]


def named(cloud: FakeCloud, *diffs: Diff) -> tuple[Diff, ...]:
    (change,) = with_names(cloud, resized(*diffs))  # type: ignore[arg-type]
    return change.diffs


def test_flavors_and_images_have_names_beside_their_ids() -> None:
    assert named(
        ordinary_cloud(),
        Diff("flavorId", "id-m1.small", "id-m1.medium"),
        Diff("imageId", "gone", "id-debian-12-docker"),
        Diff("name", "id-m1.small", "b"),
    ) == (
        Diff("flavorId", "m1.small (id-m1.small)", "m1.medium (id-m1.medium)"),
        Diff("imageId", "gone", "debian-12-docker (id-debian-12-docker)"),
        Diff("name", "id-m1.small", "b"),
    )


def test_where_no_id_changes_nobody_is_asked() -> None:
    cloud = ordinary_cloud()
    assert named(cloud, Diff("name", "a", "b")) == (Diff("name", "a", "b"),)
    assert cloud.journal == []


def test_a_cloud_that_does_not_say_leaves_the_ids() -> None:
    cloud = ordinary_cloud()
    cloud.fail("flavors", [exceptions.ForbiddenException()])
    assert named(cloud, Diff("flavorId", "a", "b")) == (Diff("flavorId", "a", "b"),)


def test_a_plan_says_where_it_is_of_and_what_its_names_mean() -> None:
    cloud = ordinary_cloud()
    found = resolve(build_spec([{"model": "swarm"}]), cloud)  # type: ignore[arg-type]
    where = location(cloud, found)  # type: ignore[arg-type]
    assert (where.auth_url, where.region) == (AUTH_URL, REGION)
    assert (where.project_id, where.project_name) == (PROJECT, "physics")
    assert [(one.kind, one.name, one.id) for one in resolved_names(found)] == [
        ("image", "debian-12-docker", "id-debian-12-docker"),
        ("flavor", "m1.small", "id-m1.small"),
        ("external network", "public", "id-public"),
    ]


@pytest.mark.parametrize(("cores", "details"), [(4, "4 cores, 8192 MiB of RAM, 80 GiB of disk")])
def test_a_flavor_is_told_in_numbers(cores: int, details: str) -> None:
    found = resolve(build_spec([{"model": "swarm", "nodes": {"flavor": "m1.large"}}]), ordinary_cloud())  # type: ignore[arg-type]
    assert details in [one.details for one in resolved_names(found)]
