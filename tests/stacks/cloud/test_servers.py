"""A server that Nova took and then could not make: known, missing, and deleted before the next run."""

from types import SimpleNamespace
from typing import Any

import pytest

from bay.stacks.cloud import cleanup
from bay.stacks.cloud.servers import never_launched
from bay.stacks.operations import recovery
from bay.stacks.state import snapshot
from tests.fakes.states import NODE_URN, complete

NODE_ID = next(r["id"] for r in complete()["resources"] if r["urn"] == NODE_URN)


def half_made() -> dict[str, Any]:
    """The complete bay, but Nova ran out of quota for its node."""
    deployment = complete()
    node = next(r for r in deployment["resources"] if r["urn"] == NODE_URN)
    node["initErrors"] = ["Error waiting for instance to become ready: unexpected state 'ERROR'"]
    return deployment


def cloud_with(**server: Any) -> Any:
    """A cloud whose servers are all like this one."""
    return SimpleNamespace(compute=SimpleNamespace(find_server=lambda _id, ignore_missing: SimpleNamespace(**server)))


def test_it_is_missing_though_the_state_has_it() -> None:
    found = snapshot.StateSnapshot.from_deployment("demo", half_made())
    assert found.missing_servers == ["demo-node-0"]
    assert [node.id for node in found.failed_servers] == [NODE_ID]
    assert snapshot.StateSnapshot.from_deployment("demo", complete()).failed_servers == ()


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    """What each search for leftovers is told not to touch; the cloud has nothing else with the mark."""
    told: list[frozenset[str]] = []
    monkeypatch.setattr(cleanup, "find", lambda _cloud, _bay, _id, ids: told.append(ids) or [])
    monkeypatch.setattr(cleanup, "sweep", lambda *_: None)
    monkeypatch.setattr(recovery, "everything", lambda *_: iter(()))
    return told


def urns_after(cloud: Any) -> set[str]:
    """What the state has after the next change has made it whole."""
    imported: list[Any] = []
    stack: Any = SimpleNamespace(export=lambda: SimpleNamespace(deployment=half_made()), import_=imported.append)
    recovery.reconcile_interrupted(stack, snapshot.StateSnapshot.from_deployment("demo", half_made()), cloud, print)
    return {r["urn"] for deployment in imported for r in deployment.deployment["resources"]}


def test_it_goes_from_cloud_and_state_and_everything_else_stays(known: list[frozenset[str]]) -> None:
    left = urns_after(cloud_with(launched_at=None))
    assert left == {r["urn"] for r in half_made()["resources"]} - {NODE_URN}
    ids = snapshot.StateSnapshot.from_deployment("demo", half_made()).ids
    assert known == [ids - {NODE_ID}], "what the state is not said to know is swept by its mark"


def test_a_server_that_once_ran_is_kept_whatever_failed_later(known: list[frozenset[str]]) -> None:
    left = urns_after(cloud_with(launched_at="2026-01-02T03:04:05.000000"))
    assert left == {r["urn"] for r in half_made()["resources"]}
    assert known == [snapshot.StateSnapshot.from_deployment("demo", half_made()).ids]


def test_a_server_that_nova_does_not_know_is_made_anew() -> None:
    nothing: Any = SimpleNamespace(compute=SimpleNamespace(find_server=lambda _id, ignore_missing: None))
    found = snapshot.StateSnapshot.from_deployment("demo", half_made())
    assert never_launched(found, nothing) == found.failed_servers
