"""Resources that go one by one: what is still in use is tried again, with patience of its kind; what stays is named."""

from collections.abc import Iterable
from itertools import repeat

import pytest
from openstack.exceptions import BadRequestException, ConflictException, ForbiddenException

from bay.components.errors import BayError
from bay.stacks.cloud import cleanup
from bay.stacks.cloud.cleanup import CloudObject, delete_all, detach_floating_ip
from bay.stacks.cloud.kinds import kind_named
from bay.stacks.errors import Interrupted
from tests.fakes.openstack import FakeCloud
from tests.fakes.stack import Clock

VOLUME, BALANCER = CloudObject("volume", "v1", "pvc-1", "3 GiB"), CloudObject("load balancer", "lb1", "web")
ADDRESS, BACKUP = CloudObject("floating IP", "f1", "192.0.2.1"), CloudObject("backup", "b1", "nightly")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A minute passes between two rounds."""
    clock = Clock(60)
    monkeypatch.setattr(cleanup, "time", clock)
    return clock


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = FakeCloud()
    cloud.add("volume", "v1", name="pvc-1")
    cloud.add("backup", "b1", name="nightly")
    cloud.add("load_balancer", "lb1", name="web", tags=["mine", "kube_service_1"])
    cloud.add("ip", "f1", name="192.0.2.1", port_id="p1", description="bay:id=1", tags=["bay:id=1"])
    return cloud


def told(cloud: FakeCloud, clock: Clock, *found: CloudObject) -> list[tuple[str, str]]:
    """What is told while these are deleted."""
    said: list[tuple[str, str]] = []
    delete_all(cloud, found, lambda code, text: said.append((code, text)), clock)  # type: ignore[arg-type]
    return said


def busy(times: int) -> Iterable[Exception]:
    return repeat(ConflictException("immutable"), times)


def test_what_goes_is_told_first_and_nothing_of_nothing(cloud: FakeCloud, clock: Clock) -> None:
    assert told(cloud, clock, BALANCER, VOLUME) == [("deleting", "deleting load balancer web, volume pvc-1")]
    assert cloud.deeds[:2] == [
        "delete_load_balancer lb1 ignore_missing=False cascade=True",
        "delete_volume v1 ignore_missing=False",
    ]
    assert cloud.ids("volume") == cloud.ids("load_balancer") == []
    assert told(cloud, clock) == []


def test_what_is_gone_already_is_no_error(cloud: FakeCloud, clock: Clock) -> None:
    told(cloud, clock, CloudObject("port", "nobody", "x"))
    assert clock.seconds == 0


def test_a_load_balancer_that_octavia_still_makes_is_waited_for(cloud: FakeCloud, clock: Clock) -> None:
    cloud.on_delete("lb1", [*busy(8), None])
    told(cloud, clock, BALANCER)
    assert clock.seconds == 9 * 60


def test_what_stays_in_use_is_named_with_the_clouds_reason(cloud: FakeCloud, clock: Clock) -> None:
    cloud.on_delete("v1", repeat(BadRequestException("Volume status must be available")))
    with pytest.raises(BayError) as error:
        told(cloud, clock, VOLUME)
    assert error.value.message.startswith("not deleted, since something else uses it: volume pvc-1 (")
    assert "Volume status must be available" in error.value.message
    assert error.value.hint == "free it, then delete the bay again"
    assert clock.seconds == kind_named("volume").patience + 60


def test_what_a_service_calls_a_bad_request_is_only_patience_for_data(cloud: FakeCloud, clock: Clock) -> None:
    """Cinder says so of what is in use; of another service it is a mistake, and waiting would not help."""
    cloud.on_delete("f1", repeat(BadRequestException("what is this")))
    with pytest.raises(BayError, match=r"^deleting resources of the bay: .*what is this"):
        told(cloud, clock, ADDRESS)
    assert clock.seconds == 0


def test_a_backup_that_cinder_is_deleting_is_waited_for(cloud: FakeCloud, clock: Clock) -> None:
    cloud.on_delete("b1", [None, BadRequestException("Backup status must be available or error")])
    told(cloud, clock, BACKUP)
    assert cloud.ids("backup") == []


def test_patience_begins_anew_whenever_something_goes(cloud: FakeCloud, clock: Clock) -> None:
    cloud.on_delete("lb1", busy(8))
    cloud.on_delete("v1", busy(10))
    told(cloud, clock, BALANCER, VOLUME)
    assert clock.seconds == 10 * 60


def test_an_address_that_may_not_be_deleted_is_detached(cloud: FakeCloud, clock: Clock) -> None:
    cloud.on_delete("f1", [ForbiddenException("disallowed by policy")])
    said = told(cloud, clock, ADDRESS)
    assert said[-1] == (
        "kept",
        "floating IP 192.0.2.1 stays in the project, detached: this user may delete no floating IPs here",
    )
    (address,) = cloud.things["ip"]
    assert (address.port_id, address.description, address.tags) == (None, "", [])


def test_anything_else_that_may_not_be_deleted_is_an_error(cloud: FakeCloud, clock: Clock) -> None:
    cloud.on_delete("v1", [ForbiddenException("disallowed by policy")])
    with pytest.raises(BayError, match="disallowed by policy"):
        told(cloud, clock, VOLUME)


def test_of_a_shared_load_balancer_only_the_own_tag_goes(cloud: FakeCloud, clock: Clock) -> None:
    told(cloud, clock, CloudObject(cleanup.SHARED_TAG, "lb1", "kube_service_1"))
    assert [balancer.tags for balancer in cloud.things["load_balancer"]] == [["mine"]]


def test_who_cancels_does_not_wait_for_the_rest(cloud: FakeCloud, clock: Clock) -> None:
    cloud.on_delete("v1", repeat(ConflictException("in use")))
    clock.request()
    with pytest.raises(Interrupted):
        told(cloud, clock, VOLUME)


def test_a_detached_address_keeps_what_others_wrote_on_it(cloud: FakeCloud) -> None:
    detach_floating_ip(cloud, "f1", "of ada", ["lhc"])  # type: ignore[arg-type]
    (address,) = cloud.things["ip"]
    assert (address.port_id, address.description, address.tags) == (None, "of ada", ["lhc"])


def test_a_tag_waits_until_the_load_balancer_is_at_rest_and_needs_none_that_is_gone(
    cloud: FakeCloud, clock: Clock
) -> None:
    tag = CloudObject(cleanup.SHARED_TAG, "lb1", "kube_service_1")
    cloud.fail("update_load_balancer", busy(1))
    told(cloud, clock, tag)
    assert cloud.deeds[-1] == "update_load_balancer lb1 tags=['mine']"
    cloud.add("load_balancer", "lb1", name="web", tags=["kube_service_1"])
    told(cloud, clock, BALANCER, tag)
    assert cloud.ids("load_balancer") == []
