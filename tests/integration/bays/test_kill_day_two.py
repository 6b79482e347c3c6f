"""Operations on a bay that runs, killed before and after each request that replaces a server or changes a group."""

from collections.abc import Iterator

import pytest
from openstack.connection import Connection

from tests.integration.bays.campaign import Fates, expected, live
from tests.integration.bays.conftest import NewBay, NewRelay
from tests.integration.bays.harness import everywhere
from tests.integration.bays.kill_points import CREATE, DELETE, Life, Stage, around

pytestmark = [pytest.mark.sandbox, pytest.mark.long, pytest.mark.timeout(3600)]

NEWER = "debian-12-docker-28"
ANSWERED = ("--yes", "--no-wait")
REPLACED = (*around("delete", "Instance"), *around("create", "Instance"))

RENEWED = Life(
    "renewed",
    "Swarm of one master with its data on a volume; its group and its image are changed",
    (
        Stage("create", CREATE, ()),
        Stage(
            "create a group",
            ("group", "create", "NAME", "more", "--count", "1", *ANSWERED),
            around("create", "ServerGroup", "Instance"),
        ),
        Stage("set its flavor", ("group", "set", "NAME", "more", "--flavor", "m1.medium", *ANSWERED), ()),
        Stage("rebuild the group", ("rebuild", "NAME", "--group", "more", *ANSWERED), REPLACED),
        Stage(
            "upgrade",
            ("upgrade", "NAME", "--image", NEWER, *ANSWERED),
            REPLACED,
        ),
        Stage(
            "delete the group",
            ("group", "delete", "NAME", "more", "--yes"),
            around("delete", "Instance", "ServerGroup"),
        ),
        Stage("delete", DELETE, ()),
    ),
)


@pytest.fixture(scope="module")
def newer(clouds: list[Connection]) -> Iterator[None]:
    """An image with another Docker, of this project alone."""
    properties = {"os_distro": "debian", "docker_version": "28.0.1"}
    kind = {"container_format": "bare", "disk_format": "raw", "data": b"x" * 512}
    image = clouds[0].image.create_image(NEWER, allow_duplicates=True, **kind, **properties)
    yield
    clouds[0].image.delete_image(image.id)


@pytest.fixture(scope="module")
def fates(
    new_relay: NewRelay, new_shared_bay: NewBay, clouds: list[Connection], admin: Connection, newer: None
) -> Fates:
    """What became of each point; at the end no project of the cloud has more than it had."""
    user, before = new_shared_bay(), everywhere(admin, clouds)
    lived = live(user, new_relay(user), RENEWED, clouds[0], print)
    assert everywhere(admin, clouds) == before
    return lived


def test_each_operation_is_resumed_by_the_same_command(fates: Fates) -> None:
    assert fates.keys() == {(stage.title, point) for stage, point in RENEWED.points}
    assert [f"{stage}, {point}: {fate}" for (stage, point), fate in fates.items() if fate not in expected(point)] == []
