"""What bay knows of each kind of resource; a new kind is one entry, and everything that goes by kinds knows it."""

import sys
from typing import Any

import pytest
from openstack.block_storage.v3.quota_set import QuotaSet
from openstack.compute.v2.limits import AbsoluteLimits
from openstack.load_balancer.v2.quota import Quota as BalancerQuota
from openstack.network.v2.quota import QuotaDetails

from bay.stacks.cloud import kind_deletes as deletes
from bay.stacks.cloud import kind_matches as matches
from bay.stacks.cloud import kinds
from bay.stacks.cloud.cleanup import delete_all
from bay.stacks.cloud.discovery import CloudObject, list_owned, list_unrecorded
from bay.stacks.cloud.kinds import ACTIVE, KINDS, Quota, ResourceKind, kind_named, kind_of_token, kind_of_type
from bay.stacks.cloud.quotas import Limit, get_limits
from bay.stacks.operations.adopt import insert_adopted, match_pending
from bay.stacks.operations.drift import Drift
from bay.stacks.operations.drift_events import What
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import PROJECT, FakeCloud
from tests.fakes.stack import Clock
from tests.fakes.states import BAY_ID

TRUNK = ResourceKind(
    "trunk",
    "openstack:networking/trunk:Trunk",
    "network",
    lambda listing: listing.marked("trunks"),
    deletes.of("network", "delete_trunk"),
    ready=ACTIVE,
    matches=matches.by_name,
    quota=Quota("trunks", "trunks"),  # type: ignore[arg-type]
    unread_outputs={"forceDestroy": False},
)


@pytest.fixture
def trunk(monkeypatch: pytest.MonkeyPatch) -> ResourceKind:
    """A kind that bay learns: its entry, before the ports that it holds together."""
    before, known = kinds.KINDS, [*kinds.KINDS]
    known.insert(known.index(kind_named("port")), TRUNK)
    for module in [*sys.modules.values()]:
        if getattr(module, "KINDS", None) is before:
            monkeypatch.setattr(module, "KINDS", tuple(known))
    return TRUNK


@pytest.fixture
def cloud() -> FakeCloud:
    """With two trunks of the bay, one of which is still in creation, and a port."""
    cloud = FakeCloud()
    mark = {"description": f"bay:id={BAY_ID}"}
    cloud.add("trunk", "t1", name="demo-1", status="ACTIVE", **mark)
    cloud.becomes(cloud.add("trunk", "t2", name="demo-2", status="BUILD", **mark), status="ACTIVE")
    cloud.add("trunk", "t9", name="demo-1", status="ACTIVE")
    cloud.add("port", "p1", name="demo-1", **mark)
    return cloud


@pytest.mark.usefixtures("trunk")
def test_a_new_kind_is_listed_by_its_mark_before_what_it_uses(cloud: FakeCloud) -> None:
    found = list_owned(cloud, "demo", BAY_ID)  # type: ignore[arg-type]
    assert [(kind, thing.id) for kind, thing in found] == [("trunk", "t1"), ("trunk", "t2"), ("port", "p1")]


@pytest.mark.usefixtures("trunk")
def test_a_new_kind_is_counted_against_its_quota(cloud: FakeCloud) -> None:
    cloud.network_quota["trunks"] = {"used": 2, "limit": 3}
    limits = get_limits(cloud, PROJECT, ["trunks"], lambda *_: None)  # type: ignore[arg-type]
    assert limits["trunks"] == Limit(2, 3)
    assert cloud.journal[-1] == f"get_quota {PROJECT} details=True"


@pytest.mark.usefixtures("trunk")
def test_a_new_kind_is_waited_for_and_adopted(cloud: FakeCloud) -> None:
    inputs = {"name": "demo-2"}
    resource = {"urn": "urn:pulumi:demo::bay::t::demo-2", "type": TRUNK.token, "custom": True, "inputs": inputs}
    content = {"pending_operations": [{"type": "creating", "resource": resource}]}
    unknown = list_owned(cloud, "demo", BAY_ID)  # type: ignore[arg-type]
    adopted = match_pending(cloud, content, unknown)  # type: ignore[arg-type]
    assert [one.id for one in adopted] == ["t2"]
    (entry,) = insert_adopted(content, adopted, (), {})
    assert entry["outputs"] == {"name": "demo-2", "forceDestroy": False, "id": "t2"}


@pytest.mark.usefixtures("trunk")
def test_a_new_kind_is_swept(cloud: FakeCloud) -> None:
    said: list[str] = []
    found = list_unrecorded(cloud, "demo", BAY_ID, ["p1"])  # type: ignore[arg-type]
    delete_all(cloud, found, lambda _code, text: said.append(text), Clock())  # type: ignore[arg-type]
    assert said == ["deleting trunk demo-1, trunk demo-2"]
    assert cloud.ids("trunk") == ["t9"]


@pytest.mark.usefixtures("trunk")
def test_a_new_kind_is_called_as_the_state_calls_it_where_it_is_extra() -> None:
    drift = Drift(StateSnapshot("demo"), (), (CloudObject("trunk", "t1", "demo-1"),), {}, 1.0)
    (difference,) = drift.all_differences
    assert (difference.what, difference.text) == (What.EXTRA, "Trunk demo-1")
    assert kind_of_type("Trunk") is kind_of_token(TRUNK.token) is TRUNK


def test_before_its_entry_nobody_knows_it(cloud: FakeCloud) -> None:
    assert [kind for kind, _ in list_owned(cloud, "demo", BAY_ID)] == ["port"]  # type: ignore[arg-type]
    assert kind_of_token(TRUNK.token) is None


def test_every_kind_has_a_name_and_a_type_of_its_own() -> None:
    for kind in KINDS:
        assert kind_named(kind.name) is kind
        if kind.token:
            assert kind_of_token(kind.token) is kind_of_type(kind.type) is kind
    assert kind_of_token("") is None, "of what Pulumi never creates"


@pytest.mark.parametrize(
    ("name", "pulumis"),
    [("server", "Instance"), ("rule", "SecGroupRule"), ("load balancer", "LoadBalancer"), ("subnet", "Subnet")],
)
def test_a_kind_has_pulumis_type_in_short(name: str, pulumis: str) -> None:
    assert kind_named(name).type == pulumis


QUOTAS: dict[str, Any] = {
    "compute": AbsoluteLimits,
    "network": QuotaDetails,
    "block_storage": QuotaSet,
    "load_balancer": BalancerQuota,
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.quota], ids=lambda kind: kind.name)
def test_a_quota_is_called_as_openstacksdk_calls_it(kind: ResourceKind) -> None:
    assert kind.quota is not None
    assert hasattr(QUOTAS[kind.service], kind.quota.attribute)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.ready], ids=lambda kind: kind.name)
def test_what_says_that_a_resource_is_ready_is_a_field_of_it(kind: ResourceKind) -> None:
    """A field that openstacksdk does not know would be waited for in vain."""
    sdks = {"router interface": "port"}.get(kind.name, kind.name.replace(" ", "_"))
    thing = FakeCloud().add(sdks, "it")
    assert kind.ready is not None
    assert hasattr(thing, kind.ready.field)
