"""A server that Nova took and then could not make: known, missing, and deleted before the next run."""

from types import SimpleNamespace
from typing import Any

import pytest

from bay.cli import leftovers, lifecycle, record

from .states import NODE_URN, complete

NODE_ID = next(r["id"] for r in complete()["resources"] if r["urn"] == NODE_URN)


def half_made() -> dict[str, Any]:
    """The complete bay, but Nova ran out of quota for its node."""
    deployment = complete()
    node = next(r for r in deployment["resources"] if r["urn"] == NODE_URN)
    node["initErrors"] = ["Error waiting for instance to become ready: unexpected state 'ERROR'"]
    return deployment


def test_it_is_missing_though_the_state_has_it() -> None:
    found = record.read("demo", half_made())
    assert found.missing == ["demo-node-0"]
    assert [node.id for node in found.half_made] == [NODE_ID]
    assert record.read("demo", complete()).half_made == ()


def test_it_goes_from_cloud_and_state_and_everything_else_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[frozenset[str]] = []
    monkeypatch.setattr(leftovers, "find", lambda _cloud, _bay, _id, ids: known.append(ids) or [])
    monkeypatch.setattr(leftovers, "sweep", lambda *_: None)
    imported: list[Any] = []
    stack: Any = SimpleNamespace(export=lambda: SimpleNamespace(deployment=half_made()), import_=imported.append)
    found = record.read("demo", half_made())
    lifecycle._settle(stack, found, SimpleNamespace(), print)  # type: ignore[arg-type]
    assert known == [found.ids - {NODE_ID}], "what the state is not said to know is swept by its mark"
    before = {r["urn"] for r in half_made()["resources"]}
    assert {r["urn"] for r in imported[0].deployment["resources"]} == before - {NODE_URN}
