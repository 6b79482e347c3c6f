"""What a killed run was making: adopted where it is whole and known again, else deleted, and data never."""

import copy
import hashlib
from types import SimpleNamespace
from typing import Any

import pytest
from openstack import resource
from openstack.exceptions import ResourceFailure

from bay.components.errors import BayError
from bay.stacks.cloud import cleanup
from bay.stacks.operations import adopt, recovery
from bay.stacks.operations.adopt_match import LIKENESS
from bay.stacks.state import snapshot
from tests.fakes.states import NODE_URN, Deployment, complete
from tests.fakes.states import cut_off as cut_off_state

SERVER = SimpleNamespace(id="adopted", name="demo-node-0", status="ACTIVE")


def pending(inputs: dict[str, Any], kind: str, urn: str = "urn:pulumi:demo::bay::t::new") -> Deployment:
    """A state in which one resource was being made."""
    operation = {"type": "creating", "resource": {"urn": urn, "type": kind, "custom": True, "inputs": inputs}}
    return {"resources": [], "pending_operations": [operation]}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A cloud that waits for nothing; `has` of it are things with the mark."""

    def wait(_service: Any, thing: Any, value: str, wait: float, attribute: str) -> None:
        if getattr(thing, attribute) != value:
            raise ResourceFailure(wait)

    monkeypatch.setattr(resource, "wait_for_status", wait)
    cloud = SimpleNamespace(has=[], swept=[], compute=None, load_balancer=None, network=None, block_storage=None)
    monkeypatch.setattr(recovery, "everything", lambda *_: iter(cloud.has))
    monkeypatch.setattr(cleanup, "find", lambda _c, _b, _i, known: [t for _, t in cloud.has if t.id not in known])
    monkeypatch.setattr(cleanup, "sweep", lambda _c, found, _r: cloud.swept.extend(t.id for t in found))
    return cloud


def made_whole(cloud: Any, deployment: Deployment) -> tuple[Deployment, list[str]]:
    """(what the state is afterwards, what was said)."""
    imported: list[Any] = []
    said: list[str] = []

    def export(secrets: bool = False) -> Any:
        content = copy.deepcopy(deployment)
        for operation in content["pending_operations"] if secrets else ():
            operation["resource"]["inputs"]["userData"] = {"plaintext": '"#cloud-config"'}
        return SimpleNamespace(deployment=content)

    stack: Any = SimpleNamespace(export=export, import_=imported.append)
    recovery.reconcile_interrupted(
        stack, snapshot.StateSnapshot.from_deployment("demo", deployment), cloud, said.append
    )
    return imported[0].deployment, said


def test_a_server_that_runs_is_put_into_the_state_as_the_engine_would_have(cloud: Any) -> None:
    cloud.has = [("server", SERVER)]
    state, said = made_whole(cloud, cut_off_state())
    entry = next(r for r in state["resources"] if r["urn"] == NODE_URN)
    recorded = next(r for r in complete()["resources"] if r["urn"] == NODE_URN)
    assert entry["id"] == "adopted"
    assert entry["inputs"] == recorded["inputs"]
    assert entry["outputs"]["name"] == "demo-node-0"
    assert entry["outputs"]["userData"] == hashlib.sha1(b"#cloud-config").hexdigest()
    assert (entry["outputs"]["forceDelete"], entry["outputs"]["stopBeforeDestroy"]) == (False, False)
    assert entry["refreshBeforeUpdate"] is True, "the engine reads the rest before it compares"
    assert said == ["adopting server demo-node-0"]
    assert cloud.swept == []


def test_a_server_that_failed_is_deleted_to_be_made_anew(cloud: Any) -> None:
    cloud.has = [("server", SimpleNamespace(id="broken", name="demo-node-0", status="ERROR"))]
    state, _ = made_whole(cloud, cut_off_state())
    assert NODE_URN not in {r["urn"] for r in state["resources"]}
    assert cloud.swept == ["broken"]


def test_what_was_not_made_is_forgotten(cloud: Any) -> None:
    state, said = made_whole(cloud, cut_off_state())
    assert {r["urn"] for r in state["resources"]} == {r["urn"] for r in cut_off_state()["resources"]}
    assert said == []


def test_of_two_that_are_alike_one_is_adopted(cloud: Any) -> None:
    cloud.has = [("server", SERVER), ("server", SimpleNamespace(id="double", name="demo-node-0", status="ACTIVE"))]
    state, _ = made_whole(cloud, cut_off_state())
    assert [r["id"] for r in state["resources"] if r["urn"] == NODE_URN] == ["adopted"]
    assert cloud.swept == ["double"]


def test_a_server_that_no_run_explains_is_never_deleted(cloud: Any) -> None:
    cloud.has = [("server", SimpleNamespace(id="other", name="demo-node-7", status="ACTIVE"))]
    with pytest.raises(BayError, match="does not know: server demo-node-7"):
        made_whole(cloud, cut_off_state())
    assert cloud.swept == []


def test_what_the_engine_was_changing_is_read_again(cloud: Any) -> None:
    deployment = complete()
    node = next(r for r in deployment["resources"] if r["urn"] == NODE_URN)
    deployment["pending_operations"] = [{"type": "updating", "resource": copy.deepcopy(node)}]
    state, _ = made_whole(cloud, deployment)
    assert [r["urn"] for r in state["resources"] if r.get("refreshBeforeUpdate")] == [NODE_URN]


def test_what_was_made_while_its_answer_was_lost_is_read_again_and_not_changed(cloud: Any) -> None:
    deployment = complete()
    rule = next(r for r in deployment["resources"] if r["type"].startswith("openstack:networking"))
    rule["initErrors"] = ["connection error, retries exhausted"]
    deployment["pending_operations"] = []
    state, _ = made_whole(cloud, deployment)
    assert [r["urn"] for r in state["resources"] if r.get("refreshBeforeUpdate")] == [rule["urn"]]


def test_a_replacement_takes_the_place_of_what_is_gone() -> None:
    deployment = cut_off_state()
    old = next(r for r in complete()["resources"] if r["urn"] == NODE_URN)
    deployment["resources"].append({**old, "pendingReplacement": True})
    assert snapshot.StateSnapshot.from_deployment("demo", deployment).missing_servers == ["demo-node-0"], (
        "the old one is gone"
    )
    (adopted,) = adopt.match_pending(SimpleNamespace(compute=None), deployment, [("server", SERVER)])
    state = adopt.insert_adopted(deployment, [adopted], (), {})
    assert [r["id"] for r in state["resources"] if r["urn"] == NODE_URN] == ["adopted"]


def test_a_replacement_beside_what_still_lives_is_made_anew() -> None:
    deployment = cut_off_state()
    deployment["resources"].append(next(r for r in complete()["resources"] if r["urn"] == NODE_URN))
    assert adopt.match_pending(SimpleNamespace(compute=None), deployment, [("server", SERVER)]) == []


RULE = SimpleNamespace(
    id="rule",
    name=None,
    security_group_id="group",
    direction="ingress",
    ether_type="IPv4",
    protocol="tcp",
    port_range_min=22,
    port_range_max=22,
    remote_group_id=None,
    remote_ip_prefix="192.0.2.0/24",
)
RULE_INPUTS = {
    "securityGroupId": "group",
    "direction": "ingress",
    "ethertype": "IPv4",
    "protocol": "tcp",
    "portRangeMin": 22,
    "portRangeMax": 22,
    "remoteIpPrefix": "192.0.2.0/24",
}
LIKE = [
    ("networking/secGroupRule:SecGroupRule", RULE_INPUTS, RULE, {"port_range_max": 23}),
    (
        "networking/routerInterface:RouterInterface",
        {"routerId": "router", "subnetId": "subnet"},
        SimpleNamespace(id="port", device_id="router", fixed_ips=[{"subnet_id": "subnet"}], status="ACTIVE"),
        {"fixed_ips": [{"subnet_id": "other"}]},
    ),
    (
        "networking/floatingIp:FloatingIp",
        {"portId": "port"},
        SimpleNamespace(id="ip", name="198.18.0.7", port_id="port"),
        {"port_id": "other"},
    ),
    (
        "loadbalancer/pool:Pool",
        {"listenerId": "listener"},
        SimpleNamespace(id="pool", listeners=[{"id": "listener"}], provisioning_status="ACTIVE"),
        {"listeners": []},
    ),
]


@pytest.mark.parametrize(("kind", "inputs", "thing", "other"), LIKE, ids=[kind for kind, *_ in LIKE])
def test_what_has_no_name_is_known_by_what_it_belongs_to(
    cloud: Any, kind: str, inputs: dict[str, Any], thing: Any, other: dict[str, Any]
) -> None:
    token = f"openstack:{kind}"
    known_as = LIKENESS[token][0]
    state = pending(inputs, token)
    assert [one.id for one in adopt.match_pending(cloud, state, [(known_as, thing)])] == [thing.id]
    changed = SimpleNamespace(**{**vars(thing), **other})
    assert adopt.match_pending(cloud, state, [(known_as, changed)]) == []


@pytest.mark.parametrize(
    ("rules", "whole"), [([], True), ([{"description": "bay:id=1"}], True), ([{"description": None}], False)]
)
def test_a_group_that_still_has_neutrons_own_rules_is_made_anew(cloud: Any, rules: list[Any], whole: bool) -> None:
    state = pending({"name": "demo-node"}, "openstack:networking/secGroup:SecGroup")
    group = SimpleNamespace(id="group", name="demo-node", description="bay:id=1", security_group_rules=rules)
    assert bool(adopt.match_pending(cloud, state, [("security group", group)])) is whole


@pytest.mark.parametrize(("status", "whole"), [("available", True), ("in-use", True), ("error", False)])
def test_a_volume_is_whole_before_and_after_its_server_has_it(cloud: Any, status: str, whole: bool) -> None:
    state = pending({"name": "demo-master-0-state"}, "openstack:blockstorage/volume:Volume")
    volume = SimpleNamespace(id="volume", name="demo-master-0-state", status=status)
    assert bool(adopt.match_pending(cloud, state, [("volume", volume)])) is whole


def test_a_credential_is_never_adopted() -> None:
    assert "openstack:identity/applicationCredential:ApplicationCredential" not in LIKENESS, "its secret is lost"
