"""A hundred kill points over create, scale, update and delete, each type before and after its request."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from openstack.connection import Connection

from bay.stacks.cloud.kinds import KINDS
from tests.integration.bays import reliability
from tests.integration.bays.campaign import Fates, expected, live
from tests.integration.bays.conftest import NewBay, NewRelay
from tests.integration.bays.harness import everywhere
from tests.integration.bays.kill_points import CAMPAIGN, Life


@pytest.fixture(scope="module")
def lives(
    new_relay: NewRelay, new_shared_bay: NewBay, clouds: list[Connection], admin: Connection
) -> Iterator[dict[str, Future[Fates]]]:
    """Every bay's life, side by side; at the end no project of the cloud has more than it had.

    Then the page is written; not after a run that fails anywhere, or leaves something.
    """

    users = [new_shared_bay() for _ in CAMPAIGN]
    start, before = time.monotonic(), everywhere(admin, clouds)
    with ThreadPoolExecutor(len(CAMPAIGN)) as pool:
        futures = {
            life.name: pool.submit(live, user, new_relay(user), life, clouds[0], print)
            for life, user in zip(CAMPAIGN, users, strict=True)
        }
        yield futures
    if any(future.exception() for future in futures.values()):
        return
    assert everywhere(admin, clouds) == before
    if os.environ.get("UPDATE_GOLDEN"):
        fates = {name: future.result() for name, future in futures.items()}
        reliability.FILE.write_text(reliability.text(CAMPAIGN, fates, time.monotonic() - start))


@pytest.mark.sandbox
@pytest.mark.long
@pytest.mark.parametrize("life", CAMPAIGN, ids=lambda life: life.name)
def test_a_bay_that_is_killed_at_every_step_loses_doubles_and_leaves_nothing(
    life: Life, lives: dict[str, Future[Fates]]
) -> None:
    fates = lives[life.name].result()
    assert fates.keys() == {(stage.title, point) for stage, point in life.points}
    assert [f"{point}: {fate}" for (_, point), fate in fates.items() if fate not in expected(point)] == []
    # When the last one has ended, the fixture compares what the cloud holds with what it held before.


def test_there_are_a_hundred_points() -> None:
    assert sum(1 for life in CAMPAIGN for _ in life.points) == 100


def test_every_type_that_a_bay_has_is_killed_before_and_after_it_is_made_and_deleted() -> None:
    points = Counter(
        (*point.request, point.when) for life in CAMPAIGN for _, point in life.points if point.victim == "all"
    )
    kinds = {kind.type for kind in KINDS if kind.matches} | {"ApplicationCredential"}
    wanted = {(deed, kind, when) for deed in ("create", "delete") for kind in kinds for when in ("before", "after")}
    assert wanted <= points.keys()


def test_the_page_has_the_points_of_the_campaign() -> None:
    assert reliability.rows(reliability.FILE.read_text()) == reliability.expected(CAMPAIGN)
