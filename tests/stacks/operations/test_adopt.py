"""What an interrupted run was creating: adopted where it is complete, as Pulumi would have written it later."""

import hashlib
from collections.abc import Iterable
from typing import Any

import pytest

from bay.stacks.cloud.kinds import kind_named
from bay.stacks.operations import adopt
from bay.stacks.operations.adopt import AdoptedResource
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.openstack import FakeCloud
from tests.fakes.states import NODE_URN, Deployment, complete, cut_off


def pending(inputs: dict[str, Any], kind: str, urn: str = "urn:pulumi:demo::bay::t::new") -> Deployment:
    """A state in which one resource was being created."""
    resource = {"urn": urn, "type": kind_named(kind).token, "custom": True, "inputs": inputs}
    return {"resources": [], "pending_operations": [{"type": "creating", "resource": resource}]}


def matched(cloud: FakeCloud, content: Deployment, *things: tuple[str, Any]) -> list[AdoptedResource]:
    return adopt.match_pending(cloud, content, things)  # type: ignore[arg-type]


def server(cloud: FakeCloud, **fields: Any) -> tuple[str, Any]:
    return "server", cloud.add("server", "adopted", **{"name": "demo-node-0", "status": "ACTIVE", **fields})


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def node_of(deployment: Deployment) -> dict[str, Any]:
    return next(r for r in deployment["resources"] if r["urn"] == NODE_URN)


def ids(entries: Iterable[dict[str, Any]]) -> list[str]:
    return [entry["id"] for entry in entries if entry["urn"] == NODE_URN]


def test_an_adopted_resource_is_written_as_pulumi_would_have(cloud: FakeCloud) -> None:
    content = cut_off()
    adopted = matched(cloud, content, server(cloud))
    entries = adopt.insert_adopted(content, adopted, (), {NODE_URN: "#cloud-config"})
    (entry,) = [one for one in entries if one["urn"] == NODE_URN]
    assert entry["id"] == entry["outputs"]["id"] == "adopted"
    assert entry["inputs"] == node_of(complete())["inputs"]
    assert entry["outputs"]["userData"] == hashlib.sha1(b"#cloud-config").hexdigest()
    assert (entry["outputs"]["forceDelete"], entry["outputs"]["stopBeforeDestroy"]) == (False, False)
    assert entry["refreshBeforeUpdate"] is True, "Pulumi reads the rest before it compares"


def test_notes_of_defaults_are_no_outputs(cloud: FakeCloud) -> None:
    content = pending({"name": "x", "__defaults": ["a"], "list": [{"__defaults": [], "b": 1}]}, "network")
    adopted = matched(cloud, content, ("network", cloud.add("network", "n", name="x")))
    (entry,) = adopt.insert_adopted(content, adopted, (), {})
    assert entry["outputs"] == {"name": "x", "list": [{"b": 1}], "id": "n"}


def test_a_replacement_takes_the_place_of_what_is_gone(cloud: FakeCloud) -> None:
    deployment = cut_off()
    deployment["resources"].append({**node_of(complete()), "pendingReplacement": True})
    assert StateSnapshot.from_deployment("demo", deployment).missing_servers == ["demo-node-0"], "the old one is gone"
    (adopted,) = matched(cloud, deployment, server(cloud))
    assert ids(adopt.insert_adopted(deployment, [adopted], (), {})) == ["adopted"]


def test_a_replacement_beside_what_still_lives_is_created_again(cloud: FakeCloud) -> None:
    deployment = cut_off()
    deployment["resources"].append(node_of(complete()))
    assert matched(cloud, deployment, server(cloud)) == []


@pytest.mark.parametrize(
    ("rules", "is_complete"), [([], True), ([{"description": "bay:id=1"}], True), ([{"description": None}], False)]
)
def test_a_group_that_still_has_neutrons_own_rules_is_created_again(
    cloud: FakeCloud, rules: list[Any], is_complete: bool
) -> None:
    content = pending({"name": "demo-node"}, "security group")
    group = cloud.add("security_group", "g", name="demo-node", description="bay:id=1", security_group_rules=rules)
    assert bool(matched(cloud, content, ("security group", group))) is is_complete


@pytest.mark.parametrize(("status", "is_complete"), [("available", True), ("in-use", True), ("error", False)])
def test_a_volume_is_complete_before_and_after_its_server_has_it(
    cloud: FakeCloud, status: str, is_complete: bool
) -> None:
    content = pending({"name": "demo-master-0-state"}, "volume")
    volume = cloud.add("volume", "v", name="demo-master-0-state", status=status)
    assert bool(matched(cloud, content, ("volume", volume))) is is_complete


@pytest.mark.parametrize(("then", "adopted"), [("ACTIVE", ["adopted"]), ("ERROR", [])])
def test_what_is_still_in_creation_is_waited_for(cloud: FakeCloud, then: str, adopted: list[str]) -> None:
    building = server(cloud, status="BUILD")
    cloud.becomes(building[1], status=then)
    assert [one.id for one in matched(cloud, cut_off(), building)] == adopted


def test_what_takes_too_long_is_created_again(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adopt, "PATIENCE", 0.01)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    assert matched(cloud, cut_off(), server(cloud, status="BUILD")) == []


def test_a_credential_is_never_adopted(cloud: FakeCloud) -> None:
    content = pending({"name": "demo"}, "application credential")
    login = cloud.add("application_credential", "a", name="demo")
    assert matched(cloud, content, ("application credential", login)) == [], "its secret is lost"


def test_user_data_is_found_where_it_is_in_the_clear(cloud: FakeCloud) -> None:
    content = cut_off()
    inputs = content["pending_operations"][0]["resource"]["inputs"]
    inputs["userData"] = {"plaintext": '"#cloud-config"'}
    assert adopt.user_data(content) == {NODE_URN: "#cloud-config"}
    inputs["userData"] = "#plain"
    assert adopt.user_data(content) == {NODE_URN: "#plain"}
