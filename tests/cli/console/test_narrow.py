"""Tables on a terminal of 80 columns: a row a line, nothing folded, ids only on request."""

from typing import Any

import pytest

from bay.cli.console import columns as rows
from bay.cli.console.formats import Format, print_list

Captured = pytest.CaptureFixture[str]

NODES: list[dict[str, Any]] = [
    {
        "name": f"physics-{group}-{index}",
        "role": group,
        "group": group,
        "address": "192.168.100.100",
        "floating_ip": "188.184.100.100",
        "id": f"3f0c2b8e-8a53-4a3e-9d0e-6c8a3b8a9d0{index}",
        "status": "SHUTOFF",
        "health": "UNHEALTHY",
    }
    for group, index in (("master", 0), ("node", 0), ("node", 1))
]
BAYS: list[dict[str, Any]] = [
    {
        "name": "physics-2026",
        "coe": engine,
        "model": f"{engine}-ha",
        "status": status,
        "masters": 3,
        "nodes": 100,
        "api_address": "188.184.100.100:6443",
    }
    for engine, status in (("kubernetes", "UPDATE_IN_PROGRESS"), ("swarm", "CREATE_COMPLETE"))
]
DRIFT: list[dict[str, Any]] = [
    {
        "bay": "physics",
        "difference": "changed",
        "type": "openstack:networking/secGroupRule:SecGroupRule",
        "name": "physics-node-0",
        "field": "flavorId",
        "recorded": "m1.small",
        "found": "m1.large",
        "id": NODES[0]["id"],
        "severity": "high",
        "remedy": "openstack server unlock physics-node-0",
    }
]


RUNS: list[dict[str, Any]] = [
    {
        "started": "2026-11-30T10:00:00Z",
        "operation": "update",
        "result": "succeeded",
        "seconds": 72,
        **{what: 1000 for what in ("created", "updated", "replaced", "deleted")},
        "commit": "0123456789ab",
        "message": "more nodes",
    }
]


@pytest.fixture(autouse=True)
def eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def table(capsys: Captured, found: list[dict[str, Any]], columns: tuple[str, ...], **more: bool) -> list[str]:
    print_list(found, columns, Format.TABLE, narrow=rows.NARROW[columns], **more)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("found", "columns", "shown"),
    [
        (NODES, rows.NODE_COLUMNS, ("name", "address", "floating_ip", "status", "health")),
        (BAYS, rows.LIST_COLUMNS, ("name", "status", "nodes", "api_address")),
        (RUNS, rows.HISTORY_COLUMNS, ("started", "operation", "result", "created")),
        (DRIFT, rows.DRIFT_COLUMNS, ("difference", "name", "field", "recorded", "found")),
    ],
)
def test_a_row_is_a_line_with_what_matters_unfolded(
    found: list[dict[str, Any]], columns: tuple[str, ...], shown: tuple[str, ...], capsys: Captured
) -> None:
    lines = [line for line in table(capsys, found, columns) if line[0] in "╭│├╰"]
    assert len(lines) == 4 + len(found)
    assert max(map(len, lines)) <= 80
    for row, line in zip(found, lines[3:-1], strict=True):
        assert all(str(row[column]) in line for column in shown)


def test_what_is_left_out_is_said_beside_the_table(capsys: Captured) -> None:
    print_list(DRIFT, rows.DRIFT_COLUMNS, Format.TABLE, narrow=rows.NARROW[rows.DRIFT_COLUMNS])
    out, err = capsys.readouterr()
    assert err == "too narrow here for bay, type, severity: --long shows every column\n"
    assert out.splitlines()[-1] == "physics-node-0: openstack server unlock physics-node-0", "a command in one piece"


def test_a_check_says_below_what_to_do(capsys: Captured) -> None:
    checks = [
        {"name": "python", "ok": True, "detail": "3.11", "remedy": ""},
        {"name": "cloud", "ok": False, "detail": "d" * 50, "remedy": "export OS_CLOUD=mycloud && bay doctor"},
    ]
    lines = table(capsys, checks, rows.CHECK_COLUMNS)
    assert lines[-1] == "cloud: export OS_CLOUD=mycloud && bay doctor"
    assert "d" * 50 in lines[4]


@pytest.mark.parametrize("width", ["80", "300"])
def test_ids_are_shown_only_on_request(width: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    assert "3f0c2b8e" not in "\n".join(table(capsys, NODES, rows.NODE_COLUMNS))
    assert "3f0c2b8e" in "\n".join(table(capsys, NODES, rows.NODE_COLUMNS, long=True))


def test_a_wide_terminal_shows_all_else(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    head = table(capsys, NODES, rows.NODE_COLUMNS)[1]
    assert [word.strip() for word in head.strip("│").split("│")] == [
        column for column in rows.NODE_COLUMNS if column != "id"
    ]


def test_columns_that_were_asked_for_stay(capsys: Captured) -> None:
    narrow = rows.NARROW[rows.NODE_COLUMNS]
    print_list(NODES, rows.NODE_COLUMNS, Format.TABLE, ["id", "role", "name", "address"], narrow=narrow)
    assert capsys.readouterr().out.splitlines()[1].split("│")[1].strip() == "id"


@pytest.mark.parametrize("form", [Format.JSON, Format.CSV, Format.VALUE, Format.YAML, Format.MARKDOWN])
def test_programs_get_every_column_whatever_the_terminal(form: Format, capsys: Captured) -> None:
    print_list(NODES, rows.NODE_COLUMNS, form, narrow=rows.NARROW[rows.NODE_COLUMNS])
    assert NODES[0]["id"] in capsys.readouterr().out
