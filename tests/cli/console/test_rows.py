"""Rows that `bay show`, `list` and `node list` print of a bay."""

import json
from collections.abc import MutableMapping

import pytest

from bay.cli.console.rows import LIST_COLUMNS, NODE_COLUMNS, bay_row, node_rows
from bay.components.errors import nearest
from bay.stacks.context import Session
from bay.stacks.state import lock
from bay.stacks.state.snapshot import StateSnapshot
from bay.stacks.state.status import LastRun
from tests.fakes.states import BAY_ID, complete, cut_off

COMPLETE = StateSnapshot.from_deployment("demo", complete())
MASTER, NODE = (node.id for node in COMPLETE.servers)
Environment = MutableMapping[str, str]


def test_a_bay_is_shown_from_its_state_alone(environment: Environment) -> None:
    row = bay_row(Session(), COMPLETE, LastRun("update", "succeeded", 1))
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
    assert "ciphertext" not in json.dumps(row), "not even encrypted secrets are shown"


@pytest.mark.parametrize("record", [StateSnapshot("demo"), StateSnapshot.from_deployment("demo", cut_off())])
def test_a_bay_of_which_little_is_there_can_be_shown(record: StateSnapshot, environment: Environment) -> None:
    row = bay_row(Session(), record, LastRun())
    assert (row["status"], row["api_address"], row["nodes"]) == ("CREATE_FAILED", None, [])


def test_a_run_that_is_going_on_here_is_seen(environment: Environment) -> None:
    session = Session()
    with lock.held(session.settings.lock_file("demo"), "demo"):
        assert bay_row(session, COMPLETE, LastRun())["status"] == "UPDATE_IN_PROGRESS"


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        (None, ["UNKNOWN", "UNKNOWN"]),
        ({}, ["DELETED", "DELETED"]),
        ({MASTER: "ACTIVE"}, ["ACTIVE", "DELETED"]),
        ({MASTER: "ACTIVE", NODE: "ERROR", "another": "ACTIVE"}, ["ACTIVE", "ERROR"]),
    ],
)
def test_a_node_has_novas_status_or_it_is_said_why_not(statuses: dict[str, str] | None, words: list[str]) -> None:
    rows = node_rows(COMPLETE, statuses)
    assert [row["status"] for row in rows] == words
    assert [row["name"] for row in rows] == ["demo-master-0", "demo-node-0"]
    assert {tuple(row) for row in rows} == {NODE_COLUMNS}


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("m1.smal", ["m1.small", "m1.large", "tiny"], "nearest: m1.small, m1.large"),
        ("zzz", ["b", "a"], "there is: a, b"),
        ("zzz", ["a", None, "", "a"], "there is: a"),
        ("zzz", [], "there is none"),
        ("zzz", [str(number) for number in range(10)], "there is: 0, 1, 2, 3, 4, 5, 6, 7, ..."),
    ],
)
def test_the_nearest_names_are_offered_else_all_of_a_short_list(word: str, known: list[str | None], hint: str) -> None:
    assert nearest(word, known) == hint
