"""Rows that `bay show`, `list`, `node list` and `list --usage` print of a bay."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bay.cli.console.columns import BAY_FIELDS, LIST_COLUMNS, LONG_NODE_COLUMNS, USAGE_COLUMNS
from bay.cli.console.rows import (
    bay_row,
    list_row,
    node_rows,
    sums,
    with_usage,
)
from bay.components.openstack.login import Login
from bay.stacks import bays
from bay.stacks.bays import Bays, Description, Servers
from bay.stacks.cluster.health import NOT_ASKED, Health
from bay.stacks.settings import Settings
from bay.stacks.state import lock
from bay.stacks.state.snapshot import StateSnapshot
from bay.stacks.state.status import LastRun, status_of
from tests.fakes.states import BAY_ID, complete, cut_off

COMPLETE = StateSnapshot.from_deployment("demo", complete())
MASTER, NODE = (server.id for server in COMPLETE.servers)
FIRST = LastRun("update", "succeeded", 1)


def described(state: StateSnapshot, last: LastRun, health: Health = NOT_ASKED) -> Description:
    """What the state says where no run is going on."""
    return Description(state, status_of(state, last, False), health)


def test_a_bay_is_shown_from_its_state_alone() -> None:
    row = bay_row(described(COMPLETE, FIRST))
    assert {key: row[key] for key in ("name", "coe", "model", "status", "api_address", "masters", "nodes", "id")} == {
        "name": "demo",
        "coe": "swarm",
        "model": "swarm",
        "status": "CREATE_COMPLETE",
        "api_address": "203.0.113.121:2376",
        "masters": ["10.80.3.64"],
        "nodes": ["10.80.1.10"],
        "id": BAY_ID,
    }
    assert row["spec"]["nodes"]["count"] == 1
    assert set(LIST_COLUMNS) <= set(row)
    assert tuple(row) == BAY_FIELDS
    assert "ciphertext" not in json.dumps(row), "not even encrypted secrets are shown"


def test_health_is_shown_as_the_engine_tells_it() -> None:
    health = Health("UNHEALTHY", "not ready: demo-node-0", {"demo-node-0": "UNHEALTHY"})
    row = bay_row(described(COMPLETE, FIRST, health))
    assert (row["health_status"], row["health_status_reason"]) == ("UNHEALTHY", "not ready: demo-node-0")
    assert row["node_health"] == {"demo-node-0": "UNHEALTHY"}
    row = bay_row(described(COMPLETE, FIRST))
    assert (row["health_status"], row["health_status_reason"]) == ("UNKNOWN", "the engine was not asked")


def test_certificates_are_shown_with_their_ends_in_utc() -> None:
    rows = bay_row(described(COMPLETE, FIRST), datetime(2031, 11, 1, tzinfo=UTC))["certificates"]
    ends = {"status": "expiring", "ends": "2031-11-21T16:59:09Z", "days_left": 20}
    assert rows == [
        {"name": "authority", "status": "valid", "ends": "2036-11-19T16:59:09Z", "days_left": 1845, "renewed_by": None},
        {"name": "server", **ends, "renewed_by": "bay rebuild demo --group master"},
        {"name": "client", **ends, "renewed_by": "bay config demo"},
    ]
    assert bay_row(described(StateSnapshot("demo"), LastRun()))["certificates"] == []


def test_a_list_has_numbers_of_servers_in_place_of_addresses() -> None:
    row = list_row(described(COMPLETE, FIRST))
    assert [row[column] for column in LIST_COLUMNS] == [
        *("demo", "swarm", "swarm", "CREATE_COMPLETE", 1, 1, "203.0.113.121:2376")
    ]


@pytest.mark.parametrize("state", [StateSnapshot("demo"), StateSnapshot.from_deployment("demo", cut_off())])
def test_a_bay_of_which_little_is_there_can_be_shown(state: StateSnapshot) -> None:
    row = bay_row(described(state, LastRun()))
    assert (row["status"], row["api_address"], row["nodes"]) == ("CREATE_FAILED", None, [])


def test_a_run_that_is_going_on_here_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def opened(_context: object, name: str) -> Iterator[SimpleNamespace]:
        assert name == "demo"
        yield SimpleNamespace(state=COMPLETE, last_run=LastRun)

    monkeypatch.setattr(bays, "opened", opened)
    settings = Settings(tmp_path / "cache", tmp_path / "data", tmp_path / "config", f"file://{tmp_path}/state")
    user = Bays(settings, Login())
    with lock.held(settings.lock_file("demo"), "demo"):
        assert bay_row(user.describe("demo"))["status"] == "UPDATE_IN_PROGRESS"
    assert bay_row(user.describe("demo"))["status"] == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        (None, ["UNKNOWN", "UNKNOWN"]),
        ({}, ["DELETED", "DELETED"]),
        ({MASTER: "ACTIVE"}, ["ACTIVE", "DELETED"]),
        ({MASTER: "ACTIVE", NODE: "ERROR", "another": "ACTIVE"}, ["ACTIVE", "ERROR"]),
    ],
)
def test_a_node_has_novas_status_or_it_is_said_why_not(statuses: Mapping[str, str] | None, words: list[str]) -> None:
    rows = node_rows(Servers(COMPLETE, statuses, NOT_ASKED))
    assert [row["status"] for row in rows] == words
    assert [row["name"] for row in rows] == ["demo-master-0", "demo-node-0"]
    assert {tuple(row) for row in rows} == {LONG_NODE_COLUMNS}
    assert [row["health"] for row in rows] == ["UNKNOWN", "UNKNOWN"]


def test_a_node_has_the_engines_word_for_it() -> None:
    rows = node_rows(Servers(COMPLETE, None, Health("UNHEALTHY", "", {"demo-node-0": "UNHEALTHY"})))
    assert [row["health"] for row in rows] == ["UNKNOWN", "UNHEALTHY"]


def test_a_servers_floating_ip_is_shown_beside_its_address() -> None:
    deployment = complete()
    deployment["resources"].append(floating_ip("203.0.113.9", port_of(deployment, "demo-master-0")))
    deployment["resources"].append(floating_ip("203.0.113.7", "of another port"))
    state = StateSnapshot.from_deployment("demo", deployment)
    rows = node_rows(Servers(state, None, NOT_ASKED))
    assert [(row["address"], row["floating_ip"]) for row in rows] == [("10.80.3.64", "203.0.113.9"), ("10.80.1.10", "")]
    assert bay_row(described(state, FIRST))["floating_ips"] == {"demo-master-0": "203.0.113.9"}


def port_of(deployment: dict[str, Any], name: str) -> str:
    urn = f"openstack:networking/port:Port::{name}"
    return next(str(one["id"]) for one in deployment["resources"] if one["urn"].endswith(urn))


def floating_ip(address: str, port: str) -> dict[str, Any]:
    kind = "openstack:networking/floatingIp:FloatingIp"
    urn = f"urn:pulumi:demo::bay::bay:index:Bay$bay:index:Ports${kind}::{address}"
    return {"type": kind, "urn": urn, "id": address, "outputs": {"address": address, "portId": port}}


ONE = {"servers": 2, "cores": 5, "ram_mib": 10240, "volumes": 3, "volumes_gib": 110}
TWO = {"servers": 1, "cores": 1, "ram_mib": 2048, "volumes": 0, "volumes_gib": 0}


def test_every_bay_has_what_it_uses_and_people_the_sum() -> None:
    rows = with_usage([{"name": "one", "status": "x"}, {"name": "two"}], {"one": ONE, "two": TWO})
    assert rows == [{"name": "one", "status": "x", **ONE}, {"name": "two", **TWO}]
    assert sums(rows) == [{"name": "sum", **{field: ONE[field] + TWO[field] for field in ONE}}]
    assert set(ONE) | {"name"} <= set(USAGE_COLUMNS)


def test_a_bay_whose_usage_is_not_known_has_no_figures_and_the_sum_says_so() -> None:
    rows = with_usage([{"name": "one"}, {"name": "theirs"}, {"name": "unread"}], {"one": ONE})
    assert rows == [{"name": "one", **ONE}, {"name": "theirs"}, {"name": "unread"}]
    assert sums(rows) == [{"name": "sum of 1 of 3 bays", **ONE}]
    assert sums(with_usage([{"name": "one"}], {})) == []


def test_a_password_that_an_earlier_version_took_in_a_url_is_masked() -> None:
    deployment = complete()
    bay = next(resource for resource in deployment["resources"] if resource["type"] == "bay:index:Bay")
    bay["inputs"]["spec"]["proxy"] = {"http": "http://ada:word@proxy:3128"}
    row = bay_row(described(StateSnapshot.from_deployment("demo", deployment), FIRST))
    assert row["spec"]["proxy"]["http"] == "http://ada:***@proxy:3128"
    assert "word" not in json.dumps(row)
