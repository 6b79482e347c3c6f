"""What the state alone says of a bay: complete, cut off, hardly begun."""

import json
from pathlib import Path
from typing import Any

import pytest

from bay.components.distribution import installed_version
from bay.stacks.errors import UntrustedState
from bay.stacks.state.snapshot import IDENTITY_TYPE, RecordedServer, StateSnapshot, read_snapshot
from tests.fakes.messages import told
from tests.fakes.states import BAY_ID, NODE_URN, complete, cut_off, failed, with_nodes
from tests.paths import RECORDED


def test_a_complete_bay_is_known_from_its_state() -> None:
    record = StateSnapshot.from_deployment("demo", complete())
    assert record.is_complete
    assert (record.bay_id, record.managed_by, record.interrupted_operations) == (BAY_ID, "cli", ())
    assert record.cloud == {
        "auth_url": "https://cloud.example:5000",
        "project_id": "1" * 32,
        "region": "RegionOne",
    }
    assert record.spec is not None
    assert (record.spec.model, record.spec.nodes.count) == ("swarm", 1)
    assert (record.missing_servers, record.surplus_servers) == ([], [])
    assert record.salt == "v1:salt:v1:check"
    assert record.outputs["api_address"] == "203.0.113.121:2376"


def test_masters_come_first_with_the_addresses_of_their_ports() -> None:
    assert StateSnapshot.from_deployment("demo", complete()).servers == (
        RecordedServer("demo-master-0", "master", "master", "10.80.3.64", "00000000-0000-4000-8000-0000000000d0"),
        RecordedServer("demo-node-0", "node", "node", "10.80.1.10", "00000000-0000-4000-8000-0000000000c0"),
    )


def test_the_ids_of_everything_that_the_state_owns_are_known() -> None:
    assert {i[-2:] for i in StateSnapshot.from_deployment("demo", complete()).ids} == {"0a", "b0", "c0", "d0"}


def test_a_bay_that_was_cut_off_says_on_what() -> None:
    record = StateSnapshot.from_deployment("demo", cut_off())
    assert not record.is_complete
    assert record.interrupted_operations == ("creating Instance demo-node-0",)
    assert record.missing_servers == ["demo-node-0"]
    assert record.bay_id == BAY_ID
    assert record.spec is not None, "any machine can go on with it"
    assert [node.name for node in record.servers] == ["demo-master-0"]


@pytest.mark.parametrize(
    "deployment", [None, {}, {"resources": None}, {"manifest": {}, "resources": [], "pending_operations": None}]
)
def test_a_stack_in_which_nothing_was_begun_is_an_empty_record(deployment: dict[str, Any] | None) -> None:
    record = StateSnapshot.from_deployment("demo", deployment)
    assert record == StateSnapshot("demo")
    assert (record.is_complete, record.missing_servers, record.surplus_servers) == (False, [], [])


def test_servers_that_the_spec_asks_for_and_the_state_has_not_are_missing() -> None:
    record = StateSnapshot.from_deployment("demo", with_nodes(3))
    assert (record.missing_servers, record.surplus_servers) == (["demo-node-1", "demo-node-2"], [])


def test_servers_that_the_state_has_and_the_spec_does_not_ask_for_are_surplus() -> None:
    record = StateSnapshot.from_deployment("demo", with_nodes(1, removed=[0]))
    assert (record.missing_servers, record.surplus_servers) == (["demo-node-1"], ["demo-node-0"])


def test_a_bay_whose_spec_is_gone_first_still_shows_its_servers() -> None:
    deployment = complete()
    deployment["resources"] = [r for r in deployment["resources"] if r["type"] != "bay:index:Bay"]
    record = StateSnapshot.from_deployment("demo", deployment)
    assert record.spec is None
    assert record.surplus_servers == ["demo-master-0", "demo-node-0"]


def test_a_server_that_is_only_still_to_be_deleted_is_none_of_the_bays_nodes() -> None:
    deployment = complete()
    old = {**next(r for r in deployment["resources"] if r["urn"].endswith("demo-node-0")), "delete": True}
    deployment["resources"].append(old)
    assert len(StateSnapshot.from_deployment("demo", deployment).servers) == 2


def test_nodes_are_sorted_by_number() -> None:
    deployment = complete()
    node = next(r for r in deployment["resources"] if r["urn"].endswith("demo-node-0"))
    for index in (10, 2):
        named = {**node["inputs"], "name": f"demo-node-{index}"}
        deployment["resources"].append({**node, "urn": node["urn"][:-1] + str(index), "inputs": named})
    assert [
        node.index for node in StateSnapshot.from_deployment("demo", deployment).servers if node.role == "node"
    ] == [0, 2, 10]


def test_the_state_is_of_a_time_in_utc_wherever_it_was_written() -> None:
    found = StateSnapshot.from_deployment("demo", {"manifest": {"time": "2026-11-30T01:53:57.440556715+01:00"}})
    assert f"{found.changed_at:%H:%M:%S %Z}" == "00:53:57 UTC"


def test_a_server_that_nova_could_not_build_is_missing_though_the_state_has_it() -> None:
    found = StateSnapshot.from_deployment("demo", failed())
    node = next(r["id"] for r in complete()["resources"] if r["urn"] == NODE_URN)
    assert found.missing_servers == ["demo-node-0"]
    assert [server.id for server in found.failed_servers] == [node]
    assert StateSnapshot.from_deployment("demo", complete()).failed_servers == ()


def test_what_the_state_has_in_the_cloud_is_known_by_kind_and_name() -> None:
    node, created = ("Instance", "demo-node-0"), StateSnapshot.from_deployment("demo", complete()).created
    assert node in created
    assert ("Port", "demo-master-0") in created
    assert node not in StateSnapshot.from_deployment("demo", cut_off()).created
    assert ("Bay", "demo") not in created, "a component is nothing in the cloud"


def test_a_bay_that_was_never_begun_has_no_spec() -> None:
    assert told(lambda: StateSnapshot("demo").require_spec()) == (
        "bay demo has no spec yet; its creation never started",
        "'bay create demo' creates it",
        1,
    )
    state = StateSnapshot.from_deployment("demo", complete())
    assert state.require_spec() == state.spec


def test_an_interrupted_run_is_told_in_a_line() -> None:
    interrupted = StateSnapshot.from_deployment("demo", cut_off())
    assert interrupted.interrupted_text == "the previous run was interrupted while creating Instance demo-node-0"
    assert StateSnapshot("demo").interrupted_text == ""


def test_a_spec_that_this_version_cannot_read_is_an_error_with_a_way_out() -> None:
    deployment = complete()
    next(r for r in deployment["resources"] if r["type"] == "bay:index:Bay")["inputs"]["spec"]["later"] = 1
    message, hint, _ = told(lambda: StateSnapshot.from_deployment("demo", deployment))
    assert message.startswith("bay demo was created by another version of bay: later")
    assert hint == "use the version that changed it last"


def test_a_spec_of_a_later_schema_names_the_release_that_reads_it() -> None:
    deployment = complete()
    spec = next(r for r in deployment["resources"] if r["type"] == "bay:index:Bay")["inputs"]["spec"]
    spec |= {"schema": {"number": 99.0, "release": "7.1.0"}, "later": 1}
    message, hint, _ = told(lambda: StateSnapshot.from_deployment("demo", deployment))
    assert message.startswith("bay demo was changed by a later release of bay: its spec is of schema 99")
    assert hint == "use bay 7.1.0, or a later one"


RELEASES = sorted(RECORDED.glob("bay-*.json"))


@pytest.mark.parametrize("recording", RELEASES, ids=lambda file: file.stem)
def test_a_state_of_every_release_is_read(recording: Path) -> None:
    """A release that breaks it needs a migration (`bay.components.spec.stored`), never a new recording."""
    state = StateSnapshot.from_deployment("old", json.loads(recording.read_text())["deployment"])
    spec = state.require_spec()
    assert (spec.model, spec.coe, state.managed_by) == ("swarm", "swarm", "cli")


def test_there_is_a_state_of_this_release() -> None:
    assert f"bay-{installed_version()}" in [file.stem for file in RELEASES]


@pytest.mark.parametrize(
    "damage",
    [
        {"manifest": {"time": "yesterday"}},
        {"secrets_providers": "x"},
        {"resources": [{}]},
        {"resources": [{"type": "bay:index:Bay", "urn": "u", "inputs": {}}]},
        {"resources": [{"type": "openstack:compute/instance:Instance", "urn": "u", "inputs": {"networks": [1]}}]},
    ],
)
def test_a_state_with_values_of_other_kinds_is_an_error(damage: dict[str, Any]) -> None:
    with pytest.raises(UntrustedState, match=r"^the state of bay demo is damaged"):
        read_snapshot("demo", complete() | damage)


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00Z", "soon", 7, {"a": 1}])
@pytest.mark.parametrize("field", ["made_at", "authority_ends"])
def test_a_moment_that_is_none_is_an_error(field: str, moment: Any) -> None:
    deployment = complete()
    identity = next(one for one in deployment["resources"] if one["type"] == IDENTITY_TYPE)
    identity["outputs"][field] = moment
    with pytest.raises(UntrustedState, match=r"^the state of bay demo is damaged"):
        read_snapshot("demo", deployment)
